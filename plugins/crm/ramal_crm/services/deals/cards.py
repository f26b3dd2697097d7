"""Cards: deals as the board shows them, with whom, whose, and what has to be done next; a screenful in one query."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    lateral,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from ramal.api import contact_names, list_members, session, utcnow
from ramal_crm.models import Activity, Customer, Deal, Stage
from ramal_crm.services.deals.finding import Search, words_of

#: What a board is narrowed by: owner, tag, words.
Shape = tuple[bool, bool, bool]

#: What a card shows: the rest of so many rows would be read for nothing.
SHOWN = (
    Deal.id,
    Deal.pipeline_id,
    Deal.stage_id,
    Deal.title,
    Deal.customer_id,
    Deal.contact_id,
    Deal.owner_id,
    Deal.state,
    Deal.amount,
    Deal.expected_on,
    Deal.tags,
    Deal.version,
    Deal.stage_since,
    Deal.rank,
)


@dataclass(frozen=True, slots=True)
class NextActivity:
    """What has to be done first about a deal."""

    id: uuid.UUID
    type: str
    title: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A deal as the board shows it; ``deal`` has what :data:`SHOWN` names."""

    deal: Any
    customer: str
    contact: str
    owner: str
    stale_days: int
    activity: NextActivity | None
    #: Whether the activity should be done by now.
    overdue: bool = False
    #: Whether the customer is one.
    is_company: bool = False

    @property
    def person(self) -> str:
        """Whom it is with."""
        return self.customer or self.contact


def cards_of(ids: Collection[uuid.UUID], members: Sequence[Any] | None = None) -> list[Card]:
    """Cards of deals from anywhere, in the order of their columns."""
    return _made(_named(), {"ids": list(ids)}, members) if ids else []


def people_of(found: Collection[Deal]) -> dict[uuid.UUID, str]:
    """deal → whom it is with: its customer, or where it has none its contact."""
    customers = _customer_names({deal.customer_id for deal in found if deal.customer_id})
    ids = {deal.contact_id for deal in found if deal.contact_id and not deal.customer_id}
    contacts: dict[uuid.UUID | None, str] = dict(contact_names(ids).items())
    return {deal.id: customers.get(deal.customer_id) or contacts.get(deal.contact_id, "") for deal in found}


def first_of_each(
    pipeline_id: uuid.UUID, search: Search, most: int, members: Sequence[Any] | None = None
) -> list[Card]:
    """The first cards of all columns in use of a pipeline, as far as they fit the search."""
    return _made(_first(_shape(search)), {"pipeline": pipeline_id, "most": most, **_values(search)}, members)


def next_of(stage: Stage, search: Search, after: tuple[Decimal, uuid.UUID] | None, most: int) -> list[Card]:
    """The first cards of one column, or those after a place in it."""
    place = {"rank": after[0], "after": after[1]} if after else {}
    given = {"pipeline": stage.pipeline_id, "stage": stage.id, "most": most, **place, **_values(search)}
    return _made(_next(_shape(search), after is not None), given)


def is_on_board(deal: Deal, search: Search) -> bool:
    """Whether a board that is narrowed so has this deal."""
    query = _open(_shape(search)).with_only_columns(Deal.id).where(Deal.id == deal.id)
    return session.execute(query, {"pipeline": deal.pipeline_id, **_values(search)}).first() is not None


def _shape(search: Search) -> Shape:
    return search.owner_id is not None, bool(search.tag.strip()), bool(words_of(search.text))


def _values(search: Search) -> dict[str, Any]:
    return {"owner": search.owner_id, "tag": [search.tag.strip().lower()], "words": words_of(search.text)}


def _made(query: Select[Any], given: Mapping[str, Any], members: Sequence[Any] | None = None) -> list[Card]:
    rows = session.execute(query, given).all()
    if not rows:
        return []
    contacts = contact_names({row.contact_id for row in rows if row.contact_id})
    names = {member.id: member.name for member in (list_members() if members is None else members)}
    now = utcnow()
    return [_card(row, contacts, names, now) for row in rows]


# --- queries: built once for each way to narrow a board, which takes longer than most of them run -----------


