"""The client's sources: its own tests pass, its words can be extracted, and it obeys the CSP."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.extract import extract

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "core/frontend/src"
FILES = sorted(SOURCES.rglob("*.ts"))
TEMPLATES = sorted((ROOT / "core/ramal/web/templates").rglob("*.html"))

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_SINGLE = re.compile(r"(?<![\w.])t\(\s*" + _TEXT)
_PLURAL = re.compile(r"(?<![\w.])tn\(\s*" + _TEXT)


def test_the_plain_modules_pass_their_own_tests() -> None:
    done = subprocess.run(
        ["node", str(ROOT / "core/frontend/test.mjs")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_every_word_can_be_extracted(path: Path) -> None:
    """Babel loses a word in some nested templates: such a word is put in a constant before it."""
    text = path.read_text()
    wanted = {*_SINGLE.findall(text), *_PLURAL.findall(text)}
    with path.open("rb") as opened:
        found = extract(
            "javascript",
            opened,
            keywords={"t": None, "tn": (1, 2)},
            options={"parse_template_string": "true", "encoding": "utf-8"},
        )
        messages = {message if isinstance(message, str) else message[0] for _, message, *_ in found}
    assert wanted <= messages, wanted - messages


@pytest.mark.parametrize("path", [*FILES, *TEMPLATES], ids=lambda path: path.name)
def test_no_style_and_no_handler_is_written_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"[\s\"']style=[\"'$]", text), "style attributes are refused by the CSP"
    assert "styleMap" not in text, "styleMap writes a style attribute on the first render"
    assert not re.search(r"\son[a-z]+=[\"']", text), "inline handlers are refused by the CSP"
