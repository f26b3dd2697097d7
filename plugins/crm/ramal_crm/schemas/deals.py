"""Deals, and the board."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from ramal.api import PageArguments, Schema, Text, Timestamp
from ramal_crm.models.deals import DEAL_STATES
from ramal_crm.schemas.money import Money
from ramal_crm.schemas.pipelines import PipelineSchema, StageSchema

_VERSION = {"example": 1, "description": "As last seen: 409 if somebody changed the deal since"}
_QUANTITY = validate.Range(Decimal(0), Decimal("999999999.999"), min_inclusive=False)


def _version(**options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(1, 2**31 - 1), metadata=_VERSION, **options)


class ItemFields(Schema):
    """A line of a deal; a product gives name and price where they are left out."""

    product_id = fields.UUID(allow_none=True)
    name = Text(validate=validate.Length(max=120), metadata={"example": "Cesta de café da manhã"})
    quantity = fields.Decimal(
        places=3,
        as_string=True,
        validate=_QUANTITY,
        # The bounds are told again as JSON numbers: a Decimal would be written as a text.
        metadata={"example": "2", "minimum": 0.001, "maximum": 999_999_999.999},
    )
    price = Money(metadata={"description": "Of one", "example": "149.90"})
    discount = fields.Decimal(
        places=2,
        as_string=True,
        validate=validate.Range(0, 100),
        metadata={"example": "10.00", "description": "Percent off the line"},
    )


class ItemSchema(ItemFields):
    """A line with its sum."""

    id = fields.UUID()
    total = Money()


class DealFields(Schema):
    """With whom, worth what, whose."""

    title = Text(required=True, validate=validate.Length(1, 160), metadata={"example": "Cestas para o Natal"})
    customer_id = fields.UUID(allow_none=True)
    contact_id = fields.UUID(allow_none=True)
    owner_id = fields.UUID(allow_none=True, metadata={"description": "A member; the caller, if left out of a new deal"})
    amount = Money(metadata={"description": "In reais; where there are items, it is their sum"})
    expected_on = fields.Date(allow_none=True, metadata={"example": "2026-12-20"})
    tags = fields.List(Text(validate=validate.Length(1, 30)), metadata={"example": ["natal"]})
    custom = fields.Dict(keys=fields.String(), metadata={"description": "By the keys of the custom fields of deals"})
    items = fields.List(fields.Nested(ItemFields), metadata={"description": "In the place of those that are there"})


class NewDealSchema(DealFields):
    """A deal to open, at the top of its column."""

    pipeline_id = fields.UUID(
        allow_none=True, metadata={"description": "Its first stage; the default one, if left out"}
    )
    stage_id = fields.UUID(allow_none=True)
    conversation_id = fields.UUID(allow_none=True, metadata={"description": "A conversation to link it with"})


class DealChangeSchema(DealFields):
    """What of a deal may change."""

    version = _version()


class DealSchema(Schema):
    """A deal, as lists show it."""

    id = fields.UUID()
    title = fields.String()
    pipeline_id = fields.UUID()
    stage_id = fields.UUID()
    state = fields.String(validate=validate.OneOf(DEAL_STATES), metadata={"example": "open"})
    amount = Money()
    customer_id = fields.UUID(allow_none=True)
    contact_id = fields.UUID(allow_none=True)
    owner_id = fields.UUID(allow_none=True)
    expected_on = fields.Date(allow_none=True)
    tags = fields.List(fields.String())
    custom = fields.Dict()
    version = fields.Integer(metadata=_VERSION)
    stage_since = Timestamp()
    closed_at = Timestamp(allow_none=True)
    loss_reason_id = fields.UUID(allow_none=True)
    loss_note = fields.String()
    updated_by_name = fields.String(metadata={"description": "Who changed it last"})
    updated_at = Timestamp()
    created_at = Timestamp()


class WholeDealSchema(DealSchema):
    """A deal with its items."""

    items = fields.List(fields.Nested(ItemSchema))


class DealQuery(PageArguments):
    """Which deals."""

    q = Text(
        load_default="",
        validate=validate.Length(max=120),
        metadata={"description": "Beginnings of words of the title or the customer"},
    )
    state = fields.String(validate=validate.OneOf(DEAL_STATES))
    pipeline_id = fields.UUID()
    stage_id = fields.UUID()
    owner_id = fields.UUID()
    customer_id = fields.UUID()
    contact_id = fields.UUID()
    tag = Text(load_default="", validate=validate.Length(max=30))


class VersionSchema(Schema):
    """As which version the caller saw it."""

    version = _version(load_default=None, allow_none=True)


class MoveSchema(Schema):
    """Where a card goes: into a stage, right after or right before another card, else to the top."""

    stage_id = fields.UUID(required=True)
    version = _version(required=True)
    after_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "The card above it then"})
    before_id = fields.UUID(load_default=None, allow_none=True, metadata={"description": "The card below it then"})


class LoseSchema(VersionSchema):
    """Why it was lost."""

    reason_id = fields.UUID(load_default=None, allow_none=True)
    note = Text(load_default="", validate=validate.Length(max=500), metadata={"example": "Fechou com o vizinho."})


class ChangeSchema(Schema):
    """One step of a deal's way."""

    id = fields.UUID()
    from_stage_id = fields.UUID(allow_none=True)
    from_stage = fields.String(allow_none=True)
    to_stage_id = fields.UUID()
    to_stage = fields.String()
    from_state = fields.String(allow_none=True)
    to_state = fields.String()
    amount = Money()
    reason = fields.String()
    actor_id = fields.UUID(allow_none=True)
    actor_name = fields.String()
    created_at = Timestamp()


