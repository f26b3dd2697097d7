"""A contact's charges: they follow a merge, are shown, and lose their link when the person is erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ramal.api import ContactInfo, transaction
from ramal.plugins.dispatch import call_one, collect
from ramal.plugins.registry import find_record
from ramal.testing.client import JsonClient

from .agreements import values

Order = Callable[..., dict[str, Any]]


@pytest.fixture
def contact(make: Any, enabled: Any) -> ContactInfo:
    row = make.contact("Fulana")
    return ContactInfo(row.id, row.name)


def test_charges_follow_a_merge(desk: JsonClient, contact: ContactInfo, issue: Order, make: Any) -> None:
    issue(contact_id=str(contact.id))
    other = make.contact("Fulana de Tal")
    with transaction():
        arguments = {"contact": ContactInfo(other.id, other.name), "absorbed": contact}
        call_one(find_record("documents"), "on_contact_merged", arguments)
    assert len(desk.get("/documents/boletos", contact_id=other.id).json["items"]) == 1
    assert desk.get("/documents/boletos", contact_id=contact.id).json["items"] == []


def test_a_contacts_data_is_exported_and_erased(
    desk: JsonClient, contact: ContactInfo, issue: Order, order: Order
) -> None:
    made = issue(contact_id=str(contact.id))
    draft = desk.post("/documents/generate-boleto", order(contact_id=str(contact.id), draft=True)).json
    ((_plugin, data),) = collect("export_personal_data", contact=contact)
    assert [each["number"] for each in data["boletos"]] == [made["our_number"], None]
    with transaction():
        assert collect("erase_personal_data", contact=contact) == [
            ("documents", {"drafts_deleted": 1, "documents_deleted": 0, "unlinked": 1})
        ]
    assert desk.get(f"/documents/boletos/{draft['id']}").status_code == 404
    assert desk.get(f"/documents/boletos/{made['id']}").json["contact_id"] is None


def test_contracts_follow_are_shown_and_lose_their_link(
    desk: JsonClient, contact: ContactInfo, template: dict[str, Any], make: Any
) -> None:
    other = make.contact("Fulana de Tal")
    body = {"template_id": template["id"], "values": values(), "contact_id": str(contact.id)}
    issued = desk.post("/documents/generate-contract", body).json
    draft = desk.post("/documents/generate-contract", {**body, "draft": True}).json
    with transaction():
        arguments = {"contact": ContactInfo(other.id, other.name), "absorbed": contact}
        call_one(find_record("documents"), "on_contact_merged", arguments)
    ((_plugin, data),) = collect("export_personal_data", contact=ContactInfo(other.id, other.name))
    assert [(each["number"], each["sha256"]) for each in data["contracts"]] == [
        (issued["number"], issued["sha256"]),
        (None, None),
    ]
    with transaction():
        told = collect("erase_personal_data", contact=ContactInfo(other.id, other.name))
    assert told == [("documents", {"drafts_deleted": 1, "documents_deleted": 0, "unlinked": 1})]
    assert desk.get(f"/documents/contracts/{draft['id']}").status_code == 404
    assert desk.get(f"/documents/contracts/{issued['id']}").json["contact_id"] is None
