"""The demo's web chat: a site is connected, and two visitors wrote."""

from __future__ import annotations

import json
from datetime import timedelta

from ramal.api import DemoContext, ingest, new_id, utcnow

VISITORS = (
    ("Joana Prado", ("Oi! Vocês entregam em Campinas?", "Vi a luminária azul no site 💙")),
    ("Visitante", ("Boa tarde, o cupom PRIMAVERA ainda vale?",)),
)


def seed(demo: DemoContext) -> None:
    """Connect the demo site and put the visitors' first messages in the journal."""
    channel_id = demo.connect_channel(
        "webchat",
        "Site da loja",
        {"greeting": "Olá! Como podemos ajudar?", "color": "#0b6e4f", "allowed_origins": [demo.base_url]},
    )
    start = utcnow() - timedelta(minutes=20)
    for number, (name, lines) in enumerate(VISITORS):
        visitor = {"id": str(new_id()), "name": name, "external_id": None}
        for position, line in enumerate(lines):
            client_id = str(new_id())
            at = start + timedelta(minutes=3 * number, seconds=40 * position)
            data = {
                "type": "message",
                "visitor": visitor,
                "client_id": client_id,
                "kind": "text",
                "body": line,
                "at": at.isoformat(),
            }
            ingest(channel_id, json.dumps({"items": [data]}).encode(), client_id)
