"""Customers and what hangs on them."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.models.customers import KINDS

_KIND = validate.OneOf(KINDS)
_TAGS = {"example": ["vip", "atacado"]}


class AddressFields(Schema):
    """An address; unknown parts are empty."""

    label = Text(load_default="", validate=validate.Length(max=40), metadata={"example": "Sede"})
    postal_code = Text(load_default="", validate=validate.Length(max=10), metadata={"example": "01310-100"})
    street = Text(load_default="", validate=validate.Length(max=120), metadata={"example": "Avenida Paulista"})
    number = Text(load_default="", validate=validate.Length(max=20), metadata={"example": "1000"})
    complement = Text(load_default="", validate=validate.Length(max=60), metadata={"example": "conj. 12"})
    district = Text(load_default="", validate=validate.Length(max=60), metadata={"example": "Bela Vista"})
    city = Text(load_default="", validate=validate.Length(max=60), metadata={"example": "São Paulo"})
    state = Text(load_default="", validate=validate.Length(max=2), metadata={"example": "SP"})
    is_main = fields.Boolean(load_default=False)


class CustomerFields(Schema):
    """What may be said of a customer. Documents and phones come as people write them, and are kept tidy."""

    kind = fields.String(
        validate=_KIND, metadata={"example": "company", "description": "Left out: by the document; person without one"}
    )
    name = Text(validate=validate.Length(1, 160), metadata={"example": "Padaria Modelo"})
    legal_name = Text(validate=validate.Length(max=160), metadata={"example": "Padaria Modelo Ltda."})
    document = Text(
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={"example": "12.ABC.345/01DE-35", "description": "CPF or CNPJ; check digits are checked"},
    )
    state_registration = Text(validate=validate.Length(max=20), metadata={"description": "Inscrição estadual"})
    email = Text(allow_none=True, validate=validate.Length(max=254), metadata={"example": "contato@padaria.example"})
    phone = Text(allow_none=True, validate=validate.Length(max=40), metadata={"example": "+5511987654321"})
    birth_date = fields.Date(allow_none=True, metadata={"example": "1980-05-17"})
    website = Text(validate=validate.Length(max=200), metadata={"example": "https://padaria.example"})
    group_id = fields.UUID(allow_none=True)
    owner_id = fields.UUID(allow_none=True, metadata={"description": "The member who looks after the customer"})
    tags = fields.List(Text(validate=validate.Length(max=60)), validate=validate.Length(max=50), metadata=_TAGS)
    custom = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        metadata={"example": {}, "description": "Values of the organization's own fields, by key; null takes one away"},
    )


class NewCustomerSchema(CustomerFields):
    """A new customer."""

    name = Text(required=True, validate=validate.Length(1, 160), metadata={"example": "Padaria Modelo"})
    addresses = fields.List(
        fields.Nested(AddressFields), validate=validate.Length(max=20), metadata={"description": "The main one first"}
    )
    contact_ids = fields.List(fields.UUID(), validate=validate.Length(max=20))


class CustomerChangesSchema(CustomerFields):
    """Changes: what is left out stays."""

    addresses = fields.List(
        fields.Nested(AddressFields), validate=validate.Length(max=20), metadata={"description": "Replaces all of them"}
    )
    version = fields.Integer(metadata={"description": "The version that was seen: 409 where there is a newer one"})


class AddressSchema(AddressFields):
    """An address as it is kept."""

    id = fields.UUID()


class CustomerSchema(CustomerFields):
    """A customer, as lists show it."""

    id = fields.UUID()
    version = fields.Integer(metadata={"description": "Counts changes"})
    archived_at = Timestamp(allow_none=True)
    created_at = Timestamp()
    updated_at = Timestamp()


class LinkSchema(Schema):
    """A contact who writes for the customer."""

    contact_id = fields.UUID()
    name = fields.String(metadata={"example": "Ana Souza"})
    phone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    role = fields.String(metadata={"example": "sócia"})
    is_main = fields.Boolean()


class WholeCustomerSchema(CustomerSchema):
    """A customer with addresses and contacts."""

    addresses = fields.List(fields.Nested(AddressSchema))
    contacts = fields.List(fields.Nested(LinkSchema))


class CustomerQuery(PageArguments):
    """Which customers."""

    q = Text(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"description": "Beginnings of words of the name, or a document, an e-mail, a phone"},
    )
    kind = fields.String(load_default="", validate=validate.OneOf(("", *KINDS)))
    tag = Text(load_default="", validate=validate.Length(max=60), metadata={"example": "vip"})
    group_id = fields.UUID()
    owner_id = fields.UUID()
    contact_id = fields.UUID()
    archived = fields.Boolean(load_default=False)


class NewLinkSchema(Schema):
    """Who writes for the customer."""

    contact_id = fields.UUID(required=True)
    role = Text(load_default="", validate=validate.Length(max=60), metadata={"example": "financeiro"})
    is_main = fields.Boolean(load_default=False)


class MergeSchema(Schema):
    """Which customer goes into this one."""

    absorbed_customer_id = fields.UUID(required=True)


class NoteFields(Schema):
    """What somebody writes down."""

    body = Text(required=True, validate=validate.Length(1, 5000), metadata={"example": "Prefere boleto no dia 10."})


class NoteSchema(NoteFields):
    """A note."""

    id = fields.UUID()
    author_name = fields.String(metadata={"example": "Bia"})
    created_at = Timestamp()


class NoteQuery(PageArguments):
    """A page of notes."""


class CustomerFileSchema(Schema):
    """A file kept with a customer."""

    id = fields.UUID()
    filename = fields.String(metadata={"example": "proposta.pdf"})
    mime_type = fields.String(metadata={"example": "application/pdf"})
    size = fields.Integer(metadata={"description": "Bytes"})
    author_name = fields.String()
    created_at = Timestamp()


class FileLinkSchema(Schema):
    """Where a file's bytes are."""

    url = fields.String(metadata={"description": "Signed, good for an hour"})


class TimelineSchema(Schema):
    """A line of the timeline, in the caller's language."""

    id = fields.UUID()
    kind = fields.String(metadata={"example": "document.issued"})
    at = Timestamp()
    title = fields.String(metadata={"example": "Boleto emitido"})
    text = fields.String(metadata={"description": "What was written, of a note"})
    url = fields.String(metadata={"description": "Where it leads; empty: nowhere"})
    actor_name = fields.String()
    data = fields.Dict()


class TimelineQuery(PageArguments):
    """A page of a timeline."""

    kind = fields.List(
        fields.String(
            validate=validate.OneOf(
                (
                    "conversation",
                    "document",
                    "payment",
                    "note",
                    "file",
                    "deal",
                    "activity",
                    "lead",
                    "customer",
                    "contact",
                )
            )
        ),
        load_default=list,
        metadata={"description": "Only these"},
    )
