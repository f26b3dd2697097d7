"""Who may see which conversation: one policy for lists, counts, search, media and the socket.

Today every member of an organization who may read conversations sees all of them. Rules by
department and queue belong here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, false, true

from ramal.http.principal import Principal, principal_or_none

PERMISSION = "conversation.read"


def visible() -> ColumnElement[bool]:
    """A condition on ``Conversation``: those the caller may see. Our own workers see all."""
    principal = principal_or_none()
    return true() if principal is None or principal.can(PERMISSION) else false()


def may_see(principal: Principal, conversation: Mapping[str, Any]) -> bool:  # noqa: ARG001 - the rules to come need it
    """Whether news about this conversation item (the JSON of events) is for the caller."""
    return principal.can(PERMISSION)
