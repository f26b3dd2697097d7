"""Whether a message fits its channel: kinds, lengths, files, buttons. The channel declares, we obey."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from ramal.channels.types import MEDIA_KINDS, Capabilities
from ramal.errors import InvalidPayload
from ramal.i18n import gettext as _
from ramal.inbox.models import Attachment
from ramal.inbox.payloads import PAYLOADS

#: Longest note, in characters.
NOTE_LIMIT = 20_000
#: Kinds nobody can send: they come about otherwise.
_NEVER_SENT = frozenset({"system", "unsupported"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to send."""

    client_id: uuid.UUID
    kind: str
    body: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    reply_to: uuid.UUID | None = None
    author_id: uuid.UUID | None = None


def check_note(draft: Draft, files: Sequence[Attachment]) -> None:
    """Notes stay in the house: a text or a file, and not endless."""
    if not draft.body and not files:
        raise _refused("body", _("Write something first."))
    if len(draft.body or "") > NOTE_LIMIT:
        raise _refused("body", _("At most %(count)s characters.", count=NOTE_LIMIT))


def check_outgoing(draft: Draft, files: Sequence[Attachment], able: Capabilities) -> None:
    """InvalidPayload, naming the field, where the channel can't send this."""
    if draft.kind in _NEVER_SENT or draft.kind not in able.kinds:
        raise _refused("kind", _("This channel can't send messages of this kind (%(kind)s).", kind=draft.kind))
    if draft.reply_to is not None and not able.reply_to:
        raise _refused("reply_to", _("This channel can't quote messages."))
    _check_files(draft, files, able)
    check_body(draft.kind, draft.body, able)
    _check_payload(draft, able)


def check_body(kind: str, body: str | None, able: Capabilities) -> None:
    """InvalidPayload where the words don't fit a message of this kind."""
    if kind == "text" and not body:
        raise _refused("body", _("Write something first."))
    limit = able.text_limit
    if kind in MEDIA_KINDS and body:
        if not able.caption or kind in able.captionless:
            raise _refused("body", _("This channel sends files without text. Send the text by itself."))
        limit = able.caption_limit or limit
    if len(body or "") > limit:
        raise _refused("body", _("At most %(count)s characters.", count=limit))


def fits(kind: str, mime_type: str | None, size: int | None, able: Capabilities) -> str | None:
    """Why the channel would not take such a file as ``kind``; None if it would."""
    if kind not in able.media:
        return _("This channel can't send files of this kind.")
    types = able.mime_types.get(kind)
    if types and (mime_type or "") not in {type_.split(";", 1)[0] for type_ in types}:
        return _("This channel does not take files of type %(type)s here.", type=mime_type)
    if (size or 0) > able.media[kind]:
        return _("This channel takes at most %(limit)s MB here.", limit=round(able.media[kind] / 1_048_576, 1))
    return None


def _check_files(draft: Draft, files: Sequence[Attachment], able: Capabilities) -> None:
    if draft.kind not in MEDIA_KINDS:
        if files:
            raise _refused("attachment_ids", _("A message of this kind carries no file."))
        return
    if len(files) != 1:
        raise _refused("attachment_ids", _("Send exactly one file with each message."))
    file = files[0]
    if not _may_travel_as(file, draft.kind):
        raise _refused("kind", _("This file can't be sent as %(kind)s.", kind=draft.kind))
    problem = fits(draft.kind, file.mime_type, file.size, able)
    if problem:
        raise _refused("attachment_ids", problem)


def _may_travel_as(file: Attachment, kind: str) -> bool:
    mime_type = file.mime_type or ""
    if kind == "document":
        return True
    if kind == "sticker":
        return mime_type == "image/webp"
    return mime_type.split("/", 1)[0] == ("audio" if kind == "voice" else kind)


def _check_payload(draft: Draft, able: Capabilities) -> None:
    schema = PAYLOADS.get(draft.kind)
    if schema is None:
        return
    try:
        schema().load(draft.payload)
    except ValidationError as error:
        raise InvalidPayload(_("Some of the data does not fit."), {"payload": _sentences(error)}) from None
    if draft.kind == "interactive":
        _check_choices(draft.payload, able)
        if not draft.body:
            raise _refused("body", _("Write something first."))


def _check_choices(payload: Mapping[str, Any], able: Capabilities) -> None:
    buttons = len(payload.get("buttons") or ())
    rows = sum(len(section["rows"]) for section in payload.get("sections") or ())
    if buttons > able.buttons:
        raise _refused("payload", _("This channel takes at most %(count)s buttons.", count=able.buttons))
    if rows > able.list_rows:
        raise _refused("payload", _("This channel takes at most %(count)s rows.", count=able.list_rows))


def _sentences(error: ValidationError) -> list[str]:
    messages = error.messages_dict if isinstance(error.messages, dict) else {"_": error.messages}
    return [f"{name}: {sentence}" for name, sentence in messages.items()]


def _refused(name: str, message: str) -> InvalidPayload:
    return InvalidPayload(message, {name: [message]})
