"""Deals found: one, those of a person, and lists by key."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam, case, func, select

from ramal.api import NotFound, Page, page_by_key, session
from ramal.api import gettext as _
from ramal_crm.models import Deal

#: From so many hits on, newest first is read along quicker than they are sorted.
_MANY = 1000


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which deals a list shows. ``text``: words of the title and the customer, each as a beginning."""

    state: str | None = None
    pipeline_id: uuid.UUID | None = None
    stage_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None
    tag: str = ""
    text: str = ""


def get_deal(deal_id: uuid.UUID) -> Deal:
    """One. NotFound."""
    found: Deal | None = session.execute(select(Deal).where(Deal.id == deal_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such deal."))
    return found


def list_deals(search: Search, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    query = narrowed(select(Deal), search)
    if words := words_of(search.text):
        query = query.where(_has(words, search.state or ""))
    return page_by_key(query, ((Deal.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def narrowed(query: Select[Any], search: Search) -> Select[Any]:
    """What the search says, its text apart."""
    for name in ("state", "pipeline_id", "stage_id", "owner_id", "customer_id", "contact_id"):
        if (value := getattr(search, name)) is not None:
            query = query.where(getattr(Deal, name) == value)
    if tag := search.tag.strip().lower():
        query = query.where(Deal.tags.contains([tag]))
    return query


def _has(words: str, state: str) -> ColumnElement[bool]:
    """Few hits by their ids; many, as the condition itself, which the list then meets soon."""
    asked = func.to_tsquery("simple", func.ramal_unaccent(words))
    hits = func.plugin_crm.deal_hits(asked, state, _MANY, type_=ARRAY(Uuid))
    ids = session.execute(select(hits)).scalar_one()
    if ids is not None:
        return Deal.id == any_(bindparam(None, ids, ARRAY(Uuid)))
    # The planner takes words for rarer than they are and would sort all that have them; of a "case" it expects half.
    return case((Deal.search.bool_op("@@")(asked), True), else_=False)


def words_of(typed: str) -> str:
    """``casa az`` as ``casa:* & az:*``; nothing where there is no word."""
    return " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", typed)[:8])


def deals_of_contact(contact_id: uuid.UUID, states: Collection[str] = ("open",)) -> Sequence[Deal]:
    """A contact's deals in one of these states, newest first, 50 at most."""
    return _of(Deal.contact_id == contact_id, states)


def deals_of_customer(customer_id: uuid.UUID, states: Collection[str] = ("open",)) -> Sequence[Deal]:
    """A customer's deals in one of these states, newest first, 50 at most."""
    return _of(Deal.customer_id == customer_id, states)


def _of(condition: Any, states: Collection[str]) -> Sequence[Deal]:
    query = select(Deal).where(condition, Deal.state.in_(states)).order_by(Deal.id.desc()).limit(50)
    found: Sequence[Deal] = session.execute(query).scalars().all()
    return found
