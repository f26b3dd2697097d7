"""Writing messages and notes.

A message is a row, an event and an outbox row in one transaction; a worker sends it later. A note
is a row and an event: nothing in its path knows a channel.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.database.base import utcnow
from ramal.database.session import after_commit, current_organization_id, db, transaction
from ramal.errors import Conflict, InvalidPayload, NotFound
from ramal.events import doorbell
from ramal.events.services import emit_event
from ramal.i18n import gettext as _
from ramal.inbox.capabilities import capabilities_of, permission
from ramal.inbox.items import conversation_item, message_item, subject_of
from ramal.inbox.models import Attachment, Conversation, Message, OutboxItem
from ramal.inbox.serialize import conversation_info, message_info, preview_json
from ramal.inbox.services.assigning import hand_over
from ramal.inbox.services.outgoing import Draft, check_note, check_outgoing
from ramal.inbox.services.rows import is_live, locked
from ramal.plugins.dispatch import veto

_SNIPPET = 200


def send_message(
    conversation_id: uuid.UUID,
    *,
    client_id: uuid.UUID,
    kind: str = "text",
    body: str | None = None,
    payload: Mapping[str, Any] | None = None,
    attachment_ids: Sequence[uuid.UUID] = (),
    reply_to: uuid.UUID | None = None,
    author_id: uuid.UUID | None = None,
) -> Message:
    """Queue a message. The same ``client_id`` again is the same message, also at the same moment.

    A member who answers takes an unassigned conversation and its control; a plugin (no author)
    does neither, and leaves it waiting for a person. Raises NotFound, InvalidPayload where the
    channel can't send such a thing, Conflict where it can't be sent now (closed window, closed
    conversation, a plugin's veto).
    """
    draft = Draft(client_id, kind, body, payload or {}, reply_to, author_id)
    return _once(conversation_id, client_id, lambda conversation: _send(conversation, draft, attachment_ids))


def add_note(
    conversation_id: uuid.UUID,
    *,
    client_id: uuid.UUID,
    body: str | None,
    attachment_ids: Sequence[uuid.UUID] = (),
    reply_to: uuid.UUID | None = None,
    author_id: uuid.UUID | None = None,
) -> Message:
    """Write an internal note; it never leaves the house. Also on closed conversations."""
    draft = Draft(client_id, "note", body, {}, reply_to, author_id)
    return _once(conversation_id, client_id, lambda conversation: _note(conversation, draft, attachment_ids))


def retry_message(message_id: uuid.UUID, *, client_id: uuid.UUID, author_id: uuid.UUID | None = None) -> Message:
    """Send a failed or unknown message again, as a new one: the old one may have arrived after all.

    Conflict for messages in any other state.
    """
    original = db.session.execute(select(Message).where(Message.id == message_id)).scalar_one_or_none()
    if original is None:
        raise NotFound(_("There is no such message."))
    draft = Draft(client_id, original.kind, original.body, original.payload, original.reply_to_id, author_id)
    return _once(original.conversation_id, client_id, lambda conversation: _retry(conversation, original, draft))


def _once(conversation_id: uuid.UUID, client_id: uuid.UUID, write: Any) -> Message:
    try:
        with transaction() as session:
            # Held from here on: a second click waits, and then finds the first one's message.
            conversation = locked(conversation_id)
            query = select(Message).where(Message.client_id == client_id)
            known: Message | None = session.execute(query).scalar_one_or_none()
            if known is None:
                written: Message = write(conversation)
                return written
    except IntegrityError as error:
        if "uq_message_client_id" not in str(error.orig):
            raise
        raise _used_elsewhere() from None
    if known.conversation_id != conversation_id:
        raise _used_elsewhere()
    return known


def _used_elsewhere() -> Conflict:
    message = _("This client_id belongs to a message in another conversation.")
    return Conflict(message, {"client_id": [message]})


def _send(conversation: Conversation, draft: Draft, attachment_ids: Sequence[uuid.UUID]) -> Message:
    _require_live(conversation)
    files = _uploads(attachment_ids, draft)
    return _queue(conversation, draft, files)


def _retry(conversation: Conversation, original: Message, draft: Draft) -> Message:
    if original.direction != "out" or original.status not in ("failed", "unknown"):
        raise Conflict(_("Only messages that failed can be sent again."), status=original.status)
    _require_live(conversation)
    query = select(Attachment).where(Attachment.message_id == original.id).order_by(Attachment.position)
    files = [_copy(file) for file in db.session.execute(query).scalars()]
    return _queue(conversation, draft, files)


def _queue(conversation: Conversation, draft: Draft, files: Sequence[Attachment]) -> Message:
    subject = subject_of(conversation.id)
    check_outgoing(draft, files, capabilities_of(subject.channel))
    allowed = permission(subject)
    if not allowed.allowed:
        raise Conflict(allowed.reason or _("No message can be sent here now."))
    if draft.author_id is not None:
        # First, so that the thread says who took it before it shows what they wrote.
        _answered_by(conversation, draft.author_id)
    message = _write(conversation, draft, files, status="queued")
    _ask_plugins(message, conversation)
    db.session.add(
        OutboxItem(
            channel_id=conversation.channel_id,
            party_id=conversation.party_id,
            conversation_id=conversation.id,
            message_id=message.id,
            bucket=conversation.bucket,
        )
    )
    _tell(message, conversation)
    after_commit(lambda: doorbell.ring("outbox"))
    return message


def _note(conversation: Conversation, draft: Draft, attachment_ids: Sequence[uuid.UUID]) -> Message:
    files = _uploads(attachment_ids, draft)
    check_note(draft, files)
    message = _write(conversation, draft, files, status=None)
    _tell(message, conversation)
    return message


def _answered_by(conversation: Conversation, author_id: uuid.UUID) -> None:
    conversation.waiting_since = None
    conversation.unread_count = 0
    if conversation.assignee_id is None:
        hand_over(conversation, author_id)
        return
    conversation.control = "human"
    if conversation.status != "open":
        conversation.status = "open"


def _write(conversation: Conversation, draft: Draft, files: Sequence[Attachment], status: str | None) -> Message:
    quoted = _quoted(conversation, draft.reply_to)
    message = Message(
        conversation_id=conversation.id,
        channel_id=conversation.channel_id,
        direction="out",
        kind=draft.kind,
        body=draft.body or None,
        payload=dict(draft.payload),
        client_id=draft.client_id,
        author_id=draft.author_id,
        status=status,
        # An answer never sorts before what it answers, whatever the clocks say.
        sent_at=max(utcnow(), conversation.last_message_at),
        reply_to_id=quoted.id if quoted else None,
        reply_to_provider_id=quoted.provider_id if quoted else None,
        reply_snippet=_snippet(quoted) if quoted else None,
    )
    session = db.session
    session.add(message)
    session.flush()
    for position, file in enumerate(files):
        file.message_id, file.position = message.id, position
        if draft.kind != "note":
            file.kind = draft.kind
        session.add(file)
    conversation.last_message = preview_json(message)
    conversation.last_message_at = message.sent_at
    session.flush()
    return message


def _quoted(conversation: Conversation, message_id: uuid.UUID | None) -> Message | None:
    if message_id is None:
        return None
    query = select(Message).where(Message.id == message_id, Message.conversation_id == conversation.id)
    found: Message | None = db.session.execute(query).scalar_one_or_none()
    if found is None or found.kind in ("note", "system"):
        message = _("The quoted message is not in this conversation.")
        raise InvalidPayload(message, {"reply_to": [message]})
    return found


def _snippet(quoted: Message) -> dict[str, Any]:
    return {"kind": quoted.kind, "body": (quoted.body or "")[:_SNIPPET] or None, "direction": quoted.direction}


def _uploads(attachment_ids: Sequence[uuid.UUID], draft: Draft) -> list[Attachment]:
    """The uploaded files, in the order given; each can be sent once, by who uploaded it."""
    wanted = list(dict.fromkeys(attachment_ids))
    if not wanted:
        return []
    query = (
        select(Attachment)
        .where(Attachment.id.in_(wanted), Attachment.message_id.is_(None), Attachment.state == "ready")
        .with_for_update()
    )
    found = {file.id: file for file in db.session.execute(query).scalars()}
    missing = [each for each in wanted if each not in found or found[each].uploaded_by not in (None, draft.author_id)]
    if missing:
        message = _("This file is gone or was already sent. Attach it again.")
        raise InvalidPayload(message, {"attachment_ids": [message]})
    return [found[each] for each in wanted]


def _copy(file: Attachment) -> Attachment:
    names = ("kind", "state", "ref", "filename", "mime_type", "size", "sha256", "file_id", "uploaded_by")
    return Attachment(**{name: getattr(file, name) for name in names})


def _ask_plugins(message: Message, conversation: Conversation) -> None:
    info = message_info(message_item(message))
    about = conversation_info(conversation_item(conversation), current_organization_id())
    objection = veto("before_send", message=info, conversation=about)
    if objection is not None:
        raise Conflict(objection.reason)


def _tell(message: Message, conversation: Conversation) -> None:
    db.session.flush()
    emit_event(
        "message.created",
        {"message": message_item(message), "conversation": conversation_item(conversation)},
        conversation_id=conversation.id,
        bucket=conversation.bucket,
        actor_id=message.author_id,
    )


def _require_live(conversation: Conversation) -> None:
    if not is_live(conversation):
        raise Conflict(_("This conversation is closed. Reopen it to answer."), status=conversation.status)
