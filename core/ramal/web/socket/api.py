"""``/ws-ticket``: a key to the socket for clients that have no cookies."""

from __future__ import annotations

from flask import request
from marshmallow import fields

from ramal.accounts.tokens import hashed
from ramal.errors import Forbidden
from ramal.events.tickets import TTL, issue_member_ticket
from ramal.http.blueprint import ApiBlueprint, require_permission
from ramal.http.principal import current_principal
from ramal.http.schema import Schema
from ramal.i18n import gettext as _

api = ApiBlueprint("realtime", __name__, description="The socket")


class TicketSchema(Schema):
    """A ticket for ``/ws?ticket=…``."""

    ticket = fields.String(required=True, metadata={"example": "x0lqk3VHvB6u0WZ1VvK1b2mJw3k4h5s6"})
    expires_in = fields.Integer(required=True, metadata={"example": TTL, "description": "Seconds"})


@api.post("/ws-ticket")
@require_permission("conversation.read")
@api.response(200, TicketSchema)
def create_ticket() -> dict[str, object]:
    """Issue a ticket for the socket, good for one connection within 30 seconds."""
    principal = current_principal()
    if principal.organization_id is None:
        raise Forbidden(_("Choose an organization first."))
    token = None
    if principal.kind == "token":
        token = hashed(request.headers["Authorization"].partition(" ")[2])
    return {"ticket": issue_member_ticket(principal, token), "expires_in": TTL}
