"""The plugin's places in the inbox: what can be sent, and what the contact owes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
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
from ramal_documents.permissions import SEND, VIEW
from ramal_documents.services import charges, chat
from ramal_documents.views.blueprint import pages, words


def send_action(conversation: ConversationInfo, **_rest: Any) -> Markup:
    """The button whose menu is fetched each time it opens."""
    return _fragment("documents/pages/chat_button.html", conversation=conversation)


def charges_panel(contact: ContactInfo, conversation: ConversationInfo, **_rest: Any) -> Markup:
    """The contact's charges."""
    found = chat.charges_of(contact.id)
    return _fragment("documents/pages/chat_panel.html", contact=contact, conversation=conversation, charges=found)


@pages.get("/chat/<uuid:conversation_id>")
@require_permission(SEND)
def chat_menu(conversation_id: uuid.UUID) -> str:
    """What can be sent into this conversation."""
    return _menu(conversation_id)


@pages.post("/chat/<uuid:conversation_id>/boleto/<uuid:boleto_id>")
@require_permission(SEND)
def send_boleto(conversation_id: uuid.UUID, boleto_id: uuid.UUID) -> str | tuple[str, int]:
    """Send one; the menu comes back saying what became of it."""
    part = "line" if request.form.get("part") == "line" else "pdf"
    anyhow = request.form.get("unregistered") == "1"
    return _sent(
        conversation_id,
        lambda client_id: chat.send_boleto(
            conversation_id, boleto_id, part=part, unregistered=anyhow, client_id=client_id
        ),
    )


@pages.post("/chat/<uuid:conversation_id>/pix/<uuid:pix_id>")
@require_permission(SEND)
def send_pix(conversation_id: uuid.UUID, pix_id: uuid.UUID) -> str | tuple[str, int]:
    """Send a PIX code."""
    return _sent(conversation_id, lambda client_id: chat.send_pix(conversation_id, pix_id, client_id=client_id))


def _sent(conversation_id: uuid.UUID, send: Callable[[uuid.UUID], Any]) -> str | tuple[str, int]:
    try:
        send(uuid.UUID(request.form.get("client_id", "")))
    except ValueError:
        return _menu(conversation_id, error=_("This page is out of date: load it again and repeat.")), 422
    except (Conflict, Forbidden, InvalidPayload) as error:
        return _menu(conversation_id, error=error.message), 422
    return _menu(conversation_id, done=True)


def _menu(conversation_id: uuid.UUID, **told: Any) -> str:
    conversation = get_conversation(conversation_id)
    contact_id = uuid.UUID(str(conversation["contact"]["id"]))
    return render_template(
        "documents/pages/chat_menu.html",
        conversation=conversation,
        contact_id=contact_id,
        charges=[charge for charge in chat.charges_of(contact_id) if charge.state in charges.OPEN],
        codes=chat.codes_of(contact_id),
        new_id=new_id,
        **told,
    )


def _fragment(template: str, **context: Any) -> Markup:
    # Slots render outside of this blueprint, so its words are handed over.
    return Markup(render_template(template, **words(), **context))  # noqa: S704 (our own template, autoescaped)


SLOTS = (
    SlotFragment("inbox.composer.actions", "send", render=send_action, permission=SEND),
    SlotFragment("inbox.sidebar", "charges", render=charges_panel, permission=VIEW),
)
