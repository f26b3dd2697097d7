"""Built files by their plain names: ``asset("app.css")`` → ``/static/dist/app.3f5d….css``."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, Response, current_app, request, send_from_directory, url_for

_DIST = "dist"
_ICON = "favicon.svg"


def init_app(app: Flask) -> None:
    """Give templates ``asset()``, and let browsers keep files whose names change with their content."""
    app.extensions["ramal.assets"] = read_manifest(Path(app.static_folder or "") / _DIST / "manifest.json")
    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep_built_files)
    app.add_url_rule("/favicon.ico", "favicon", _favicon)


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


def _favicon() -> Response:
    """Where browsers look for an icon by themselves: beside JSON, files and pages without our head."""
    folder = current_app.static_folder or ""
    return send_from_directory(folder, _ICON, mimetype="image/svg+xml", max_age=86400)
