"""Error answers in the Graph API's shape. Source: Meta, "Cloud API error codes"."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from werkzeug.wrappers import Response

#: code: (HTTP status, title)
TITLES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "Display name approval required"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "Message not sent to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business account, consumer account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "Business-scoped ids are not supported for this message"),
    131064: (400, "Spam rate limit hit"),
    132000: (400, "Template parameter count mismatch"),
    132001: (404, "Template does not exist"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    133004: (503, "Server temporarily unavailable"),
    133010: (400, "Phone number not registered"),
    133016: (400, "Account register deregister rate limit exceeded"),
}


@dataclass
class GraphRefusalError(Exception):
    """A refusal: ``code`` decides status and title, ``details`` is the sentence."""

    code: int
    details: str
    status: int | None = None
    subcode: int | None = None

    def error(self) -> dict[str, object]:
        """The ``error`` object of the answer."""
        title = TITLES.get(self.code, (400, "Unknown error"))[1]
        body: dict[str, object] = {
            "message": f"(#{self.code}) {title}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": secrets.token_urlsafe(8),
        }
        if self.subcode is not None:
            body["error_subcode"] = self.subcode
        return body

    def response(self) -> Response:
        """The HTTP answer."""
        status = self.status or TITLES.get(self.code, (400, ""))[0]
        return Response(json.dumps({"error": self.error()}), status, content_type="application/json")


def status_error(code: int) -> dict[str, object]:
    """An entry of ``errors`` in a ``failed`` status webhook."""
    title = TITLES.get(code, (400, "Unknown error"))[1]
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": f"{title} (simulated)"},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
