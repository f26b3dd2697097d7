"""Who may post to the webhook: the subscription handshake and the body's signature.

Source: Meta, "Webhooks: getting started" (verification requests, validating payloads).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from ramal.api import SignatureInvalid, SignatureMissing, WebhookAnswer, WebhookRequest

SIGNATURE_HEADER = "x-hub-signature-256"
_PREFIX = "sha256="


def sign(body: bytes, app_secret: str) -> str:
    """The value of ``X-Hub-Signature-256`` for ``body``: ``sha256=`` and the hex HMAC."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return _PREFIX + digest


def verify_signature(request: WebhookRequest, app_secrets: Iterable[str]) -> None:
    """Accept a body that any of the app's secrets signed (several while one is being rotated).

    Raises SignatureMissing without the header, SignatureInvalid when no secret matches. The HMAC
    is over the bytes as received: parsing and writing JSON again would change accents and emoji.
    """
    given = request.headers.get(SIGNATURE_HEADER, "").strip()
    if not given:
        raise SignatureMissing("X-Hub-Signature-256 is missing")
    matches = [
        hmac.compare_digest(sign(request.body, secret).encode(), given.lower().encode())
        for secret in app_secrets
        if secret
    ]
    if not any(matches):
        raise SignatureInvalid("X-Hub-Signature-256 does not match any app secret")


def answer_handshake(request: WebhookRequest, verify_token: str) -> WebhookAnswer:
    """Echo the challenge of a subscription request that knows our token, else 403.

    An empty ``verify_token`` never matches: a channel without one can't be subscribed by a guess.
    """
    given = request.query.get("hub.verify_token", "")
    subscribing = request.query.get("hub.mode") == "subscribe"
    known = bool(verify_token) and hmac.compare_digest(given.encode(), verify_token.encode())
    if not (subscribing and known):
        return WebhookAnswer(403, "Forbidden")
    return WebhookAnswer(200, request.query.get("hub.challenge", ""))
