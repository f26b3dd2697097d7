"""Cards: deals as the board shows them, with whom, whose, and what has to be done next; a screenful in one query."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import FromClause, Select, lateral, select, true

from ramal.api import contact_names, list_members, session, utcnow
from ramal_crm.models import Activity, Customer, Deal, Stage

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

    @property
    def person(self) -> str:
        """Whom it is with."""
        return self.customer or self.contact


def cards_of(ids: Collection[uuid.UUID], members: Sequence[Any] | None = None) -> list[Card]:
    """Cards of deals from anywhere, in the order of their columns."""
    if not ids:
        return []
    found = select(*SHOWN).where(Deal.id.in_(ids)).subquery("found")
    return made(_with_rest(found, select(found).select_from(found)), members)


def people_of(found: Collection[Deal]) -> dict[uuid.UUID, str]:
    """deal → whom it is with: its customer, or where it has none its contact."""
    customers = _customer_names({deal.customer_id for deal in found if deal.customer_id})
    contacts = contact_names({deal.contact_id for deal in found if deal.contact_id and not deal.customer_id})
    return {
        deal.id: customers[deal.customer_id] if deal.customer_id in customers else contacts.get(deal.contact_id, "")
        for deal in found
    }


def first_of_each(pipeline_id: uuid.UUID, narrowed: Select[Any], most: int) -> Select[Any]:
    """A select of the first cards of all columns in use; ``narrowed`` selects deals of the board."""
    first = (
        narrowed.with_only_columns(*SHOWN)
        .where(Deal.stage_id == Stage.id)
        .order_by(Deal.rank, Deal.id)
        .limit(most)
        .correlate(Stage)
    )
    found = lateral(first.subquery().select(), name="found")
    query = select(found).select_from(Stage).join(found, true())
    return _with_rest(found, query.where(Stage.pipeline_id == pipeline_id, Stage.archived_at.is_(None)))


def next_of(narrowed: Select[Any], most: int) -> Select[Any]:
    """A select of the first cards of one column."""
    found = narrowed.with_only_columns(*SHOWN).order_by(Deal.rank, Deal.id).limit(most).subquery("found")
    return _with_rest(found, select(found).select_from(found))


def made(query: Select[Any], members: Sequence[Any] | None = None) -> list[Card]:
    """The cards that a query of :func:`first_of_each` or :func:`next_of` finds."""
    rows = session.execute(query).all()
    if not rows:
        return []
    contacts = contact_names({row.contact_id for row in rows if row.contact_id})
    names = {member.id: member.name for member in (list_members() if members is None else members)}
    now = utcnow()
    return [_card(row, contacts, names, now) for row in rows]


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
    )


def _stale_days(row: Any, now: datetime) -> int:
    """Days an open deal has been in its stage, once they are more than the stage allows; else 0."""
    if row.stale_after is None or row.state != "open":
        return 0
    waited: timedelta = now - row.stage_since
    return waited.days if waited > timedelta(days=row.stale_after) else 0