@cache
def _named() -> Select[Any]:
    # An array is one value: an "in" would have its text made anew for each number of ids.
    found = select(*SHOWN).where(Deal.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).subquery("found")
    return _with_rest(found, select(found).select_from(found))


@cache
def _first(shape: Shape) -> Select[Any]:
    first = (
        _open(shape)
        .with_only_columns(*SHOWN)
        .where(Deal.stage_id == Stage.id)
        .order_by(Deal.rank, Deal.id)
        .limit(bindparam("most", type_=Integer))
        .correlate(Stage)
    )
    found = lateral(first.subquery().select(), name="found")
    query = select(found).select_from(Stage).join(found, true())
    return _with_rest(found, query.where(Stage.pipeline_id == bindparam("pipeline"), Stage.archived_at.is_(None)))


@cache
def _next(shape: Shape, is_after: bool) -> Select[Any]:
    query = _open(shape).with_only_columns(*SHOWN).where(Deal.stage_id == bindparam("stage"))
    if is_after:
        place = tuple_(bindparam("rank", type_=Deal.rank.type), bindparam("after", type_=Uuid))
        query = query.where(tuple_(Deal.rank, Deal.id) > place)
    found = query.order_by(Deal.rank, Deal.id).limit(bindparam("most", type_=Integer)).subquery("found")
    return _with_rest(found, select(found).select_from(found))


def _open(shape: Shape) -> Select[Any]:
    """Deals of a board. Words and tag as a "case": under row-level security neither could use its index anyway, and
    the planner, which takes them for rare, would rather sort the whole column than read along it."""
    has_owner, has_tag, has_words = shape
    query = select(Deal).where(Deal.pipeline_id == bindparam("pipeline"), Deal.state == "open")
    if has_owner:
        query = query.where(Deal.owner_id == bindparam("owner"))
    if has_tag:
        query = query.where(case((Deal.tags.contains(bindparam("tag", type_=JSONB)), True), else_=False))
    if has_words:
        asked = func.to_tsquery("simple", func.ramal_unaccent(bindparam("words", type_=Text)))
        query = query.where(case((Deal.search.bool_op("@@")(asked), True), else_=False))
    return query


def _with_rest(found: FromClause, query: Select[Any]) -> Select[Any]:
    """Customer, the stage's patience and the next activity beside each deal."""
    todo = (
        select(Activity.id, Activity.type, Activity.title, Activity.due_at)
        .where(Activity.deal_id == found.c.id, Activity.done_at.is_(None))
        .order_by(Activity.due_at)
        .limit(1)
        .correlate(found)
    )
    following = lateral(todo.subquery().select(), name="following")
    where = select(Stage.stale_after).where(Stage.id == found.c.stage_id).correlate(found).scalar_subquery()
    return (
        query.add_columns(
            Customer.name.label("customer"),
            Customer.kind.label("customer_kind"),
            where.label("stale_after"),
            following.c.id.label("activity_id"),
            following.c.type.label("activity_type"),
            following.c.title.label("activity_title"),
            following.c.due_at.label("due_at"),
        )
        .outerjoin(Customer, Customer.id == found.c.customer_id)
        .outerjoin(following, true())
        .order_by(found.c.rank, found.c.id)
    )


def _customer_names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID | None, str]:
    query = select(Customer.id, Customer.name).where(Customer.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)} if ids else {}


def _card(row: Any, contacts: Mapping[uuid.UUID, str], names: Mapping[uuid.UUID, str], now: datetime) -> Card:
    todo = None
    if row.activity_id is not None:
        todo = NextActivity(row.activity_id, row.activity_type, row.activity_title, row.due_at)
    return Card(
        row,
        row.customer or "",
        contacts.get(row.contact_id, ""),
        names.get(row.owner_id, ""),
        _stale_days(row, now),
        todo,
        todo is not None and todo.due_at < now,
        row.customer_kind == "company",
    )


def _stale_days(row: Any, now: datetime) -> int:
    """Days an open deal has been in its stage, once they are more than the stage allows; else 0."""
    if row.stale_after is None or row.state != "open":
        return 0
    waited: timedelta = now - row.stage_since
    return waited.days if waited > timedelta(days=row.stale_after) else 0
