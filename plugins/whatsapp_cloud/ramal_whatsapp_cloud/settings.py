"""What an organization enters to connect a number, and where it finds each of them."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema
from ramal.api import lazy_gettext as _

DEFAULT_BASE_URL = "https://graph.facebook.com"
DEFAULT_API_VERSION = "v26.0"
#: Messages a second of a number that Meta has not raised; 1,000 after, 20 in coexistence.
DEFAULT_THROUGHPUT = 80

_ID = validate.Regexp(r"^\S{1,64}$")


class WhatsAppCloudSettings(Schema):
    """Settings of one connected number."""

    phone_number_id = fields.String(
        required=True,
        validate=_ID,
        metadata={
            "label": _("Phone number ID"),
            "description": _("Meta for Developers > your app > WhatsApp > API setup. Not the number itself."),
        },
    )
    business_account_id = fields.String(
        load_default="",
        validate=validate.Length(max=64),
        metadata={
            "label": _("WhatsApp Business Account ID"),
            "description": _("On the same page. News about the account are taken for this one only."),
        },
    )
    access_token = fields.String(
        required=True,
        validate=validate.Length(min=1, max=1024),
        metadata={
            "label": _("Access token"),
            "secret": True,
            "sent_to": "api_base_url",
            "description": _("Of a system user, so that it does not expire, with whatsapp_business_messaging."),
        },
    )
    app_secrets = fields.List(
        fields.String(validate=validate.Length(min=1, max=256)),
        required=True,
        validate=validate.Length(min=1, max=10),
        metadata={
            "label": _("App secrets"),
            "secret": True,
            "description": _("App settings > Basic. Several while one is being exchanged for another."),
        },
    )
    verify_token = fields.String(
        load_default="",
        validate=validate.Length(max=256),
        metadata={
            "label": _("Verify token"),
            "secret": True,
            "description": _("A word of your choice; enter the same one beside the webhook's address at Meta."),
        },
    )
    api_base_url = fields.URL(
        load_default=DEFAULT_BASE_URL,
        schemes={"http", "https"},
        require_tld=False,
        metadata={"label": _("Graph API address")},
    )
    api_version = fields.String(
        load_default=DEFAULT_API_VERSION,
        validate=validate.Regexp(r"^v\d{1,3}\.\d{1,2}$"),
        metadata={"label": _("Graph API version")},
    )
    throughput = fields.Integer(
        load_default=DEFAULT_THROUGHPUT,
        validate=validate.Range(min=1, max=1000),
        metadata={
            "label": _("Messages per second"),
            "description": _("80 unless Meta raised it; 20 for a number that is also used in the app."),
        },
    )
