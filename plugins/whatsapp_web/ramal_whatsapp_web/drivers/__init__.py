"""The drivers there are, by the word in a channel's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ramal.api import ChannelContext
from ramal_whatsapp_web.drivers.base import Driver
from ramal_whatsapp_web.drivers.simulator import SimulatorDriver
from ramal_whatsapp_web.drivers.waha import WahaDriver

DRIVERS: dict[str, type[Driver]] = {driver.name: driver for driver in (WahaDriver, SimulatorDriver)}
DEFAULT = WahaDriver.name


def driver_of(context: ChannelContext, before: Callable[[], None] = lambda: None) -> Driver:
    """The driver of a connected channel. ``before`` is called before each of its requests."""
    return kind_of(context.settings)(context, before)


def kind_of(settings: Mapping[str, Any]) -> type[Driver]:
    """The driver that a channel's settings name."""
    return DRIVERS[str(settings.get("driver") or DEFAULT)]
