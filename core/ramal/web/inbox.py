"""The inbox's page, and the places in it that plugins fill."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, render_template, request

from ramal.accounts.api.me import me_json
from ramal.accounts.schemas import MeSchema
from ramal.channels.services import list_channels
from ramal.database.session import current_organization_id, system_transaction
from ramal.errors import NotFound
from ramal.events.sequencer import newest_position
from ramal.http import csrf, locale
from ramal.http.access import require_permission
from ramal.http.blueprint import PageBlueprint
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.inbox.info import ConversationInfo, MessageInfo
from ramal.inbox.queries.conversations import conversation_data
from ramal.inbox.queries.messages import get_message
from ramal.inbox.serialize import conversation_info, message_info
from ramal.plugins.slots import fragments, render_slot

pages = PageBlueprint("inbox", __name__, url_prefix="/inbox")

#: Slots of this screen: about one conversation, about one message of it, about neither.
_CONVERSATION_SLOTS = ("inbox.sidebar", "inbox.header", "inbox.composer.actions")
_MESSAGE_SLOT, _FILTER_SLOT = "inbox.message.actions", "inbox.filters"
_SLOTS = (*_CONVERSATION_SLOTS, _MESSAGE_SLOT, _FILTER_SLOT)


@pages.get("")
@pages.get("/<uuid:conversation_id>")
@require_permission("conversation.read")
def inbox(conversation_id: uuid.UUID | None = None) -> str:
    """The page; the client loads list and thread by itself."""
    return render_template("inbox.html", inbox_config=_config(conversation_id))


@pages.get("/slots/<slot>")
@require_permission("conversation.read")
def slot(slot: str) -> Response:
    """What plugins put in one place, as an HTML fragment; ``?conversation=`` and ``&message=`` say about which."""
    if slot not in _SLOTS:
        raise NotFound(_("There is nothing here."))
    html = render_slot(slot, **_context(slot))
    return Response(html, mimetype="text/html", headers={"Cache-Control": "no-store"})


def _context(slot: str) -> dict[str, Any]:
    if slot == _FILTER_SLOT:
        return {}
    conversation = _conversation()
    about: dict[str, Any] = {"conversation": conversation, "contact": conversation.contact}
    return about | {"message": _message(conversation)} if slot == _MESSAGE_SLOT else about


def _config(conversation_id: uuid.UUID | None) -> dict[str, Any]:
    with system_transaction() as session:
        # First of all: what happens while the page is made is then sent again, not missed.
        position = newest_position(session)
    return {
        "me": MeSchema().dump(me_json(current_principal())),
        "locale": locale.current_locale(),
        "csrfCookie": csrf.COOKIE,
        "messages": locale.catalogue_url(),
        "position": position,
        "slots": "/inbox/slots/{slot}",
        "slot_names": [name for name in _SLOTS if fragments(name)],
        "conversation": str(conversation_id) if conversation_id else None,
        "connected": bool(list_channels()),
        "features": {},
    }


def _conversation() -> ConversationInfo:
    conversation_id = _id("conversation", _("There is no such conversation."))
    return conversation_info(conversation_data(conversation_id), current_organization_id())


def _message(conversation: ConversationInfo) -> MessageInfo:
    gone = _("There is no such message.")
    message = message_info(get_message(_id("message", gone)))
    if message.conversation_id != conversation.id:
        raise NotFound(gone)
    return message


def _id(name: str, otherwise: str) -> uuid.UUID:
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError:
        raise NotFound(otherwise) from None
