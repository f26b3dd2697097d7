"""PIX keys and codes."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_documents.schemas.fields import Money

_TYPES = ("cpf", "cnpj", "phone", "email", "evp")


class NewKeySchema(Schema):
    """A key of the organization; eleven bare digits need their type."""

    key = Text(required=True, validate=validate.Length(1, 100), metadata={"example": "financeiro@exemplo.com.br"})
    type = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(_TYPES), metadata={"example": "email"}
    )
    name = Text(required=True, metadata={"example": "Padaria Modelo", "description": "At most 25 characters"})
    city = Text(required=True, metadata={"example": "São Paulo", "description": "At most 15 characters"})
    postal_code = Text(load_default="", metadata={"example": "01000-000"})


class KeySchema(Schema):
    """A PIX key."""

    id = fields.UUID()
    type = fields.String(validate=validate.OneOf(_TYPES))
    key = fields.String()
    name = fields.String()
    city = fields.String()
    postal_code = fields.String()
    active = fields.Boolean()


class KeyListSchema(Schema):
    """All PIX keys."""

    items = fields.List(fields.Nested(KeySchema))


class KeySwitchSchema(Schema):
    """Whether new codes may be made with it."""

    active = fields.Boolean(required=True)


class NewPixSchema(Schema):
    """A static code by ``key_id``, or a dynamic one by the ``url`` that the bank gave, with ``name`` and ``city``."""

    key_id = fields.UUID(allow_none=True)
    url = Text(allow_none=True, metadata={"description": "Address of the charge, for a dynamic code"})
    name = Text(allow_none=True, metadata={"description": "Of whoever is paid, for a dynamic code"})
    city = Text(allow_none=True, metadata={"description": "Of whoever is paid, for a dynamic code"})
    single_use = fields.Boolean(load_default=True)
    amount = Money(allow_none=True, metadata={"example": "150.00", "description": "Left out, the payer decides it"})
    txid = Text(allow_none=True, metadata={"example": "PEDIDO118", "description": "Made up, if left out"})
    description = Text(allow_none=True, validate=validate.Length(max=72), metadata={"example": "Pedido 118"})
    contact_id = fields.UUID(allow_none=True)


class PixSchema(Schema):
    """A PIX code: ``code`` is the copy-and-paste text."""

    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(["static", "dynamic"]))
    code = fields.String(attribute="text")
    key_id = fields.UUID(allow_none=True)
    contact_id = fields.UUID(allow_none=True)
    amount = Money(allow_none=True)
    txid = fields.String(allow_none=True)
    description = fields.String()
    created_at = Timestamp()


class MadePixSchema(PixSchema):
    """A code by itself, with its QR code."""

    qr_svg = fields.String(metadata={"description": "The QR code as an SVG picture"})
    qr_png = fields.String(metadata={"description": "The QR code as a PNG picture, base64"})


class PixQuery(PageArguments):
    """Which codes."""

    contact_id = fields.UUID()
