"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.contacts.api import api
from ramal.http.wiring import register_api


def init_app(app: Flask) -> None:
    """Register the JSON routes."""
    register_api(app, api)
