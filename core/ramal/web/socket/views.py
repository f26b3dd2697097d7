"""``/ws``: the login, then the socket.

A browser shows its cookies, and its Origin must be ours: any other site's page could make it
connect. Everybody else shows a ticket in the URL.
"""

from __future__ import annotations

from flask import Blueprint, current_app, g, request
from flask_sock import Sock
from simple_websocket import Server

from ramal.errors import Forbidden, Unauthorized
from ramal.events.hub import hub_of
from ramal.events.socket import Connection
from ramal.events.subscriber import Subscriber
from ramal.events.tickets import redeem
from ramal.http.csrf import same_origin
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _

blueprint = Blueprint("socket", __name__)
sock = Sock()

#: For flask-sock: bytes of one message, and seconds between pings.
SERVER_OPTIONS = {"max_message_size": 16 * 1024, "ping_interval": 25}


@blueprint.before_request
def _admit() -> None:
    """Before the handshake: whoever may not look gets an HTTP error and no socket."""
    ticket = request.args.get("ticket")
    g.subscriber = _by_cookies() if ticket is None else _by_ticket(ticket)


def _by_cookies() -> Subscriber:
    principal = current_principal()
    if not same_origin(request.headers.get("Origin", "")):
        raise Forbidden(_("This request came from another site."))
    if principal.organization_id is None:
        raise Forbidden(_("Choose an organization first."))
    return Subscriber(principal)


def _by_ticket(ticket: str) -> Subscriber:
    found = redeem(ticket)
    if found is None:
        raise Unauthorized(_("This ticket was used before, or is too old."))
    return Subscriber(found.principal, conversation_id=found.conversation_id, token_hash=found.token_hash)


@sock.route("/ws", bp=blueprint)  # type: ignore[untyped-decorator]
def realtime(ws: Server) -> None:
    """Serve the socket until it ends."""
    Connection(ws, hub_of(current_app._get_current_object()), g.subscriber).serve()  # type: ignore[attr-defined]  # noqa: SLF001
