"""Charges in a conversation: sent as the channel can take them, listed for the contact.

A boleto is a PDF with its line as text: in one message where the channel takes text with files, in two where it
doesn't, and as a link where it takes no files at all. What customers read is Portuguese, as on the sheet itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from ramal.api import (
    Conflict,
    Forbidden,
    audit,
    current_user,
    file_url,
    get_conversation,
    send_message,
    session,
    store_upload,
    stored_media,
    transaction,
)
from ramal.api import gettext as _
from ramal_documents import dates, money
from ramal_documents.boleto import Settlement, settlement
from ramal_documents.boleto.code import formatted_line
from ramal_documents.models import Charge, PixCode
from ramal_documents.pix import qr
from ramal_documents.services import copies, pix, printing
from ramal_documents.services.charges import OPEN, boleto_of, get_charge
from ramal_documents.services.copies import demand_payable

#: What of a boleto is sent: the sheet with the line, or the line alone.
PARTS = ("pdf", "line")
#: Seconds that a link in a message stays good.
_LINK_TTL = 14 * 24 * 3600
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _File:
    """A file to go with a text."""

    kind: str
    data: bytes
    filename: str
    mime_type: str
    link: str = ""


def charges_of(contact_id: uuid.UUID) -> Sequence[Charge]:
    """A contact's newest boletos, the open ones first."""
    query = select(Charge).where(Charge.contact_id == contact_id, Charge.state != "draft")
    query = query.order_by(Charge.state.in_(OPEN).desc(), Charge.id.desc()).limit(_SHOWN)
    found: Sequence[Charge] = session.execute(query).scalars().all()
    return found


def codes_of(contact_id: uuid.UUID) -> Sequence[PixCode]:
    """PIX codes made for a contact, newest first, and those made for nobody."""
    query = select(PixCode).where(or_(PixCode.contact_id == contact_id, PixCode.contact_id.is_(None)))
    found: Sequence[PixCode] = session.execute(query.order_by(PixCode.id.desc()).limit(_SHOWN)).scalars().all()
    return found


def send_boleto(
    conversation_id: uuid.UUID,
    boleto_id: uuid.UUID,
    *,
    part: str = "pdf",
    unregistered: bool = False,
    client_id: uuid.UUID,
) -> Sequence[Any]:
    """Send an issued boleto, as often as is wanted; once it is late, as a second copy with what it comes to today.

    Conflict for a draft, one that is settled, one that the bank has not registered (unless ``unregistered``), or
    another contact's; what the channel refuses, it says itself. The messages.
    """
    conversation = _conversation(conversation_id)
    with transaction():
        charge = get_charge(boleto_id, locked=True)
        demand_payable(charge, dates.today())
        _demand_registered(charge, unregistered)
        charge.contact_id = _own(charge.contact_id, conversation)
    owed = settlement(boleto_of(charge), dates.today())
    text = _boleto_text(charge, owed)
    if part == "line":
        return _send(conversation, text, None, client_id)
    stored = copies.second_copy_file(charge) if owed.days_late else printing.pdf_file(charge.id)
    link = file_url(stored, ttl=_LINK_TTL, absolute=True)
    data = b"".join(stored_media(stored.id).chunks)
    file = _File("document", data, stored.filename, "application/pdf", link)
    return _send(conversation, text, file, client_id)


def send_pix(conversation_id: uuid.UUID, code_id: uuid.UUID, *, client_id: uuid.UUID) -> Sequence[Any]:
    """Send a PIX code: its QR code as a picture, its text by itself, so that it can be copied whole."""
    conversation = _conversation(conversation_id)
    with transaction():
        code = pix.get_code(code_id)
        # One made for nobody (a counter's sign) stays everybody's.
        if code.contact_id is not None:
            _own(code.contact_id, conversation)
    amount = f"de {money.with_symbol(code.amount)}" if code.amount else "com o valor que você escolher"
    caption = f"Pix {amount}. Leia o QR code, ou copie a próxima mensagem e cole no aplicativo do seu banco."
    picture = _File("image", qr.png(code.text), "pix.png", "image/png")
    sent = list(_send(conversation, caption, picture, client_id))
    return [*sent, *_send(conversation, code.text, None, _next(client_id, "code"))]


def _conversation(conversation_id: uuid.UUID) -> Mapping[str, Any]:
    if not current_user().can("conversation.reply"):
        raise Forbidden(_("Your role does not allow you to answer customers."))
    return get_conversation(conversation_id)


def _send(conversation: Mapping[str, Any], text: str, file: _File | None, client_id: uuid.UUID) -> Sequence[Any]:
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
        return [first, send_message(to, client_id=_next(client_id, "text"), body=text, author_id=author)]


def _takes(able: Mapping[str, Any], file: _File) -> bool:
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


def _boleto_text(charge: Charge, owed: Settlement) -> str:
    assert charge.digitable_line is not None
    amount, due = money.with_symbol(charge.amount), dates.short(charge.due_date)
    head = f"Boleto de {amount}, com vencimento em {due}."
    if owed.days_late:
        total = f"Para pagamento hoje, {dates.short(owed.day)}: {money.with_symbol(owed.total)}"
        head = f"Boleto de {amount}, vencido em {due}.\n{total}{f' ({owed.sentence})' if owed.late else ''}."
    return f"{head}\n{formatted_line(charge.digitable_line)}"


def _demand_registered(charge: Charge, unregistered: bool) -> None:
    """What the bank has not registered can't be paid: sent only by who knows, and written down."""
    if charge.state != "issued":
        return
    if not unregistered:
        message = _("The bank has not registered this boleto yet, so it can't be paid. Send it all the same?")
        raise Conflict(message, state=charge.state)
    audit("documents.boleto.sent_unregistered", target=("boleto", charge.id, charge.our_number_printed or ""))


def _own(contact_id: uuid.UUID | None, conversation: Mapping[str, Any]) -> uuid.UUID:
    """The conversation's contact, whose it must be if it is anybody's."""
    own = uuid.UUID(str(conversation["contact"]["id"]))
    if contact_id not in (None, own):
        raise Conflict(_("This charge is another contact's."))
    return own


def _next(client_id: uuid.UUID, what: str) -> uuid.UUID:
    """The id of a further message of the same click, so that a repeated click repeats nothing."""
    return uuid.uuid5(client_id, what)
