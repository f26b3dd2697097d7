"""What the person at the other end may see of their conversation: their side of it, no notes.

For channels whose other end is a browser of ours (web chat): history and socket frames alike go
through :func:`public_message`, which copies named fields and nothing else.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, tuple_

from ramal.channels.types import Alias
from ramal.contacts.identity import variants
from ramal.contacts.models import ChannelParty, PartyAlias
from ramal.database.session import db
from ramal.inbox.items import message_items
from ramal.inbox.models import Attachment, Conversation, Message
from ramal.storage.models import StoredFile
from ramal.storage.services import signed_url

#: Kinds that are ours alone.
HIDDEN_KINDS = ("note", "system")
PAGE = 30
#: Seconds a visitor's file links live.
LINK_TTL = 6 * 3600


def find_conversation(channel_id: uuid.UUID, alias: Alias) -> uuid.UUID | None:
    """The person's live conversation on a channel, else their latest one, else None."""
    query = (
        select(Conversation.id)
        .join(ChannelParty, ChannelParty.id == Conversation.party_id)
        .where(ChannelParty.id.in_(_parties(channel_id, alias)))
        .order_by(Conversation.last_message_at.desc())
        .limit(1)
    )
    return db.session.execute(query).scalar_one_or_none()


def party_history(
    channel_id: uuid.UUID, alias: Alias, before: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the person's messages, oldest first, over all their conversations on the channel.

    ``before`` is an earlier answer's cursor; the answer's cursor is None on the oldest page.
    """
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.party_id.in_(_parties(channel_id, alias)))
        .where(Message.kind.not_in(HIDDEN_KINDS))
        .order_by(Message.sent_at.desc(), Message.seq.desc())
        .limit(PAGE + 1)
    )
    if (place := _read_cursor(before)) is not None:
        query = query.where(tuple_(Message.sent_at, Message.seq) < tuple_(*place))
    rows = list(db.session.execute(query).scalars())
    page = rows[:PAGE]
    items = [public_message(item) for item in message_items(page[::-1])]
    return items, _cursor(page[-1]) if len(rows) > PAGE else None


def public_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message item as the person sees it: files by signed links, an agent by first name."""
    author = message.get("author")
    return {
        **{key: message[key] for key in ("id", "direction", "kind", "body", "status", "sent_at")},
        "client_id": message["provider_id"] if message["direction"] == "in" else None,
        "payload": message["payload"] if message["kind"] in ("interactive", "location") else {},
        "reply_to": message["reply_to"],
        "revoked_at": message["revoked_at"],
        "author": author["name"].split(" ")[0] if author else None,
        "attachments": _public_files(message["attachments"]),
    }


def _public_files(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not items:
        return []
    query = (
        select(Attachment.id, StoredFile)
        .join(StoredFile, StoredFile.id == Attachment.file_id)
        .where(Attachment.id.in_([uuid.UUID(item["id"]) for item in items]))
    )
    files = {str(attachment_id): file for attachment_id, file in db.session.execute(query)}
    return [_public_file(item, files.get(item["id"])) for item in items]


def _public_file(item: Mapping[str, Any], file: StoredFile | None) -> dict[str, Any]:
    shown = {key: item[key] for key in ("id", "kind", "filename", "mime_type", "size", "state")}
    small = file is not None and file.thumbnail_path is not None
    return {
        **shown,
        "url": signed_url(file, ttl=LINK_TTL) if file else None,
        "thumbnail_url": signed_url(file, True, ttl=LINK_TTL) if file and small else None,
    }


def _parties(channel_id: uuid.UUID, alias: Alias) -> Any:
    return select(PartyAlias.party_id).where(
        PartyAlias.channel_id == channel_id,
        PartyAlias.kind == alias.kind,
        PartyAlias.value.in_(variants(alias.kind, alias.value)),
    )


def _cursor(message: Message) -> str:
    return base64.urlsafe_b64encode(f"{message.sent_at.isoformat()}|{message.seq}".encode()).decode()


def _read_cursor(cursor: str | None) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    try:
        at, _, seq = base64.urlsafe_b64decode(cursor).decode().partition("|")
        place = datetime.fromisoformat(at).astimezone(UTC), int(seq)
    except (ValueError, OverflowError):
        return None
    return place if abs(place[1]) < 2**63 else None
