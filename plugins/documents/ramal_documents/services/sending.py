"""Documents as messages: a file with its text, in the way the channel can take it, once a click."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ramal.api import (
    Conflict,
    Forbidden,
    current_user,
    get_conversation,
    send_message,
    store_upload,
    transaction,
)
from ramal.api import gettext as _

#: Seconds that a link in a message stays good.
LINK_TTL = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class File:
    """A file to go with a text; ``link`` stands in for it where a channel takes no files."""

    kind: str
    data: bytes
    filename: str
    mime_type: str
    link: str = ""


def open_conversation(conversation_id: uuid.UUID) -> Mapping[str, Any]:
    """The conversation, for somebody who may answer in it. Forbidden, NotFound."""
    if not current_user().can("conversation.reply"):
        raise Forbidden(_("Your role does not allow you to answer customers."))
    return get_conversation(conversation_id)


def owner_of(contact_id: uuid.UUID | None, conversation: Mapping[str, Any]) -> uuid.UUID:
    """The conversation's contact, whose it must be if it is anybody's. Conflict."""
    own = uuid.UUID(str(conversation["contact"]["id"]))
    if contact_id not in (None, own):
        raise Conflict(_("It is another contact's."))
    return own


def following(client_id: uuid.UUID, what: str) -> uuid.UUID:
    """The id of a further message of the same click, so that a repeated click repeats nothing."""
    return uuid.uuid5(client_id, what)


def send(conversation: Mapping[str, Any], text: str, file: File | None, client_id: uuid.UUID) -> Sequence[Any]:
    """The messages: one where the channel takes text with files, two where it doesn't, a link where it takes none."""
    able, to = conversation["capabilities"], uuid.UUID(str(conversation["id"]))
    author = current_user().user_id
    if file is None or not _takes(able, file):
        body = f"{text}\n{file.link}" if file and file.link else text
        return [send_message(to, client_id=client_id, body=body, author_id=author)]
    with transaction():
        attachment = store_upload(
            file.data,
            file.filename,
            file.mime_type,
            channel_id=uuid.UUID(str(conversation["channel"]["id"])),
            uploaded_by=author,
        )
        caption = text if _takes_caption(able, attachment.kind, text) else None
        first = send_message(
            to,
            client_id=client_id,
            kind=attachment.kind,
            body=caption,
            attachment_ids=[attachment.id],
            author_id=author,
        )
        if caption is not None:
            return [first]
        return [first, send_message(to, client_id=following(client_id, "text"), body=text, author_id=author)]


def _takes(able: Mapping[str, Any], file: File) -> bool:
    """Whether the channel takes it as what it is, or at least as a document."""
    for kind in dict.fromkeys((file.kind, "document")):
        types = able["mime_types"].get(kind)
        if (
            kind in able["kinds"]
            and able["media"].get(kind, 0) >= len(file.data)
            and (not types or file.mime_type in types)
        ):
            return True
    return False


def _takes_caption(able: Mapping[str, Any], kind: str, text: str) -> bool:
    longest = able["caption_limit"] or able["text_limit"]
    return bool(able["caption"]) and kind not in able["captionless"] and len(text) <= longest
