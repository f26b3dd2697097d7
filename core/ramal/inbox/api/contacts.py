"""What the inbox knows of a contact: their conversations; and merging two into one."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from ramal.contacts.schemas import ContactSchema
from ramal.contacts.serialize import contact_detail_json
from ramal.contacts.services import get_contact, parties_of
from ramal.http.blueprint import ApiBlueprint, page_of, require_permission
from ramal.http.pagination import PageArguments
from ramal.inbox import services
from ramal.inbox.queries.conversations import conversations_of_contact
from ramal.inbox.schemas.arguments import MergeSchema
from ramal.inbox.schemas.items import ConversationSchema

api = ApiBlueprint("contact_conversations", __name__, url_prefix="/contacts", description="People's conversations")


@api.get("/<uuid:contact_id>/conversations")
@require_permission("conversation.read")
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(ConversationSchema))
def conversations(query: dict[str, Any], contact_id: uuid.UUID) -> Response:
    """List a person's conversations on every channel, newest first."""
    contact = get_contact(contact_id)
    page = conversations_of_contact(contact.id, cursor=query.get("cursor"), page_size=query["page_size"])
    return jsonify(items=page.items, next_cursor=page.next_cursor)


@api.post("/<uuid:contact_id>/merge")
@require_permission("contact.manage")
@api.arguments(MergeSchema)
@api.response(200, ContactSchema)
def merge(body: dict[str, Any], contact_id: uuid.UUID) -> Response:
    """Make two contacts one: this one survives and takes over the other's channels and conversations."""
    survivor = services.merge_contacts(contact_id, body["absorbed_id"])
    return jsonify(contact_detail_json(survivor, parties_of(survivor.id)))
