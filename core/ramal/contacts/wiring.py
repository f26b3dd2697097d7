"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register this area's parts."""
