"""Who answers a conversation: take, assign, release."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.database.session import db, transaction
from ramal.errors import Conflict
from ramal.i18n import gettext as _
from ramal.inbox.items import person
from ramal.inbox.models import Conversation
from ramal.inbox.services.lines import line_payload, write_line
from ramal.inbox.services.rows import actor_id, is_live, locked, require_member, tell


def take(conversation_id: uuid.UUID, user_id: uuid.UUID) -> Conversation:
    """Make a conversation one's own, if nobody else did. Conflict names the winner.

    Taking what is already one's own changes nothing.
    """
    with transaction():
        # Two who take at once queue up for the row: the second finds the first one's name on it.
        conversation = locked(conversation_id)
        if conversation.assignee_id == user_id and is_live(conversation):
            return conversation
        require_member(user_id)
        if conversation.assignee_id is not None and conversation.assignee_id != user_id:
            raise _taken(conversation)
        _require_live(conversation)
        hand_over(conversation, user_id)
    return conversation


def assign(conversation_id: uuid.UUID, assignee_id: uuid.UUID | None) -> Conversation:
    """Give a conversation to an active member, or to nobody. Conflict when it is closed."""
    with transaction():
        conversation = locked(conversation_id)
        if conversation.assignee_id == assignee_id:
            return conversation
        if assignee_id is not None:
            require_member(assignee_id)
        _require_live(conversation)
        hand_over(conversation, assignee_id)
    return conversation


def hand_over(conversation: Conversation, assignee_id: uuid.UUID | None) -> dict[str, Any]:
    """Change the assignee of a locked conversation and tell; a human in charge ends the bot's turn."""
    previous = person(conversation.assignee_id)
    conversation.assignee_id = assignee_id
    if assignee_id is not None:
        conversation.control = "human"
        if conversation.status == "pending":
            conversation.status = "open"
    db.session.flush()
    assignee, actor = person(assignee_id), person(actor_id())
    item = tell("conversation.assigned", conversation, assignee=assignee, previous=previous, actor=actor)
    write_line(conversation, item, line_payload(_what_happened(assignee, actor), actor, assignee))
    return item


def _what_happened(assignee: dict[str, str] | None, actor: dict[str, str] | None) -> str:
    if assignee is None:
        return "unassigned"
    return "taken" if assignee == actor else "assigned"


def _require_live(conversation: Conversation) -> None:
    if not is_live(conversation):
        raise Conflict(_("This conversation is closed. Reopen it first."), status=conversation.status)


def _taken(conversation: Conversation) -> Conflict:
    winner = person(conversation.assignee_id)
    name = winner["name"] if winner else "?"
    return Conflict(_("%(name)s already took this conversation.", name=name), assignee=winner)
