"""The plugin's built scripts and styles."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from flask import Response, send_from_directory, url_for

from ramal.api import require_login

DIST = Path(__file__).parents[1] / "static" / "dist"
#: Names change with the content.
_YEAR = 31_536_000


@require_login
def asset(name: str) -> Response:
    """A built file, to be kept by the browser."""
    answer = send_from_directory(DIST, name, max_age=_YEAR)
    answer.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    return answer


def asset_url(name: str) -> str:
    """The address of a built file by its plain name."""
    return url_for("whatsapp_web.asset", name=_manifest().get(name, name))


@lru_cache(maxsize=1)
def _manifest() -> dict[str, str]:
    """Plain name → built name; {} where nothing was built (the pages work, without moving)."""
    file = DIST / "manifest.json"
    found: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return found
