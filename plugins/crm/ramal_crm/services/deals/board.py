"""The board: columns with their totals, and the first cards of each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Select, func, lateral, select, true, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from ramal.api import contact_names, list_members, session, utcnow
from ramal_crm.models import Activity, Customer, Deal, Pipeline, Stage
from ramal_crm.services import pipelines
from ramal_crm.services.deals.finding import Search, get_deal, hits, narrowed, words_of

#: Cards of a column that are shown at once.
PAGE = 50
_EVERYTHING = Search()


@dataclass(frozen=True, slots=True)
class Card:
    """A deal as the board shows it."""

    deal: Deal
    customer: str
    contact: str
    owner: str
    stale_days: int
    activity: Activity | None
    #: Whether the activity should be done by now.
    overdue: bool = False

    @property
    def person(self) -> str:
        """Whom it is with."""
        return self.customer or self.contact


@dataclass(frozen=True, slots=True)
class Column:
    """A stage: all its deals counted, the first of them shown."""

    stage: Stage
    count: int
    total: Decimal
    cards: Sequence[Card]

    @property
    def has_more(self) -> bool:
        """Whether there are cards after these."""
        return self.count > len(self.cards)


@dataclass(frozen=True, slots=True)
class Board:
    """A pipeline, column by column."""

    pipeline: Pipeline
    columns: Sequence[Column]

    @property
    def total(self) -> Decimal:
        """What all open deals are worth."""
        return sum((column.total for column in self.columns), Decimal(0))


def board(pipeline: Pipeline, search: Search = _EVERYTHING) -> Board:
    """All columns of a pipeline, narrowed by the search's owner, tag and text."""
    stages = pipelines.stages_of(pipeline.id)
    sums = totals(pipeline.id, search)
    cards = _cards(session.execute(_first_of_each(pipeline.id, search)).scalars().all(), stages)
    of_stage: dict[uuid.UUID, list[Card]] = {}
    for card in cards:
        of_stage.setdefault(card.deal.stage_id, []).append(card)
    none = (0, Decimal(0))
    columns = [Column(stage, *sums.get(stage.id, none), of_stage.get(stage.id, [])) for stage in stages]
    return Board(pipeline, columns)


def more_cards(stage: Stage, after_id: uuid.UUID | None, search: Search = _EVERYTHING) -> Sequence[Card]:
    """The next cards of a column, after the one that was shown last; its place counts, wherever it is now."""
    query = _open(stage.pipeline_id, search).where(Deal.stage_id == stage.id)
    if after_id is not None:
        last = get_deal(after_id)
        query = query.where(tuple_(Deal.rank, Deal.id) > tuple_(last.rank, last.id))
    found = session.execute(query.order_by(Deal.rank, Deal.id).limit(PAGE)).scalars().all()
    return _cards(found, [stage])


def card_of(deal: Deal) -> Card:
    """One card."""
    return cards_of([deal])[0]


def cards_of(deals: Sequence[Deal]) -> Sequence[Card]:
    """Cards of deals from anywhere."""
    query = select(Stage).where(Stage.id.in_({deal.stage_id for deal in deals}))
    return _cards(deals, session.execute(query).scalars().all())


def shows(deal: Deal, search: Search) -> bool:
    """Whether a board that is narrowed so has this deal."""
    query = _open(deal.pipeline_id, search).with_only_columns(Deal.id).where(Deal.id == deal.id)
    return session.execute(query).first() is not None


def following(deal: Deal) -> uuid.UUID | None:
    """The card right below an open deal's."""
    query = select(Deal.id).where(
        Deal.pipeline_id == deal.pipeline_id,
        Deal.stage_id == deal.stage_id,
        Deal.state == "open",
        tuple_(Deal.rank, Deal.id) > tuple_(deal.rank, deal.id),
    )
    found: uuid.UUID | None = session.execute(query.order_by(Deal.rank, Deal.id).limit(1)).scalar_one_or_none()
    return found


def totals(pipeline_id: uuid.UUID, search: Search = _EVERYTHING) -> Mapping[uuid.UUID, tuple[int, Decimal]]:
    """stage → (deals, their worth), from the index alone unless the search narrows."""
    query = _open(pipeline_id, search).with_only_columns(Deal.stage_id, func.count(), func.sum(Deal.amount))
    rows = session.execute(query.group_by(Deal.stage_id))
    return {stage_id: (count, total) for stage_id, count, total in rows}


def _open(pipeline_id: uuid.UUID, search: Search) -> Select[Deal]:
    query = select(Deal).where(Deal.pipeline_id == pipeline_id, Deal.state == "open")
    query = narrowed(query, Search(owner_id=search.owner_id, tag=search.tag))
    words = words_of(search.text)
    return query.where(Deal.id.in_(hits(words, "open"))) if words else query


def _first_of_each(pipeline_id: uuid.UUID, search: Search) -> Select[Deal]:
    first = (
        _open(pipeline_id, search)
        .with_only_columns(Deal.id)
        .where(Deal.stage_id == Stage.id)
        .order_by(Deal.rank, Deal.id)
        .limit(PAGE)
        .correlate(Stage)
    )
    ids = lateral(first.subquery().select(), name="first")
    shown = aliased(Deal)
    return (
        select(shown)
        .select_from(Stage)
        .join(ids, true())
        .join(shown, shown.id == ids.c.id)
        .where(Stage.pipeline_id == pipeline_id, Stage.archived_at.is_(None))
        .order_by(shown.rank, shown.id)
    )


def _cards(deals: Sequence[Deal], stages: Iterable[Stage]) -> list[Card]:
    now = utcnow()
    patience = {stage.id: stage.stale_after for stage in stages}
    customers = _customer_names({deal.customer_id for deal in deals if deal.customer_id})
    contacts = contact_names({deal.contact_id for deal in deals if deal.contact_id})
    owners = {member.id: member.name for member in list_members()} if deals else {}
    activities = _next_activities([deal.id for deal in deals])
    return [
        Card(
            deal,
            customers.get(deal.customer_id, "") if deal.customer_id else "",
            contacts.get(deal.contact_id, "") if deal.contact_id else "",
            owners.get(deal.owner_id, "") if deal.owner_id else "",
            _stale_days(deal, patience.get(deal.stage_id), now),
            activity := activities.get(deal.id),
            activity is not None and activity.due_at < now,
        )
        for deal in deals
    ]


def _stale_days(deal: Deal, patience: int | None, now: datetime) -> int:
    """Days an open deal has been in its stage, once they are more than the stage allows; else 0."""
    if patience is None or deal.state != "open":
        return 0
    waited = now - deal.stage_since
    return waited.days if waited > timedelta(days=patience) else 0


def _customer_names(ids: set[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    if not ids:
        return {}
    query = select(Customer.id, Customer.name).where(Customer.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def _next_activities(deal_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Activity]:
    """deal → what has to be done first."""
    query = select(Activity).where(Activity.deal_id.in_(deal_ids), Activity.done_at.is_(None))
    query = query.ext(distinct_on(Activity.deal_id)).order_by(Activity.deal_id, Activity.due_at)
    return {row.deal_id: row for row in session.execute(query).scalars() if row.deal_id} if deal_ids else {}
