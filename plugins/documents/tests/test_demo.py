"""The demo organization finds charges in every state."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.api import DemoContext
from ramal.testing.client import JsonClient
from ramal_documents.plugin import DocumentsPlugin


def test_an_office_with_charges(desk: JsonClient, enabled: Any) -> None:
    def nothing(*_arguments: Any) -> uuid.UUID:
        raise AssertionError("documents connect nothing")

    DocumentsPlugin().seed_demo(DemoContext(enabled.id, (), "http://127.0.0.1:8123", nothing, str))
    boletos = desk.get("/documents/boletos", page_size=50).json["items"]
    assert {each["state"] for each in boletos} == {"draft", "issued", "registered", "paid"}
    assert sum(each["instalments"] == 6 for each in boletos) == 6
    assert len(desk.get("/documents/accounts").json["items"]) == 1
    assert desk.get("/documents/pix").json["items"][0]["amount"] == "49.90"
    assert len(desk.get("/documents/contract-templates").json["items"]) == 4
