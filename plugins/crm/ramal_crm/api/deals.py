"""Deals: opened, changed, moved, won and lost; their conversations."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, page_of, require_permission
from ramal_crm.models import Deal
from ramal_crm.permissions import DELETE, EDIT, VIEW
from ramal_crm.schemas import deal_examples as examples
from ramal_crm.schemas.deals import (
    DealChangeSchema,
    DealLinkSchema,
    DealListSchema,
    DealQuery,
    DealSchema,
    HistorySchema,
    LinkedListSchema,
    LoseSchema,
    MoveSchema,
    NewDealSchema,
    VersionSchema,
    WholeDealSchema,
)
from ramal_crm.services import deals

api = ApiBlueprint("deals", __name__, plugin="crm", description="Deals")
_ON_CARDS = (
    "id",
    "title",
    "stage_id",
    "amount",
    "customer_id",
    "contact_id",
    "owner_id",
    "expected_on",
    "tags",
    "version",
    "stage_since",
)
_OF_CARDS = ("customer", "contact", "owner", "stale_days", "activity", "overdue")
_FILTERS = ("state", "pipeline_id", "stage_id", "owner_id", "customer_id", "contact_id", "tag")


@api.get("/deals")
@require_permission(VIEW)
@api.arguments(DealQuery, location="query")
@api.response(200, page_of(DealSchema))
def list_deals(query: Mapping[str, Any]) -> Page:
    """Deals, newest first, by key; a text is looked for in titles and customers."""
    given = {name: query[name] for name in _FILTERS if name in query}
    search = deals.Search(text=query["q"], **given)
    return deals.list_deals(search, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/deals")
@require_permission(EDIT)
@api.arguments(NewDealSchema, example=examples.DEAL)
@api.response(201, WholeDealSchema)
def create_deal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Open a deal, at the top of its column. Send an ``Idempotency-Key`` to repeat safely."""
    return _whole(deals.create_deal(values))


@api.get("/deals/<uuid:deal_id>")
@require_permission(VIEW)
@api.response(200, WholeDealSchema)
def get_deal(deal_id: uuid.UUID) -> dict[str, Any]:
    """One deal with its items."""
    return _whole(deals.get_deal(deal_id))


@api.patch("/deals/<uuid:deal_id>")
@require_permission(EDIT)
@api.arguments(DealChangeSchema(partial=True), example=examples.DEAL_CHANGE)
@api.response(200, WholeDealSchema)
def change_deal(values: Mapping[str, Any], deal_id: uuid.UUID) -> dict[str, Any]:
    """Change what is given. 409 if somebody changed it since ``version``."""
    changes = {name: value for name, value in values.items() if name != "version"}
    return _whole(deals.change_deal(deal_id, changes, values.get("version")))


@api.delete("/deals/<uuid:deal_id>")
@require_permission(DELETE)
@api.response(204)
def delete_deal(deal_id: uuid.UUID) -> None:
    """Delete a deal with its items, history and notes."""
    deals.delete_deal(deal_id)


@api.post("/deals/<uuid:deal_id>/move")
@require_permission(EDIT)
@api.arguments(MoveSchema, example=examples.MOVE)
@api.response(200, DealSchema)
def move_deal(values: Mapping[str, Any], deal_id: uuid.UUID) -> Deal:
    """Put its card elsewhere on the board.

    409 if somebody changed it since ``version``: ``details.by`` says who, ``details.deal`` where it is now.
    """
    return deals.move_deal(deal_id, **values)


@api.post("/deals/<uuid:deal_id>/win")
@require_permission(EDIT)
@api.arguments(VersionSchema, example={})
@api.response(200, DealSchema)
def win_deal(values: Mapping[str, Any], deal_id: uuid.UUID) -> Deal:
    """The customer buys."""
    return deals.win(deal_id, values["version"])


@api.post("/deals/<uuid:deal_id>/lose")
@require_permission(EDIT)
@api.arguments(LoseSchema, example=examples.LOSE)
@api.response(200, DealSchema)
def lose_deal(values: Mapping[str, Any], deal_id: uuid.UUID) -> Deal:
    """The customer does not buy, and why."""
    return deals.lose(deal_id, **values)


@api.post("/deals/<uuid:deal_id>/reopen")
@require_permission(EDIT)
@api.arguments(VersionSchema, example={})
@api.response(200, DealSchema)
def reopen_deal(values: Mapping[str, Any], deal_id: uuid.UUID) -> Deal:
    """Back to the board. 409 if it is open."""
    return deals.reopen(deal_id, values["version"])


@api.get("/deals/<uuid:deal_id>/history")
@require_permission(VIEW)
@api.response(200, HistorySchema)
def get_history(deal_id: uuid.UUID) -> dict[str, Any]:
    """Its way through stages and states."""
    steps = deals.history_of(deals.get_deal(deal_id).id)
    return {"items": [{**_columns(step.change), **_stages(step)} for step in steps]}


@api.get("/deals/<uuid:deal_id>/conversations")
@require_permission(VIEW)
@api.response(200, LinkedListSchema)
def list_conversations(deal_id: uuid.UUID) -> dict[str, Any]:
    """The conversations in which it is talked about, those that the caller may see."""
    return {"items": deals.conversations_of(deals.get_deal(deal_id).id)}


@api.post("/deals/<uuid:deal_id>/conversations")
@require_permission(EDIT)
@api.arguments(DealLinkSchema)
@api.response(200, LinkedListSchema)
def link_conversation(values: Mapping[str, Any], deal_id: uuid.UUID) -> dict[str, Any]:
    """Link a conversation; twice is once."""
    deals.link_conversation(deal_id, values["conversation_id"])
    return {"items": deals.conversations_of(deal_id)}


@api.delete("/deals/<uuid:deal_id>/conversations/<uuid:conversation_id>")
@require_permission(EDIT)
@api.response(204)
def unlink_conversation(deal_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Unlink a conversation."""
    deals.unlink_conversation(deal_id, conversation_id)


@api.get("/conversations/<uuid:conversation_id>/deals")
@require_permission(VIEW)
@api.response(200, DealListSchema)
def list_deals_of_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """The deals that a conversation is linked with."""
    return {"items": deals.deals_of_conversation(conversation_id)}


def card_json(card: deals.Card) -> dict[str, Any]:
    """A card of the board."""
    deal = card.deal
    return {**{name: getattr(deal, name) for name in _ON_CARDS}, **{name: getattr(card, name) for name in _OF_CARDS}}


def _whole(deal: Deal) -> dict[str, Any]:
    items = [
        {**_columns(item), "total": deals.line_total(item.quantity, item.price, item.discount)}
        for item in deals.items_of(deal.id)
    ]
    return {**_columns(deal), "items": items}


def _stages(step: Any) -> dict[str, Any]:
    return {"from_stage": step.from_stage, "to_stage": step.to_stage}


def _columns(row: Any) -> dict[str, Any]:
    """A row's columns, the one for searching apart."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key != "search"}
