"""The inbox's page, and the places in it that plugins fill."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, render_template, request

from ramal.accounts.api.me import me_json
from ramal.accounts.schemas import MeSchema
from ramal.database.session import current_organization_id, system_transaction
from ramal.errors import NotFound
from ramal.events.sequencer import newest_position
from ramal.http import csrf, locale
from ramal.http.access import require_permission
from ramal.http.blueprint import PageBlueprint
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.inbox.info import ConversationInfo
from ramal.inbox.queries.conversations import conversation_data
from ramal.inbox.serialize import conversation_info
from ramal.plugins.slots import fragments, render_slot

pages = PageBlueprint("inbox", __name__, url_prefix="/inbox")

#: Slots of this screen that are about one conversation.
CONVERSATION_SLOTS = ("inbox.sidebar", "inbox.header", "inbox.composer.actions", "inbox.message.actions")
_OTHER_SLOTS = ("inbox.filters",)


@pages.get("")
@pages.get("/<uuid:conversation_id>")
@require_permission("conversation.read")
def inbox(conversation_id: uuid.UUID | None = None) -> str:
    """The page; the client loads list and thread by itself."""
    return render_template("inbox.html", inbox_config=_config(conversation_id))


@pages.get("/slots/<slot>")
@require_permission("conversation.read")
def slot(slot: str) -> Response:
    """What plugins put in one place, as an HTML fragment; ``?conversation=`` says about which."""
    if slot in CONVERSATION_SLOTS:
        conversation = _conversation()
        html = render_slot(slot, conversation=conversation, contact=conversation.contact)
    elif slot in _OTHER_SLOTS:
        html = render_slot(slot)
    else:
        raise NotFound(_("There is nothing here."))
    return Response(html, mimetype="text/html", headers={"Cache-Control": "no-store"})


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
        "slots": "/inbox/slots/{slot}?conversation={id}",
        "slot_names": [name for name in CONVERSATION_SLOTS if fragments(name)],
        "conversation": str(conversation_id) if conversation_id else None,
        "features": {},
    }


def _conversation() -> ConversationInfo:
    try:
        conversation_id = uuid.UUID(request.args.get("conversation", ""))
    except ValueError:
        raise NotFound(_("There is no such conversation.")) from None
    return conversation_info(conversation_data(conversation_id), current_organization_id())
