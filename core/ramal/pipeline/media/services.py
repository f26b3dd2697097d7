"""Files of inbound messages: fetched after the message is shown, retried, and told when they are there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select

from ramal.channels.base import Channel, ChannelContext
from ramal.channels.context import context_for
from ramal.channels.models import ConnectedChannel
from ramal.channels.registry import channel_of_kind
from ramal.channels.types import MediaRef
from ramal.config import current_settings
from ramal.database.session import db, transaction
from ramal.errors import Conflict, NotFound, RamalError
from ramal.events.services import emit_event, enqueue
from ramal.i18n import gettext as _
from ramal.inbox.items import message_item
from ramal.inbox.models import Attachment, Conversation, Message
from ramal.inbox.services.uploads import fill
from ramal.inbox.visibility import visible
from ramal.storage.errors import FileRefused
from ramal.storage.models import StoredFile
from ramal.storage.services import delete_file, store

log = structlog.get_logger(__name__)

#: The job's name, and how often it tries: about five minutes in all.
JOB, MAX_ATTEMPTS = "fetch_media", 6
_TRIES = "tries"
_ERROR = 500


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file still to be fetched, and from where."""

    ref: MediaRef
    code: Channel
    context: ChannelContext
    limit: int


def fetch_media(attachment_id: str) -> None:
    """The job: download one attachment. Raises to be tried again; the last try leaves it ``failed``."""
    id_ = uuid.UUID(attachment_id)
    try:
        wanted = _wanted(id_)
        if wanted is None:
            return
        file = _download(wanted)
    except FileRefused as error:
        _give_up(id_, error.message)
    except Exception as error:
        if _note_failure(id_, error) < MAX_ATTEMPTS:
            raise
        log.warning("media.given_up", attachment=attachment_id, error=repr(error))
    else:
        _keep(id_, file)


def retry_attachment(attachment_id: uuid.UUID) -> Attachment:
    """Fetch a file again that could not be fetched. NotFound, or Conflict unless it failed."""
    with transaction() as session:
        attachment = session.scalar(
            select(Attachment)
            .join(Message, Message.id == Attachment.message_id)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Attachment.id == attachment_id, visible())
            .with_for_update(of=Attachment)
        )
        if attachment is None:
            raise NotFound(_("There is no such file."))
        if attachment.state != "failed":
            raise Conflict(_("Only files that could not be fetched can be fetched again."))
        attachment.state, attachment.error = "pending", None
        attachment.ref = {key: value for key, value in (attachment.ref or {}).items() if key != _TRIES}
        enqueue(JOB, attachment_id=str(attachment.id))
        _tell(attachment)
    return attachment


def _wanted(attachment_id: uuid.UUID) -> _Wanted | None:
    """None when it is there already, or its message is gone."""
    with transaction() as session:
        row = session.execute(
            select(Attachment, ConnectedChannel)
            .join(Message, Message.id == Attachment.message_id)
            .join(ConnectedChannel, ConnectedChannel.id == Message.channel_id)
            .where(Attachment.id == attachment_id, Attachment.state == "pending")
        ).one_or_none()
        if row is None:
            return None
        attachment, channel = row
        code = channel_of_kind(channel.kind)
        ref = MediaRef(
            ref={key: value for key, value in (attachment.ref or {}).items() if key != _TRIES},
            mime_type=attachment.mime_type,
            filename=attachment.filename,
            size=attachment.size,
            sha256=attachment.sha256,
        )
        # People may send more than we may: the largest of the channel's caps, not the kind's own.
        limit = max(code.capabilities_of(channel.settings or {}).media.values(), default=current_settings().max_upload)
        return _Wanted(ref, code, context_for(channel), limit)


def _download(wanted: _Wanted) -> StoredFile:
    stream = wanted.code.fetch_media(wanted.ref, wanted.context)
    return store(
        stream.chunks,
        wanted.ref.filename or stream.filename,
        stream.mime_type or wanted.ref.mime_type,
        limit=wanted.limit,
    )


def _keep(attachment_id: uuid.UUID, file: StoredFile) -> None:
    try:
        with transaction():
            attachment = _locked(attachment_id)
            if attachment is None or attachment.state == "ready":
                raise NotFound("the attachment is gone, or was fetched meanwhile")
            fill(attachment, file)
            _tell(attachment)
    except NotFound:
        delete_file(file)
    except BaseException:
        delete_file(file)
        raise


def _note_failure(attachment_id: uuid.UUID, error: Exception) -> int:
    """Count a failed try, and give up after the last. Answers which try it was."""
    words = error.message if isinstance(error, RamalError) else f"{type(error).__name__}: {error}"
    with transaction():
        attachment = _locked(attachment_id)
        if attachment is None:
            return MAX_ATTEMPTS
        tries = int((attachment.ref or {}).get(_TRIES, 0)) + 1
        attachment.ref = {**(attachment.ref or {}), _TRIES: tries}
        attachment.error = words[:_ERROR]
        if tries >= MAX_ATTEMPTS:
            attachment.state = "failed"
            _tell(attachment)
    return tries


def _give_up(attachment_id: uuid.UUID, words: str) -> None:
    with transaction():
        attachment = _locked(attachment_id)
        if attachment is not None:
            attachment.state, attachment.error = "failed", words[:_ERROR]
            _tell(attachment)


def _locked(attachment_id: uuid.UUID) -> Attachment | None:
    return db.session.scalar(select(Attachment).where(Attachment.id == attachment_id).with_for_update())


def _tell(attachment: Attachment) -> None:
    """Write ``message.updated`` for the message that carries it."""
    db.session.flush()
    message = db.session.get_one(Message, attachment.message_id)
    bucket = db.session.scalar(select(Conversation.bucket).where(Conversation.id == message.conversation_id))
    data: dict[str, Any] = {"message": message_item(message)}
    emit_event("message.updated", data, conversation_id=message.conversation_id, bucket=bucket)
