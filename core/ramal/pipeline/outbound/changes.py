"""What became of reactions, edits and deletions of ours: folded into their message, or told in the thread."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import select

from ramal.channels.types import SendFailure
from ramal.database.base import new_id
from ramal.database.bulk import insert_rows
from ramal.inbox.items import conversation_item
from ramal.inbox.models import Conversation, Message, MessageChange, OutboxItem
from ramal.inbox.services.lines import line_payload, write_line
from ramal.pipeline.inbound import changes
from ramal.pipeline.inbound.batch import Batch

_Event = Literal["change_failed", "change_unknown"]


class SentChanges:
    """The changes among the outcomes of one batch; their conversations and messages are locked."""

    def __init__(self, batch: Batch, messages: Mapping[uuid.UUID, Message]) -> None:
        self._batch = batch
        self._messages = messages
        self._rows: list[dict[str, Any]] = []
        self._lost: list[tuple[Message, dict[str, Any]]] = []

    def taken(self, item: OutboxItem) -> None:
        """The provider took it."""
        message = self._messages.get(item.message_id) if item.message_id else None
        if message is not None:
            self._rows.append(self._row(item, message))

    def lost(self, item: OutboxItem, failure: SendFailure, event: _Event) -> None:
        """It did not arrive, or nobody knows."""
        message = self._messages.get(item.message_id) if item.message_id else None
        if message is not None:
            author = item.payload["author"]
            actor = {"name": author, "id": item.payload["author_id"]} if author else None
            words = {"change": item.kind, "reason": failure.message}
            self._lost.append((message, line_payload(event, actor) | words))

    def write(self) -> None:
        """After the queue's rows are stored, so that what is over is shown as pending no more."""
        stored = insert_rows(
            self._batch.session, MessageChange, self._rows, skip_conflicts=True, returning=("message_id",)
        )
        changed = {row.message_id for row in stored}
        changes.fold(self._batch, [self._messages[id_] for id_ in sorted(changed)])
        for message, payload in self._lost:
            # It is gone as it was meant to be, by whomever.
            if payload["change"] != "revoke" or message.revoked_at is None:
                self._write_line(message, payload)
        unchanged = {message.id: message for message, _payload in self._lost if message.id not in changed}
        if unchanged:
            changes.tell(self._batch, list(unchanged.values()))

    def _write_line(self, message: Message, payload: Mapping[str, Any]) -> None:
        query = select(Conversation).where(Conversation.id == message.conversation_id)
        conversation = self._batch.session.scalars(query.execution_options(populate_existing=True)).one()
        write_line(conversation, conversation_item(conversation), payload)

    def _row(self, item: OutboxItem, message: Message) -> dict[str, Any]:
        return {
            "id": new_id(),
            "organization_id": self._batch.organization_id,
            "channel_id": self._batch.channel.id,
            "message_id": message.id,
            "target": message.provider_id or "",
            # The same outcome recorded twice is one change.
            "key": f"out:{item.id}",
            "kind": item.kind,
            "actor": "business",
            "actor_name": item.payload["author"],
            "data": _data(item),
            "occurred_at": self._batch.now,
        }


def _data(item: OutboxItem) -> dict[str, Any]:
    if item.kind == "edit":
        return {"body": item.payload["body"], "payload": {}}
    return {"emoji": item.payload["emoji"]} if item.kind == "reaction" else {}
