"""The README's plugin, run; and every link in the documents leads somewhere."""

import re
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.pt-BR.md", *(ROOT / "docs").glob("*.md")]


def test_the_plugin_in_ten_lines_works(monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names: dict = {"__name__": "wave"}
    exec(compile(code, "README.md", "exec"), names)
    noted = []
    names["add_note"] = lambda conversation_id, **note: noted.append((conversation_id, note["body"]))
    conversation = SimpleNamespace(id=uuid.uuid4())
    plugin = names["WavePlugin"]()
    plugin.on_inbound_message(SimpleNamespace(body="Oi"), conversation)
    plugin.on_inbound_message(SimpleNamespace(body="👋"), conversation)
    assert noted == [(conversation.id, "They waved. Wave back!")]


def test_its_manifest_is_valid():
    from ramal.plugins.manifest import check_manifest

    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names: dict = {"__name__": "wave"}
    exec(compile(code, "README.md", "exec"), names)
    assert check_manifest(names["WavePlugin"].manifest).name == "wave"


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\(([^)#]+)", document.read_text())
    missing = [link for link in links if not link.startswith("http") and not (document.parent / link).exists()]
    assert missing == []
