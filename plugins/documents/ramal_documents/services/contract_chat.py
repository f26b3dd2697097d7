"""A contract in a conversation: its PDF, the boletos of its instalments and a PIX code, all of them or none.

What customers read is Portuguese, as in the contract itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from ramal.api import Conflict, file_url, session, stored_media, transaction
from ramal.api import gettext as _
from ramal_documents.models import Contract
from ramal_documents.services import chat, contract_charges, contracts
from ramal_documents.services.charges import get_charge
from ramal_documents.services.contract_history import note_change
from ramal_documents.services.sending import LINK_TTL, File, following, open_conversation, owner_of, send

_SHOWN = 8


def contracts_of(contact_id: uuid.UUID) -> Sequence[Contract]:
    """A contact's newest contracts."""
    query = select(Contract).where(Contract.contact_id == contact_id).order_by(Contract.id.desc()).limit(_SHOWN)
    found: Sequence[Contract] = session.execute(query).scalars().all()
    return found


def send_contract(
    conversation_id: uuid.UUID,
    contract_id: uuid.UUID,
    *,
    boleto_ids: Collection[uuid.UUID] = (),
    pix_id: uuid.UUID | None = None,
    unregistered: bool = False,
    client_id: uuid.UUID,
) -> Sequence[Any]:
    """Send an issued contract, and with it what is named of its boletos (``chat.send_boleto``) and a PIX code.

    Conflict for a draft, one that is cancelled or another contact's, for a boleto that is not its own or that may not
    be sent; nothing is sent then. The messages; a repeated ``client_id`` sends nothing twice.
    """
    conversation = open_conversation(conversation_id)
    with transaction():
        contract = contracts.get_contract(contract_id, locked=True)
        if contract.state not in ("issued", "sent"):
            raise Conflict(_("Only an issued contract can be sent."), state=contract.state)
        contract.contact_id = owner_of(contract.contact_id, conversation)
        sent = list(send(conversation, _text(contract), _file(contract), client_id))
        for boleto_id in _own(contract, boleto_ids):
            click = following(client_id, str(boleto_id))
            sent += chat.send_boleto(conversation_id, boleto_id, unregistered=unregistered, client_id=click)
        if pix_id is not None:
            sent += chat.send_pix(conversation_id, pix_id, client_id=following(client_id, str(pix_id)))
        if contract.state == "issued":
            contract.state, contract.conversation_id = "sent", conversation_id
            note_change(contract, "issued")
    return sent


def _own(contract: Contract, boleto_ids: Collection[uuid.UUID]) -> Sequence[uuid.UUID]:
    """The named boletos in the order of the instalments. NotFound, Conflict."""
    own = [charge.id for charge in contract_charges.charges_of(contract.id)]
    if foreign := sorted(set(boleto_ids) - set(own)):
        get_charge(foreign[0])
        raise Conflict(_("This boleto is no instalment of the contract."))
    return [boleto_id for boleto_id in own if boleto_id in set(boleto_ids)]


def _file(contract: Contract) -> File:
    stored = contracts.pdf_file(contract)
    data = b"".join(stored_media(stored.id).chunks)
    return File("document", data, stored.filename, "application/pdf", file_url(stored, ttl=LINK_TTL, absolute=True))


def _text(contract: Contract) -> str:
    return f"{contract.title}, nº {contracts.number_of(contract)}."
