"""Leads and the rules that make them."""

from __future__ import annotations

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.models.leads import LEAD_STATES

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
