"""The hook reference: a heading with the exact arguments for each hook, under its kind, and a test for each."""

import inspect
import re
from pathlib import Path

import pytest

from ramal import hookspecs

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hooks.md").read_text()
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))


@pytest.mark.parametrize("name", sorted(hookspecs.KINDS))
def test_a_hook_has_its_heading_in_the_section_of_its_kind(name: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    section = PAGE.split(f"\n## {hookspecs.KINDS[name].capitalize()} hooks\n")[1].split("\n## ")[0]
    assert f"### `{name}({arguments})`\n" in section
    assert inspect.cleandoc(getattr(hookspecs, name).__doc__) in section


def test_the_page_names_no_hook_that_is_gone() -> None:
    assert set(re.findall(r"^### `(\w+)\(", PAGE, re.MULTILINE)) == set(hookspecs.KINDS)


@pytest.mark.parametrize("name", sorted(hookspecs.KINDS))
def test_a_hook_is_tested(name: str) -> None:
    assert re.search(rf"\b{name}\b", TESTS)
