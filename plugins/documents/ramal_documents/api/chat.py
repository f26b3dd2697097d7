"""Charges sent into a conversation."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, require_permission
from ramal_documents.permissions import SEND
from ramal_documents.schemas.chat import SendBoletoSchema, SendSchema, SentSchema
from ramal_documents.services import chat

api = ApiBlueprint("sending", __name__, plugin="documents", description="Charges in a conversation")


@api.post("/boletos/<uuid:boleto_id>/send")
@require_permission(SEND)
@api.arguments(SendBoletoSchema)
@api.response(202, SentSchema)
def send_boleto(values: Mapping[str, Any], boleto_id: uuid.UUID) -> dict[str, Any]:
    """Send a boleto as the channel can take it; once late, as a second copy with what it comes to today.

    409 where it can't be sent now: a draft, settled, no longer received, or not registered and not ``unregistered``.
    """
    sent = chat.send_boleto(boleto_id=boleto_id, **values)
    return {"message_ids": [message.id for message in sent]}


@api.post("/pix/<uuid:pix_id>/send")
@require_permission(SEND)
@api.arguments(SendSchema)
@api.response(202, SentSchema)
def send_pix(values: Mapping[str, Any], pix_id: uuid.UUID) -> dict[str, Any]:
    """Send a PIX code: the QR code as a picture, then the text to copy."""
    sent = chat.send_pix(values["conversation_id"], pix_id, client_id=values["client_id"])
    return {"message_ids": [message.id for message in sent]}
