"""Telling the administrators what the machinery did."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.database.session import transaction
from ramal.events.attempt import own_session
from ramal.events.services import emit_event
from ramal.i18n import gettext as _


def tell_suspension(organization_id: uuid.UUID, plugin: str, reason: str) -> None:
    """A plugin was suspended: a notification for those who may resume it."""
    with own_session(organization_id), transaction():
        emit_event("notification", _suspension(plugin, reason))


def _suspension(plugin: str, reason: str) -> dict[str, Any]:
    return {
        "kind": "plugin.suspended",
        "level": "error",
        "permission": "plugin.manage",
        "user_ids": None,
        "plugin": plugin,
        "title": _("The plugin %(plugin)s was suspended", plugin=plugin),
        "body": reason,
        "url": "/settings/apps",
    }
