"""The web chat plugin: wiring only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ramal.api import Channel, DemoContext, Manifest, Plugin, hookimpl
from ramal.api import lazy_gettext as _
from ramal_webchat import api, views
from ramal_webchat.channel import WebChatChannel
from ramal_webchat.demo import seed


class WebChatPlugin(Plugin):
    """Visitors of a site write, agents answer in the inbox."""

    manifest = Manifest(
        name="webchat",
        title=_("Web chat"),
        summary=_("A chat on your own site, with one script tag."),
        category="channel",
        icon="world",
        hook_api=">=1,<2",
        default_enabled=True,
    )

    @hookimpl
    def register_channels(self) -> Iterable[Channel]:
        """The one kind."""
        return [WebChatChannel()]

    @hookimpl
    def register_blueprints(self) -> Iterable[Any]:
        """The widget's API, script and try page."""
        return [api.blueprint, views.blueprint]

    @hookimpl
    def seed_demo(self, demo: DemoContext) -> None:
        """A connected site whose visitors have already written."""
        seed(demo)
