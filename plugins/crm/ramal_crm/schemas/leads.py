"""Leads and the rules that make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal.api import gettext as _
from ramal_crm.models.customers import KINDS
from ramal_crm.models.leads import LEAD_STATES
from ramal_crm.schemas.money import Money

_SOURCE = {"example": "indicação", "description": "Where the lead came from"}


class LeadFields(Schema):
    """What may be changed while it is open."""

    owner_id = fields.UUID(allow_none=True, metadata={"description": "Whose lead it is"})
    source = Text(validate=validate.Length(max=60), metadata=_SOURCE)


class NewLeadSchema(LeadFields):
    """A lead opened by hand."""

    contact_id = fields.UUID(required=True)
    conversation_id = fields.UUID(allow_none=True)
    first_message = Text(
        validate=validate.Length(max=500), metadata={"example": "Quer um orçamento", "description": "What it is about"}
    )


class LeadSchema(LeadFields):
    """A lead: who, from where, and what became of it."""

    id = fields.UUID()
    contact_id = fields.UUID()
    contact_name = fields.String(metadata={"example": "Joana Prado"})
    conversation_id = fields.UUID(allow_none=True)
    channel_id = fields.UUID(allow_none=True)
    state = fields.String(validate=validate.OneOf(LEAD_STATES), metadata={"example": "open"})
    campaign = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={
            "description": "The advertisement that led here, as the channel told it",
            "example": {"source_id": "120210000000", "headline": "Pão quentinho em casa"},
        },
    )
    first_message = fields.String(metadata={"example": "Quanto custa?"})
    customer_id = fields.UUID(allow_none=True, metadata={"description": "Made or chosen when it was qualified"})
    deal_id = fields.UUID(allow_none=True)
    reason = fields.String(metadata={"description": "Why it was discarded"})
    created_at = Timestamp()
    closed_at = Timestamp(allow_none=True)


class LeadQuery(PageArguments):
    """Which leads."""

    state = fields.String(validate=validate.OneOf(LEAD_STATES), metadata={"description": "All, if left out"})
    owner_id = fields.UUID()
    channel_id = fields.UUID()
    contact_id = fields.UUID()
    source = Text(load_default="", validate=validate.Length(max=60), metadata=_SOURCE)
    q = Text(load_default="", validate=validate.Length(max=100), metadata={"description": "Name or phone"})


class DiscardSchema(Schema):
    """Why nothing will come of it."""

    reason = Text(required=True, validate=validate.Length(1, 500), metadata={"example": "É fornecedor"})


class QualifyDealSchema(Schema):
    """What is to be sold; title: the customer's name, stage: the first, unless they are given."""

    title = Text(validate=validate.Length(1, 160), metadata={"example": "Café da manhã para 40 pessoas"})
    amount = Money(validate=validate.Range(0), metadata={"example": "1234.56"})
    stage_id = fields.UUID(allow_none=True)
    pipeline_id = fields.UUID(allow_none=True)
    expected_on = fields.Date(allow_none=True, metadata={"example": "2026-12-10"})
    owner_id = fields.UUID(allow_none=True)


class QualifyAddressSchema(Schema):
    """Where the customer is."""

    postal_code = Text(metadata={"example": "01310-100", "description": "CEP"})
    street = Text(metadata={"example": "Avenida Paulista"})
    number = Text(metadata={"example": "1000"})
    complement = Text()
    district = Text(metadata={"example": "Bela Vista"})
    city = Text(metadata={"example": "São Paulo"})
    state = Text(metadata={"example": "SP"})


class QualifyCustomerSchema(Schema):
    """The facts of a new customer that are known by now."""

    kind = fields.String(
        validate=validate.OneOf(KINDS), metadata={"example": "company", "description": "Told by the document"}
    )
    name = Text(required=True, validate=validate.Length(1, 160), metadata={"example": "Padaria Modelo"})
    legal_name = Text(validate=validate.Length(max=160), metadata={"example": "Padaria Modelo Ltda."})
    document = Text(metadata={"example": "11.222.333/0001-81", "description": "CPF or CNPJ"})
    email = Text(metadata={"example": "compras@padaria.example"})
    phone = Text(metadata={"example": "+5511987654321"})
    owner_id = fields.UUID(allow_none=True)
    tags = fields.List(Text(), metadata={"example": ["atacado"]})
    custom = fields.Dict(keys=fields.String(), metadata={"description": "Own fields by key"})
    addresses = fields.List(fields.Nested(QualifyAddressSchema), validate=validate.Length(max=5))


class QualifySchema(Schema):
    """Who the lead is, and what may be sold to them."""

    customer_id = fields.UUID(allow_none=True, metadata={"description": "A known customer, instead of a new one"})
    customer = fields.Nested(QualifyCustomerSchema, allow_none=True, metadata={"description": "A new customer"})
    deal = fields.Nested(QualifyDealSchema, allow_none=True, metadata={"description": "Left out: no deal"})

    @validates_schema
    def _some_customer(self, data: Mapping[str, Any], **_options: Any) -> None:
        if data.get("customer_id") is None and data.get("customer") is None:
            message = _("Name a customer, or give the facts of a new one.")
            raise ValidationError(message, "customer_id")


class LeadRuleFields(Schema):
    """What a channel's first messages make."""

    active = fields.Boolean(metadata={"description": "Whether they make leads at all"})
    source = Text(
        validate=validate.Length(max=60), metadata={"example": "whatsapp", "description": "Empty: the channel's name"}
    )
    with_customers = fields.Boolean(metadata={"description": "Contacts who are customers already make one, too"})
    owner_id = fields.UUID(allow_none=True, metadata={"description": "Whose leads they are"})
    pipeline_id = fields.UUID(allow_none=True, metadata={"description": "Where their deals begin; none: the default"})


class LeadRuleInput(LeadRuleFields):
    """The rule of a channel, written anew."""

    channel_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "None: all channels without a rule of their own"}
    )


class LeadRuleSchema(LeadRuleFields):
    """A rule."""

    id = fields.UUID()
    channel_id = fields.UUID(allow_none=True)


class LeadRulesSchema(Schema):
    """All rules: one a channel at most, so in one piece."""

    items = fields.List(fields.Nested(LeadRuleSchema))
