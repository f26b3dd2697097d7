"""What an admin decides about one site's chat."""

from __future__ import annotations

import re

from marshmallow import ValidationError, fields, validate

from ramal.api import Schema
from ramal.api import lazy_gettext as _

#: scheme://host or scheme://host:port, as browsers write it.
_ORIGIN = re.compile(r"https?://([a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?/?")


def _origin(value: str) -> None:
    if not _ORIGIN.fullmatch(value):
        raise ValidationError(str(_("Write an origin such as https://www.example.com, no path.")))


class WebChatSettings(Schema):
    """Settings of one connected site."""

    title = fields.String(
        load_default="",
        validate=validate.Length(max=60),
        metadata={"label": _("Title"), "help": _("Empty: the channel's name.")},
    )
    greeting = fields.String(
        load_default="",
        validate=validate.Length(max=300),
        metadata={"label": _("Greeting"), "multiline": True},
    )
    color = fields.String(
        load_default="#0b6e4f",
        validate=validate.Regexp(r"^#[0-9a-fA-F]{6}$"),
        metadata={"label": _("Colour"), "input": "color"},
    )
    allowed_origins = fields.List(
        fields.String(validate=_origin),
        load_default=list,
        metadata={
            "label": _("Allowed origins"),
            "help": _("Sites that may show the chat. Empty: only this installation's own pages."),
        },
    )
    identity_secret = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={
            "label": _("Identity secret"),
            "secret": True,
            "help": _("Your server signs a logged-in visitor's id with it: HMAC-SHA256, hexadecimal."),
        },
    )
    identified_only = fields.Boolean(load_default=False, metadata={"label": _("Only identified visitors may write")})
