"""Charges in a conversation: sent as the channel can take them (``sending``), listed for the contact.

A boleto is a PDF with its line as text. What customers read is Portuguese, as on the sheet itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from ramal.api import Conflict, audit, file_url, session, stored_media, transaction
from ramal.api import gettext as _
from ramal_documents import dates, money
from ramal_documents.boleto import Settlement, settlement
from ramal_documents.boleto.code import formatted_line
from ramal_documents.models import Charge, PixCode
from ramal_documents.pix import qr
from ramal_documents.services import copies, pix, printing
from ramal_documents.services.charges import OPEN, boleto_of, get_charge
from ramal_documents.services.copies import demand_payable
from ramal_documents.services.sending import LINK_TTL, File, following, open_conversation, owner_of, send

#: What of a boleto is sent: the sheet with the line, or the line alone.
PARTS = ("pdf", "line")
_SHOWN = 8


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
    conversation = open_conversation(conversation_id)
    with transaction():
        charge = get_charge(boleto_id, locked=True)
        demand_payable(charge, dates.today())
        _demand_registered(charge, unregistered)
        charge.contact_id = owner_of(charge.contact_id, conversation)
    owed = settlement(boleto_of(charge), dates.today())
    text = _boleto_text(charge, owed)
    if part == "line":
        return send(conversation, text, None, client_id)
    stored = copies.second_copy_file(charge) if owed.days_late else printing.pdf_file(charge.id)
    link = file_url(stored, ttl=LINK_TTL, absolute=True)
    data = b"".join(stored_media(stored.id).chunks)
    file = File("document", data, stored.filename, "application/pdf", link)
    return send(conversation, text, file, client_id)


def send_pix(conversation_id: uuid.UUID, code_id: uuid.UUID, *, client_id: uuid.UUID) -> Sequence[Any]:
    """Send a PIX code: its QR code as a picture, its text by itself, so that it can be copied whole."""
    conversation = open_conversation(conversation_id)
    with transaction():
        code = pix.get_code(code_id)
        # One made for nobody (a counter's sign) stays everybody's.
        if code.contact_id is not None:
            owner_of(code.contact_id, conversation)
    amount = f"de {money.with_symbol(code.amount)}" if code.amount else "com o valor que você escolher"
    caption = f"Pix {amount}. Leia o QR code, ou copie a próxima mensagem e cole no aplicativo do seu banco."
    picture = File("image", qr.png(code.text), "pix.png", "image/png")
    sent = list(send(conversation, caption, picture, client_id))
    return [*sent, *send(conversation, code.text, None, following(client_id, "code"))]


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