class HistorySchema(Schema):
    """The last step first."""

    items = fields.List(fields.Nested(ChangeSchema))


class DealLinkSchema(Schema):
    """A conversation that belongs to a deal."""

    conversation_id = fields.UUID(required=True)


class LinkedSchema(Schema):
    """A linked conversation."""

    id = fields.UUID()
    status = fields.String()
    contact = fields.Dict()
    channel = fields.Dict()
    last_message_at = fields.String(allow_none=True)


class LinkedListSchema(Schema):
    """Those that the caller may see, the last linked first."""

    items = fields.List(fields.Nested(LinkedSchema))


class DealListSchema(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(DealSchema))


class NextActivitySchema(Schema):
    """What has to be done first."""

    id = fields.UUID()
    type = fields.String(metadata={"example": "call"})
    title = fields.String()
    due_at = Timestamp()


class CardSchema(Schema):
    """A deal as the board shows it."""

    id = fields.UUID()
    title = fields.String()
    stage_id = fields.UUID()
    amount = Money()
    customer_id = fields.UUID(allow_none=True)
    contact_id = fields.UUID(allow_none=True)
    owner_id = fields.UUID(allow_none=True)
    expected_on = fields.Date(allow_none=True)
    tags = fields.List(fields.String())
    version = fields.Integer(metadata=_VERSION)
    stage_since = Timestamp()
    customer = fields.String(metadata={"description": "The customer's name, or nothing"})
    contact = fields.String()
    owner = fields.String()
    stale_days = fields.Integer(
        metadata={"description": "Days in its stage, once they are more than it allows; else 0"}
    )
    activity = fields.Nested(NextActivitySchema, allow_none=True)
    overdue = fields.Boolean(metadata={"description": "Whether the activity should be done by now"})


class ColumnSchema(Schema):
    """A stage: all its deals counted, the first 8 of them shown."""

    stage = fields.Nested(StageSchema)
    count = fields.Integer()
    total = Money()
    cards = fields.List(fields.Nested(CardSchema))


class BoardSchema(Schema):
    """A pipeline, column by column."""

    pipeline = fields.Nested(PipelineSchema)
    total = Money()
    columns = fields.List(fields.Nested(ColumnSchema))


class BoardQuery(Schema):
    """Which cards."""

    q = Text(load_default="", validate=validate.Length(max=120))
    owner_id = fields.UUID()
    tag = Text(load_default="", validate=validate.Length(max=30))


class CardsQuery(BoardQuery):
    """The cards after one."""

    after_id = fields.UUID(
        load_default=None, metadata={"description": "The card that was shown last; from the top, if left out"}
    )


class CardListSchema(Schema):
    """From top to bottom, at most 25."""

    items = fields.List(fields.Nested(CardSchema))
