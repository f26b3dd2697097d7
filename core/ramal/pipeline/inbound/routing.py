"""Where a new conversation goes: the plugins' answer to ``route_conversation``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from ramal.accounts.models import Membership
from ramal.database.base import new_id
from ramal.database.bulk import insert_rows
from ramal.inbox.models import Conversation, ConversationLabel, Label
from ramal.inbox.serialize import conversation_info, message_info
from ramal.pipeline.inbound.batch import Batch, Surroundings, user_names
from ramal.plugins.dispatch import decide, implementers

_CONTROLS = ("bot", "human", "none")
_PRIORITIES = ("none", "low", "medium", "high", "urgent")


def route(
    batch: Batch,
    conversation: Conversation,
    data: Mapping[str, Any],
    message: Mapping[str, Any],
    around: Surroundings,
) -> None:
    """Ask the plugins, and apply the first answer; parts of it that make no sense are left out."""
    if not implementers("route_conversation"):
        return
    answer = decide(
        "route_conversation",
        conversation=conversation_info(data, batch.organization_id),
        message=message_info(message),
    )
    if not isinstance(answer, Mapping):
        return
    changes = _sensible(batch, answer)
    for name, value in changes.items():
        setattr(conversation, name, value)
    if changes:
        batch.session.execute(update(Conversation).where(Conversation.id == conversation.id).values(**changes))
    if conversation.assignee_id:
        around.names |= user_names(batch.session, [conversation.assignee_id])
    _label(batch, conversation, answer.get("labels"), around)


def _sensible(batch: Batch, answer: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if answer.get("control") in _CONTROLS:
        changes["control"] = answer["control"]
        if answer["control"] == "bot":
            changes["status"] = "pending"
    if answer.get("priority") in _PRIORITIES:
        changes["priority"] = answer["priority"]
    assignee = answer.get("assignee_id")
    if isinstance(assignee, uuid.UUID) and _is_member(batch, assignee):
        changes["assignee_id"] = assignee
    return changes


def _is_member(batch: Batch, user_id: uuid.UUID) -> bool:
    found = select(Membership.id).where(Membership.user_id == user_id, Membership.active)
    return batch.session.scalar(found) is not None


def _label(batch: Batch, conversation: Conversation, names: Any, around: Surroundings) -> None:
    if not isinstance(names, list | tuple | set | frozenset) or not names:
        return
    labels = batch.session.scalars(select(Label).where(Label.name.in_([str(name) for name in names]))).all()
    insert_rows(
        batch.session,
        ConversationLabel,
        [
            {
                "id": new_id(),
                "organization_id": batch.organization_id,
                "conversation_id": conversation.id,
                "label_id": label.id,
            }
            for label in labels
        ],
        skip_conflicts=True,
    )
    around.labels[conversation.id] = list(labels)
