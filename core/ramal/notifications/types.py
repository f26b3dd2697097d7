"""The kinds of notification there are: the core's own, then the plugins'."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from flask import current_app

from ramal.database.session import current_organization_id
from ramal.http.principal import Principal
from ramal.i18n import lazy_gettext as _l
from ramal.plugins.contributions import AVAILABLE_MEDIA, Medium, NotificationType
from ramal.plugins.gate import active_plugins

#: What a caller needs to read notifications at all, besides what each kind asks for.
PERMISSION = "notification.read"

MEDIUM_TITLES = {
    Medium.IN_APP: _l("Here, at the bell"),
    Medium.DESKTOP: _l("On the desktop"),
    Medium.PUSH: _l("On the phone"),
    Medium.EMAIL: _l("By e-mail"),
}

CORE = (
    NotificationType(
        "CONVERSATION_ASSIGNED",
        _l("A conversation is given to you"),
        _l("Somebody else, or an automation, made a conversation yours."),
        icon="user-check",
        permission="conversation.read",
    ),
    NotificationType(
        "NEW_MESSAGE",
        _l("A new message for you"),
        _l("In a conversation of yours that you are not looking at."),
        icon="message",
        permission="conversation.read",
        coalesces=True,
    ),
    NotificationType(
        "CHANNEL_ATTENTION",
        _l("A channel needs attention"),
        _l("It can't send until somebody looks after it."),
        icon="plug-x",
        permission="channel.manage",
        coalesces=True,
    ),
    NotificationType(
        "PLUGIN_SUSPENDED",
        _l("An app was suspended"),
        _l("It failed too often."),
        icon="alert-triangle",
        permission="plugin.manage",
        coalesces=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type and the plugin that brought it; None: the core."""

    type: NotificationType
    plugin: str | None = None

    def active(self, organization_id: uuid.UUID) -> bool:
        """Whether the organization has it at all."""
        return self.plugin is None or self.plugin in active_plugins(organization_id)


@dataclass
class NotificationRegistry:
    """Code → kind. Lives in ``app.extensions``."""

    kinds: dict[str, Kind] = field(default_factory=lambda: {type_.code: Kind(type_) for type_ in CORE})

    def add(self, type_: NotificationType, plugin: str) -> None:
        """Register one; its code starts with the plugin's name, so it is new."""
        self.kinds[type_.code] = Kind(type_, plugin)


def registry() -> NotificationRegistry:
    """The registry of the current application."""
    found = current_app.extensions["ramal.notifications"]
    assert isinstance(found, NotificationRegistry)
    return found


def kind_of(code: str) -> Kind:
    """A declared kind; ValueError for a code that nobody declared."""
    found = registry().kinds.get(code)
    if found is None:
        raise ValueError(f"nobody declared the notification {code!r}: see register_notifications")
    return found


def kinds_for(principal: Principal) -> list[Kind]:
    """The kinds that concern the caller: of the core and of active plugins, as far as their role goes."""
    organization_id = current_organization_id()
    return [
        kind
        for kind in registry().kinds.values()
        if (kind.type.permission is None or principal.can(kind.type.permission)) and kind.active(organization_id)
    ]


def on_by_default(type_: NotificationType, medium: Medium) -> bool:
    """Whether a member who said nothing is told this way."""
    return medium in type_.media and medium in AVAILABLE_MEDIA
