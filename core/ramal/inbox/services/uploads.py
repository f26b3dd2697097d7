"""Files waiting to be sent, and files as attachments."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import or_, select

from ramal.channels.models import ConnectedChannel
from ramal.config import current_settings
from ramal.database.session import db, transaction
from ramal.errors import NotFound
from ramal.i18n import gettext as _
from ramal.inbox.capabilities import capabilities_of
from ramal.inbox.models import Attachment, Conversation, Message
from ramal.inbox.services.outgoing import fits
from ramal.inbox.visibility import visible
from ramal.storage.errors import FileRefused
from ramal.storage.models import StoredFile
from ramal.storage.services import delete_file, signed_url, store

#: How long an upload waits for its message before it is forgotten, with its bytes.
UPLOAD_TTL = timedelta(hours=24)


def upload(
    data: bytes | Iterable[bytes] | BinaryIO,
    filename: str | None,
    claimed_type: str | None = None,
    *,
    channel_id: uuid.UUID | None = None,
    uploaded_by: uuid.UUID | None = None,
) -> Attachment:
    """Take a file in, to be sent with a later message; its kind is one the channel takes.

    One that no message takes within a day is forgotten, unless the journal still speaks of its ``file_id``.
    FileTooLarge and FileRefused say what is wrong with it, or why the channel won't have it.
    """
    channel = _channel(channel_id) if channel_id else None
    limit = current_settings().max_upload
    file = store(data, filename, claimed_type, limit=limit, strict=True, uploaded_by=uploaded_by)
    try:
        kind = _kind_for(file, channel)
    except FileRefused:
        delete_file(file)
        raise
    with transaction() as session:
        attachment = Attachment(kind=kind, uploaded_by=uploaded_by)
        fill(attachment, file)
        session.add(attachment)
        session.flush()  # its id is what the caller came for, in a transaction of their own too
    return attachment


def fill(attachment: Attachment, file: StoredFile) -> None:
    """Make an attachment ready: its file has arrived."""
    attachment.file_id = file.id
    attachment.filename = file.filename
    attachment.mime_type = file.mime_type
    attachment.size = file.size
    attachment.sha256 = file.sha256
    attachment.state = "ready"
    attachment.error = None
    attachment.ref = {
        **(attachment.ref or {}),
        "width": file.width,
        "height": file.height,
        "thumbnail": file.thumbnail_path is not None,
    }


def media_url(attachment_id: uuid.UUID, *, thumbnail: bool = False, user_id: uuid.UUID | None = None) -> str:
    """A signed link to an attachment the caller may see: of a visible conversation, or their own upload."""
    query = (
        select(StoredFile)
        .join(Attachment, Attachment.file_id == StoredFile.id)
        .outerjoin(Message, Message.id == Attachment.message_id)
        .outerjoin(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Attachment.id == attachment_id,
            or_(
                Attachment.message_id.is_not(None) & visible(),
                Attachment.message_id.is_(None) & (Attachment.uploaded_by == user_id),
            ),
        )
    )
    file = db.session.execute(query).scalar_one_or_none()
    if file is None:
        raise NotFound(_("There is no such file."))
    return signed_url(file, thumbnail)


def _channel(channel_id: uuid.UUID) -> ConnectedChannel:
    query = select(ConnectedChannel).where(ConnectedChannel.id == channel_id)
    found: ConnectedChannel | None = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such channel."))
    return found


def _kind_for(file: StoredFile, channel: ConnectedChannel | None) -> str:
    natural = file.mime_type.split("/", 1)[0]
    natural = natural if natural in ("image", "audio", "video") else "document"
    if channel is None:
        return natural
    able = capabilities_of(channel)
    problems = []
    for kind in dict.fromkeys((natural, "document")):
        problem = fits(kind, file.mime_type, file.size, able)
        if problem is None:
            return kind
        problems.append(problem)
    raise FileRefused(problems[0])
