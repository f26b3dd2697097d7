"""The drivers there are, by the word in a channel's settings."""

from __future__ import annotations

from ramal.api import ChannelContext
from ramal_whatsapp_web.drivers.base import Driver

DRIVERS: dict[str, type[Driver]] = {}


def driver_of(context: ChannelContext) -> Driver:
    """The driver of a connected channel."""
    return DRIVERS[str(context.settings["driver"])](context)
