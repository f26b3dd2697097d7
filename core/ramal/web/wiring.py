"""What this area adds to the application."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from ramal.web.apps import wiring as apps

#: Templates and static files of the shell live beside this module.
ROOT_PATH = str(Path(__file__).parent)


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    apps.init_app(app)
