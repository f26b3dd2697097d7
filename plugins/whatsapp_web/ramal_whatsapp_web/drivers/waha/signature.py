"""Who may post to the webhook: HMAC-SHA512 over the bytes as they came.

Source: WAHA documentation, "Webhooks: HMAC authentication".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from ramal.api import SignatureInvalid, SignatureMissing, WebhookRequest

SIGNATURE_HEADER = "x-webhook-hmac"
ALGORITHM_HEADER = "x-webhook-hmac-algorithm"
_ALGORITHM = "sha512"


def sign(body: bytes, secret: str) -> str:
    """The value of ``X-Webhook-Hmac`` for ``body``."""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def verify_signature(request: WebhookRequest, secrets: Iterable[str]) -> None:
    """Accept a body that any of the secrets signed (several while one is being rotated).

    Raises SignatureMissing without the header, SignatureInvalid when no secret matches or another
    algorithm is named.
    """
    given = request.headers.get(SIGNATURE_HEADER, "").strip().lower()
    if not given:
        raise SignatureMissing("X-Webhook-Hmac is missing")
    if request.headers.get(ALGORITHM_HEADER, _ALGORITHM).strip().lower() != _ALGORITHM:
        raise SignatureInvalid("X-Webhook-Hmac-Algorithm is not sha512")
    matches = [
        hmac.compare_digest(sign(request.body, secret).encode(), given.encode("utf-8", "replace"))
        for secret in secrets
        if secret
    ]
    if not any(matches):
        raise SignatureInvalid("X-Webhook-Hmac does not match any secret")
