"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.channels.registry import ChannelRegistry


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    app.extensions["ramal.channels"] = ChannelRegistry()
