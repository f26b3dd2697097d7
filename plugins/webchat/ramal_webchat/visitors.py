"""Who a visitor is: a signed token in the site's own storage, and the site's word for a login."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from typing import Any

from flask import request

from ramal.api import ChannelContext, Forbidden, Unauthorized, new_id, sign, unsign
from ramal.api import gettext as _

#: Seconds a browser is remembered.
TOKEN_TTL = 180 * 24 * 3600
PURPOSE = "webchat-visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser, perhaps of a person the site knows (``external_id``, verified)."""

    id: str
    channel_id: str
    name: str | None = None
    external_id: str | None = None

    def token(self) -> str:
        """What the browser keeps; we can read it, it can't change it."""
        return sign(asdict(self), PURPOSE)


def start_session(context: ChannelContext, payload: dict[str, Any]) -> Visitor:
    """The visitor of an earlier token, or a new one; identified when the site vouches for them."""
    known = known_visitor(payload.get("token"), context)
    identity = payload.get("identity")
    if identity is None:
        return known or Visitor(str(new_id()), str(context.channel_id), payload.get("name"))
    check_identity(identity, context.settings.get("identity_secret", ""))
    if known and known.external_id not in (None, identity["id"]):
        known = None  # another person logged in on this browser: they get a history of their own
    return Visitor(
        known.id if known else str(new_id()),
        str(context.channel_id),
        identity.get("name") or (known.name if known else None),
        identity["id"],
    )


def check_identity(identity: dict[str, Any], secret: str) -> None:
    """``hash`` must be HMAC-SHA256(secret, id) in hexadecimal; Forbidden otherwise."""
    expected = hmac.new(secret.encode(), identity["id"].encode(), hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(expected, identity["hash"].lower()):
        raise Forbidden(_("The identity's hash does not match this channel's identity secret."))


def current_visitor(context: ChannelContext) -> Visitor:
    """The visitor whose token the request carries (``Authorization: Bearer``)."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    visitor = known_visitor(token, context) if scheme == "Bearer" else None
    if visitor is None:
        raise Unauthorized(_("Start a session first."))
    return visitor


def known_visitor(token: str | None, context: ChannelContext) -> Visitor | None:
    """The visitor of an earlier token of this channel; None if it is none, or too old."""
    payload = unsign(token, PURPOSE, TOKEN_TTL) if token else None
    if payload is None or payload["channel_id"] != str(context.channel_id):
        return None
    return Visitor(**payload)
