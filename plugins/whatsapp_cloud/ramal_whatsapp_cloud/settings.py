"""What an organization enters to connect a number."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import Schema

DEFAULT_BASE_URL = "https://graph.facebook.com"
DEFAULT_API_VERSION = "v26.0"
#: Messages a second of a number that Meta has not raised; 1,000 after, 20 in coexistence.
DEFAULT_THROUGHPUT = 80

_ID = validate.Regexp(r"^\S{1,64}$")


class WhatsAppCloudSettings(Schema):
    """Where to find each of them: Meta for Developers > app > WhatsApp > API setup."""

    phone_number_id = fields.String(required=True, validate=_ID, metadata={"title": "Phone number ID", "order": 1})
    business_account_id = fields.String(load_default="", metadata={"title": "WhatsApp Business Account ID", "order": 2})
    access_token = fields.String(
        required=True,
        validate=validate.Length(min=1, max=1024),
        metadata={"title": "Access token", "secret": True, "order": 3},
    )
    app_secrets = fields.List(
        fields.String(validate=validate.Length(min=1, max=256)),
        required=True,
        validate=validate.Length(min=1, max=10),
        metadata={"title": "App secrets", "secret": True, "order": 4},
    )
    verify_token = fields.String(load_default="", metadata={"title": "Verify token", "secret": True, "order": 5})
    api_base_url = fields.URL(
        load_default=DEFAULT_BASE_URL,
        schemes={"http", "https"},
        require_tld=False,
        metadata={"title": "Graph API address", "advanced": True, "order": 6},
    )
    api_version = fields.String(
        load_default=DEFAULT_API_VERSION,
        validate=validate.Regexp(r"^v\d{1,3}\.\d{1,2}$"),
        metadata={"title": "Graph API version", "advanced": True, "order": 7},
    )
    throughput = fields.Integer(
        load_default=DEFAULT_THROUGHPUT,
        validate=validate.Range(min=1, max=1000),
        metadata={"title": "Messages per second", "advanced": True, "order": 8},
    )
