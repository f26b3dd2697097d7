"""Built files by their plain names: ``asset("app.css")`` → ``/static/dist/app.3f5d….css``."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

_DIST = "dist"


def init_app(app: Flask) -> None:
    """Give templates ``asset()``, and let browsers keep files whose names change with their content."""
    app.extensions["ramal.assets"] = read_manifest(Path(app.static_folder or "") / _DIST / "manifest.json")
    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep_built_files)


def read_manifest(path: Path) -> dict[str, str]:
    """Plain name → built name; {} where nothing was built (the pages work, without styles)."""
    if not path.exists():
        return {}
    names: dict[str, str] = json.loads(path.read_text())
    return names


def asset(name: str) -> str:
    """The address of a built file."""
    names: dict[str, str] = current_app.extensions["ramal.assets"]
    return url_for("static", filename=f"{_DIST}/{names.get(name, name)}")


def _keep_built_files(response: Response) -> Response:
    if request.path.startswith(f"/static/{_DIST}/") and response.status_code in (200, 206):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
