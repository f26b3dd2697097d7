"""Contracts in the inbox: filled and sent from the composer, listed beside the conversation."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request
from markupsafe import Markup

from ramal.api import (
    Conflict,
    ContactInfo,
    ConversationInfo,
    Forbidden,
    InvalidPayload,
    SlotFragment,
    get_conversation,
    new_id,
    require_permission,
)
from ramal.api import gettext as _
from ramal_documents.permissions import ISSUE, SEND, VIEW
from ramal_documents.services import contract_chat, templates
from ramal_documents.views.blueprint import pages, words


def fill_action(conversation: ConversationInfo, **_rest: Any) -> Markup:
    """The button whose menu is fetched each time it opens."""
    return _fragment("documents/pages/contract_chat_button.html", conversation=conversation)


def contracts_panel(contact: ContactInfo, conversation: ConversationInfo, **_rest: Any) -> Markup:
    """The contact's contracts."""
    found = contract_chat.contracts_of(contact.id)
    context = {"contact": contact, "conversation": conversation, "contracts": found}
    return _fragment("documents/pages/contract_chat_panel.html", **context)


@pages.get("/contracts/chat/<uuid:conversation_id>")
@require_permission(SEND)
def contract_menu(conversation_id: uuid.UUID) -> str:
    """What can be filled in for this conversation, and what can be sent into it."""
    return _menu(conversation_id)


@pages.post("/contracts/chat/<uuid:conversation_id>/<uuid:contract_id>")
@require_permission(SEND)
def send_from_menu(conversation_id: uuid.UUID, contract_id: uuid.UUID) -> str | tuple[str, int]:
    """Send a contract by itself; the menu comes back saying what became of it."""
    client_id = request.form.get("client_id", type=uuid.UUID)
    if client_id is None:
        return _menu(conversation_id, error=_("This page is out of date: load it again and repeat.")), 422
    try:
        contract_chat.send_contract(conversation_id, contract_id, client_id=client_id)
    except (Conflict, Forbidden, InvalidPayload) as error:
        return _menu(conversation_id, error=error.message), 422
    return _menu(conversation_id, done=True)


def _menu(conversation_id: uuid.UUID, **told: Any) -> str:
    conversation = get_conversation(conversation_id)
    contact_id = uuid.UUID(str(conversation["contact"]["id"]))
    return render_template(
        "documents/pages/contract_chat_menu.html",
        conversation=conversation,
        contact_id=contact_id,
        contracts=[each for each in contract_chat.contracts_of(contact_id) if each.state in ("issued", "sent")],
        templates=templates.list_templates(state="active"),
        new_id=new_id,
        **told,
    )


def _fragment(template: str, **context: Any) -> Markup:
    # Slots render outside of this blueprint, so its words are handed over.
    return Markup(render_template(template, **words(), **context))  # noqa: S704 (our own template, autoescaped)


SLOTS = (
    SlotFragment("inbox.composer.actions", "contract", render=fill_action, permission=ISSUE),
    SlotFragment("inbox.sidebar", "contracts", render=contracts_panel, permission=VIEW, weight=110),
)
