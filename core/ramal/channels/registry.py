"""The channel kinds that plugins registered."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from ramal.channels.base import Channel
from ramal.errors import InvalidPayload, PluginError
from ramal.i18n import gettext as _


@dataclass
class ChannelRegistry:
    """Kind → the channel and the plugin that brought it. Lives in ``app.extensions``."""

    kinds: dict[str, tuple[Channel, str]] = field(default_factory=dict)

    def add(self, channel: Channel, plugin: str) -> None:
        """Register one kind. PluginError if another plugin already has it."""
        if channel.kind in self.kinds:
            raise PluginError(f"channel kind {channel.kind!r} is already registered")
        self.kinds[channel.kind] = (channel, plugin)


def registry() -> ChannelRegistry:
    """The registry of the current application."""
    found = current_app.extensions["ramal.channels"]
    assert isinstance(found, ChannelRegistry)
    return found


def channel_of_kind(kind: str) -> Channel:
    """The channel code of a kind; InvalidPayload names the kinds there are."""
    entry = registry().kinds.get(kind)
    if entry is None:
        known = ", ".join(sorted(registry().kinds)) or "-"
        raise InvalidPayload(
            _("No channel kind %(kind)s. Known: %(known)s.", kind=kind, known=known),
            {"kind": [_("Unknown kind.")]},
        )
    return entry[0]


def plugin_of_kind(kind: str) -> str | None:
    """The plugin that brought a kind, or None when it is not loaded."""
    entry = registry().kinds.get(kind)
    return entry[1] if entry else None
