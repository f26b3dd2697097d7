"""Tickets for ``/ws``: used once, good for seconds, so that no access token stands in a log."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from redis import RedisError

from ramal.database.session import current_organization_id
from ramal.errors import Unavailable
from ramal.events.connection import redis_link
from ramal.http.principal import Principal
from ramal.i18n import gettext as _

#: Seconds a member's ticket is good for.
TTL = 30


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket opens: a member's socket, or a visitor's on one conversation."""

    principal: Principal
    conversation_id: uuid.UUID | None
    token_hash: str | None


def issue_ticket(conversation_id: uuid.UUID, ttl: int = TTL) -> str:
    """A ticket for a visitor: a socket that sees this conversation only, and never its notes.

    ``ttl`` in seconds: for so long it may be used, once. Unavailable while Redis is away.
    """
    organization_id = current_organization_id()
    return _keep({"organization": str(organization_id), "conversation": str(conversation_id)}, ttl)


def issue_member_ticket(principal: Principal, token_hash: str | None = None) -> str:
    """A ticket for a logged-in caller; ``token_hash`` where that is an API token."""
    return _keep(
        {
            "organization": str(principal.organization_id),
            "user": str(principal.user_id),
            "name": principal.name,
            "kind": principal.kind,
            "role": principal.role,
            "permissions": sorted(principal.permissions),
            "session": None if principal.session_id is None else str(principal.session_id),
            "token": token_hash,
        },
        TTL,
    )


def redeem(ticket: str) -> Ticket | None:
    """Use a ticket up; None if it is unknown, used or too old. Unavailable while Redis is away."""
    link = redis_link()
    if link.client is None:
        raise Unavailable(_("Try again in a moment."))
    try:
        kept = link.client.getdel(link.key("ticket", ticket))
    except RedisError:
        raise Unavailable(_("Try again in a moment.")) from None
    return None if kept is None else _read(json.loads(kept))


def _read(kept: dict[str, Any]) -> Ticket:
    organization_id = uuid.UUID(kept["organization"])
    if "conversation" in kept:
        visitor = Principal("visitor", None, organization_id, "")
        return Ticket(visitor, uuid.UUID(kept["conversation"]), None)
    principal = Principal(
        kind=kept["kind"],
        user_id=uuid.UUID(kept["user"]),
        organization_id=organization_id,
        name=kept["name"],
        role=kept["role"],
        permissions=frozenset(kept["permissions"]),
        session_id=uuid.UUID(kept["session"]) if kept["session"] else None,
    )
    return Ticket(principal, None, kept["token"])


def _keep(content: dict[str, Any], ttl: int) -> str:
    link = redis_link()
    ticket = secrets.token_urlsafe(32)
    if link.client is None:
        raise Unavailable(_("Try again in a moment."))
    try:
        link.client.set(link.key("ticket", ticket), json.dumps(content), ex=ttl)
    except RedisError:
        raise Unavailable(_("Try again in a moment.")) from None
    return ticket
