"""What an organization sets about the plugin."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema, Text
from ramal.api import lazy_gettext as _
from ramal_crm.services.cep import SERVICES


class CrmSettings(Schema):
    """On the plugin's settings page."""

    cep_services = fields.List(
        Text(validate=validate.Regexp(r"https?://\S*\{cep\}\S*", error=_("Write an address with {cep} in it."))),
        load_default=lambda: list(SERVICES),
        validate=validate.Length(max=5),
        metadata={
            "label": _("CEP services"),
            "description": _("Asked in this order, with {cep} for the digits; with none, addresses are typed."),
        },
    )
