"""Lines of the thread that say what became of the conversation: taken, assigned, resolved, reopened.

A line is a message of kind ``system`` without words: its payload names what happened and who did it, and
every reader's screen says so in its own language. It goes to no channel and no visitor, reaches no hook
(``on_assign``, ``on_conversation_closed`` and ``on_conversation_reopened`` tell plugins), and counts for
nothing: not as an answer, not as unread, not in the list's preview or the search.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ramal.database.base import utcnow
from ramal.database.session import db
from ramal.events.services import emit_event
from ramal.inbox.models import Conversation, Message
from ramal.inbox.serialize import message_json
from ramal.inbox.services.rows import actor_id

#: A member as ``inbox.items.person`` names them.
Person = Mapping[str, str]


def line_payload(event: str, actor: Person | None = None, assignee: Person | None = None) -> dict[str, Any]:
    """``{event, actor, actor_id, assignee, assignee_id}``: names as they were then.

    ``event`` is taken, assigned, unassigned, resolved, reopened, or reopened_by_message. Without an
    ``actor`` a plugin or the customer did it. Of a message's change that came to nothing (change_failed), or
    perhaps (change_unknown), the sender adds ``change`` (reaction, edit, revoke) and ``reason``, a sentence.
    """
    payload: dict[str, Any] = {"event": event}
    for role, who in (("actor", actor), ("assignee", assignee)):
        if who is not None:
            payload |= {role: who["name"], f"{role}_id": who["id"]}
    return payload


def write_line(
    conversation: Conversation, item: Mapping[str, Any], payload: Mapping[str, Any], at: datetime | None = None
) -> None:
    """Add a line to a locked conversation, whose JSON is ``item``, and tell those who look at it."""
    line = Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        direction="out",
        kind="system",
        payload=dict(payload),
        # What happened never sorts before what was there already, whatever the clocks say.
        sent_at=max(at or utcnow(), conversation.last_message_at),
    )
    db.session.add(line)
    db.session.flush()
    emit_event(
        "message.created",
        {"message": message_json(line), "conversation": item},
        conversation_id=conversation.id,
        bucket=conversation.bucket,
        actor_id=actor_id(),
    )
