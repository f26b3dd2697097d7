"""A provider's webhook of about 600 bytes with one text message."""

from __future__ import annotations

import time
from typing import Any


def customer_text(number: str, account: str, wamid: str, wa_id: str, body: str) -> dict[str, Any]:
    """One customer's text to ``number``."""
    message = {
        "from": wa_id,
        "id": wamid,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": f"{body}: bom dia, gostaria de saber o prazo de entrega do meu pedido, por favor."},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551190000001", "phone_number_id": number},
        "contacts": [{"profile": {"name": f"Cliente {wa_id[-4:]}"}, "wa_id": wa_id}],
        "messages": [message],
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": account, "changes": [{"field": "messages", "value": value}]}],
    }
