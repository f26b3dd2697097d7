"""How many open deals each column has and what they are worth, whoever looks and however they narrow the board.

``DealSum`` keeps it (see there): the board reads some dozen rows of it instead of every open deal. Only words have to
be looked for; then the columns' first cards are found along the way.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text

from ramal.api import session
from ramal_crm.models import DealSum
from ramal_crm.services.deals.finding import Search, words_of

#: Up to so many hits, they are sorted into the columns; from there on, reading along the columns is quicker.
_FEW = 1000
_FOUND = """
    select * from plugin_crm.board_found(:pipeline, to_tsquery('simple', ramal_unaccent(:words)), :tag, :owner, :first)
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """``columns``: stage → (deals, their worth). ``first``: the ids of their first cards, where these are known."""

    columns: Mapping[uuid.UUID, tuple[int, Decimal]]
    first: Sequence[uuid.UUID] | None = None

    @property
    def total(self) -> Decimal:
        """What all of them are worth."""
        return sum((worth for _deals, worth in self.columns.values()), Decimal(0))


def sums(pipeline_id: uuid.UUID, search: Search, first: int = 0) -> Sums:
    """Of a pipeline's columns, narrowed by owner, tag and text; with up to ``first`` cards of each where it looks."""
    if words := words_of(search.text):
        return _found(pipeline_id, search, words, first)
    kept = _kept(pipeline_id, search)
    is_rare = bool(search.tag.strip()) and sum(deals for deals, _worth in kept.columns.values()) <= _FEW
    return _found(pipeline_id, search, None, first) if is_rare and first else kept


def _kept(pipeline_id: uuid.UUID, search: Search) -> Sums:
    query = select(DealSum.stage_id, func.sum(DealSum.deals), func.sum(DealSum.amount)).where(
        DealSum.pipeline_id == pipeline_id, DealSum.tag == search.tag.strip().lower()
    )
    if search.owner_id is not None:
        query = query.where(DealSum.owner_id == search.owner_id)
    rows = session.execute(query.group_by(DealSum.stage_id))
    return Sums({stage_id: (int(deals), worth) for stage_id, deals, worth in rows})


def _found(pipeline_id: uuid.UUID, search: Search, words: str | None, first: int) -> Sums:
    values: dict[str, Any] = {"pipeline": pipeline_id, "words": words, "owner": search.owner_id, "first": first}
    rows = session.execute(text(_FOUND), {**values, "tag": search.tag.strip().lower() or None}).all()
    columns = {row.stage_id: (int(row.deals), row.amount) for row in rows}
    return Sums(columns, [id_ for row in rows for id_ in row.ids] if first else None)
