"""``/contacts``: people."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from ramal.contacts import services
from ramal.contacts.models import Contact
from ramal.contacts.schemas import (
    ContactChangeSchema,
    ContactQuery,
    ContactSchema,
    MergeSuggestionSchema,
    NewContactSchema,
)
from ramal.contacts.serialize import contact_detail_json, contact_json
from ramal.http.blueprint import ApiBlueprint, page_of, require_permission

api = ApiBlueprint("contacts", __name__, url_prefix="/contacts", description="People")


@api.get("")
@require_permission("contact.read")
@api.arguments(ContactQuery, location="query")
@api.response(200, page_of(ContactSchema))
def list_contacts(query: dict[str, Any]) -> Response:
    """List people, newest first; ``q`` finds by the beginnings of names, and by phone."""
    page = services.find_contacts(query.get("q"), cursor=query.get("cursor"), page_size=query["page_size"])
    return jsonify(items=[contact_detail_json(contact) for contact in page.items], next_cursor=page.next_cursor)


@api.post("")
@require_permission("contact.manage")
@api.arguments(NewContactSchema)
@api.response(201, ContactSchema)
@api.alt_response(409, "CONFLICT")
def create_contact(body: dict[str, Any]) -> tuple[Response, int]:
    """Add a person; 409 names the contact who has the phone already."""
    return _answer(services.create_contact(**body)), 201


@api.get("/<uuid:contact_id>")
@require_permission("contact.read")
@api.response(200, ContactSchema)
def show_contact(contact_id: uuid.UUID) -> Response:
    """Show a person and the channels they are known on."""
    return _answer(services.get_contact(contact_id))


@api.patch("/<uuid:contact_id>")
@require_permission("contact.manage")
@api.arguments(ContactChangeSchema)
@api.response(200, ContactSchema)
@api.alt_response(409, "CONFLICT")
def change_contact(body: dict[str, Any], contact_id: uuid.UUID) -> Response:
    """Change name, phone or e-mail; a name set here is not overwritten by a provider's."""
    return _answer(services.update_contact(contact_id, body))


@api.get("/merge-suggestions")
@require_permission("contact.read")
@api.response(200, page_of(MergeSuggestionSchema))
def list_merge_suggestions() -> dict[str, Any]:
    """List pairs of contacts that look like one person."""
    items = [
        {
            "id": suggestion.id,
            "reason": suggestion.reason,
            "contacts": [contact_json(first), contact_json(second)],
            "created_at": suggestion.created_at,
        }
        for suggestion, first, second in services.list_merge_suggestions()
    ]
    return {"items": items, "next_cursor": None}


@api.delete("/merge-suggestions/<uuid:suggestion_id>")
@require_permission("contact.manage")
@api.response(204)
def dismiss_merge_suggestion(suggestion_id: uuid.UUID) -> None:
    """Say that they are two people; it is not suggested again."""
    services.dismiss_merge_suggestion(suggestion_id)


def _answer(contact: Contact) -> Response:
    return jsonify(contact_detail_json(contact, services.parties_of(contact.id)))
