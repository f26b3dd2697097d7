"""What this area adds to the application."""

from __future__ import annotations

from flask import Flask

from ramal.channels.api import api
from ramal.channels.base import Channel
from ramal.channels.registry import ChannelRegistry
from ramal.errors import PluginError
from ramal.http.wiring import register_api
from ramal.plugins.contribute import take
from ramal.plugins.registry import PluginRecord


def init_app(app: Flask) -> None:
    """Register this area's parts."""
    app.extensions["ramal.channels"] = ChannelRegistry()
    take(app, "register_channels", _take_channels)
    register_api(app, api)


def _take_channels(app: Flask, record: PluginRecord, channels: tuple[object, ...]) -> None:
    for channel in channels:
        if not isinstance(channel, Channel):
            raise PluginError(f"register_channels answered with {type(channel).__name__}, where Channel is wanted")
    for channel in channels:
        assert isinstance(channel, Channel)
        app.extensions["ramal.channels"].add(channel, record.name)
