"""Icons: what is named is in the sprite, and browsers that look for the page's own icon find it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ramal.channels.base import Channel
from ramal.plugins.contributions import MenuItem, SearchResult
from ramal.plugins.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r"""\bicon\(\s*["']([a-z0-9-]+)["']""")


def sprite() -> set[str]:
    lines = (ROOT / "core/frontend/icons.txt").read_text().splitlines()
    return {line.replace("/", "-") for line in lines if line and not line.startswith("#")}


def test_icons_that_nobody_has_to_name_are_drawn() -> None:
    defaults = (
        MenuItem("x", "/x").icon,
        SearchResult("x", "/x").icon,
        Manifest(name="x", title="X").icon,
        Channel.icon,
    )
    assert set(defaults) <= sprite()


@pytest.mark.parametrize("files", ["core/frontend/src/**/*.ts", "core/ramal/web/templates/**/*.html"])
def test_icons_that_are_named_are_drawn(files: str) -> None:
    named = {name for path in ROOT.glob(files) for name in _NAMED.findall(path.read_text())}
    assert named
    assert named - sprite() == set()


def test_a_browser_finds_the_icon_by_itself(client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    assert "max-age=86400" in answer.headers["Cache-Control"]
    assert b"<svg" in answer.data
