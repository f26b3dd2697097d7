"""The event ``notification``: for one member's sockets, in every tab and on every device.

``data``: ``action`` created | read, ``user_id`` whose it is, ``permission`` what its kind asks for ·
created: ``notification``, the API's item in the member's language · read: ``ids``, null for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ramal.events.types import EventType, register_event_type
from ramal.http.principal import Principal
from ramal.notifications.types import PERMISSION

_INTERNAL = frozenset({"user_id", "permission"})


def _own(principal: Principal, data: Mapping[str, Any]) -> bool:
    if data["user_id"] != str(principal.user_id):
        return False
    wanted = data.get("permission")
    # A token may carry less than its owner's role.
    return wanted is None or principal.can(wanted)


def _envelope(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in data.items() if key not in _INTERNAL}


register_event_type(
    EventType("notification", realtime="notification", envelope=_envelope, permission=PERMISSION, visible=_own)
)
