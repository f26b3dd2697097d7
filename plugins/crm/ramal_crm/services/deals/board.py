"""The board: columns with their totals, and the first cards of each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select, tuple_

from ramal.api import list_members, session
from ramal_crm.models import Deal, Pipeline, Stage
from ramal_crm.services import pipelines
from ramal_crm.services.deals.cards import Card, cards_of, first_of_each, is_on_board, next_of
from ramal_crm.services.deals.finding import Search, get_deal
from ramal_crm.services.deals.sums import sums

#: Cards of a column that come with the board: a little more than fit a screen.
FIRST = 8
#: Cards that scrolling down a column brings at once.
PAGE = 25
_EVERYTHING = Search()


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
    """A pipeline, column by column; ``total`` is what all its open deals are worth."""

    pipeline: Pipeline
    columns: Sequence[Column]
    total: Decimal
    members: Sequence[Any]


def board(pipeline: Pipeline, search: Search = _EVERYTHING) -> Board:
    """All columns of a pipeline, narrowed by the search's owner, tag and text."""
    stages, members = pipelines.stages_of(pipeline.id), list_members()
    found = sums(pipeline.id, search, FIRST)
    if found.first is None:
        cards = first_of_each(pipeline.id, search, FIRST, members)
    else:
        cards = cards_of(found.first, members)
    of_stage: dict[uuid.UUID, list[Card]] = {}
    for card in cards:
        of_stage.setdefault(card.deal.stage_id, []).append(card)
    none = (0, Decimal(0))
    columns = [Column(stage, *found.columns.get(stage.id, none), of_stage.get(stage.id, [])) for stage in stages]
    return Board(pipeline, columns, found.total, members)


def more_cards(stage: Stage, after_id: uuid.UUID | None, search: Search = _EVERYTHING) -> Sequence[Card]:
    """The next cards of a column, after the one that was shown last; its place counts, wherever it is now."""
    if after_id is None:
        return next_of(stage, search, None, PAGE)
    last = get_deal(after_id)
    return next_of(stage, search, (last.rank, last.id), PAGE)


def card_of(deal: Deal) -> Card:
    """One card."""
    return cards_of([deal.id])[0]


def shows(deal: Deal, search: Search) -> bool:
    """Whether a board that is narrowed so has this deal."""
    return deal.state == "open" if search == _EVERYTHING else is_on_board(deal, search)


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
