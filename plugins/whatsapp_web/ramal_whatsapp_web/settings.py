"""What an organization enters to connect a number by QR code."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from ramal.api import Schema, gettext
from ramal.api import lazy_gettext as _

_SECRET_BYTES = 32


def new_webhook_secret() -> str:
    """A secret that the provider signs its webhooks with; made by us, never typed."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def check_proxy(value: str) -> None:
    """``http://user:password@host:port``; ValidationError with a sentence."""
    if not value:
        return
    try:
        parts = urlsplit(value)
        # As names are looked up: a host of nothing but signs that nobody sees is none.
        host = (parts.hostname or "").encode("idna").strip()
        complete = bool(parts.scheme in {"http", "https", "socks5"} and host and parts.port)
    except ValueError:
        complete = False
    if not complete:
        raise ValidationError(gettext("Write the proxy as http://user:password@host:port."))


def is_key(value: str) -> bool:
    """Whether a header can carry it as it is: ASCII that can be seen, nothing around it."""
    return value.isascii() and value.isprintable() and value == value.strip()


def check_key(value: str) -> None:
    """An API key as it was copied, not as a text program made it more beautiful; ValidationError with a sentence.

    For forms only: what is stored already must stay readable, and the client says what is wrong with it.
    """
    if not is_key(value):
        raise ValidationError(gettext("Copy the key anew: it has accents, spaces around it, or signs no key has."))


class WhatsAppWebSettings(Schema):
    """Settings of one number. Several numbers may share one server: each is a session there."""

    driver = fields.String(
        load_default="waha",
        validate=validate.OneOf(("waha", "simulator")),
        metadata={
            "label": _("Provider"),
            "description": _("The software that keeps the session with WhatsApp."),
        },
    )
    server_url = fields.URL(
        required=True,
        schemes={"http", "https"},
        require_tld=False,
        metadata={
            "label": _("Server address"),
            "description": _("Where the provider's API answers, such as https://waha.example.com."),
        },
    )
    api_key = fields.String(
        load_default="",
        validate=validate.Length(max=512),
        metadata={
            "label": _("API key"),
            "secret": True,
            "sent_to": "server_url",
            "description": _("The one the server was started with."),
        },
    )
    webhook_secrets = fields.List(
        fields.String(validate=validate.Length(min=16, max=256)),
        load_default=lambda: [new_webhook_secret()],
        validate=validate.Length(min=1, max=5),
        metadata={
            "label": _("Webhook secrets"),
            "secret": True,
            "description": _("Made by us. Several while one is being exchanged for another; the first one signs."),
        },
    )
    proxy = fields.String(
        load_default="",
        validate=[validate.Length(max=512), check_proxy],
        metadata={
            "label": _("Proxy"),
            "secret": True,
            "description": _("Through which this session reaches WhatsApp: http://user:password@host:port."),
        },
    )
