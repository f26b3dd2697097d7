"""Places of cards in a column: a card between two gets the mean of theirs, so that a move writes one row."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal, localcontext

from sqlalchemy import ColumnElement, and_, or_, select, text, tuple_

from ramal.api import NotFound, current_organization, session
from ramal.api import gettext as _
from ramal_crm.models import Deal, Stage

_STEP = Decimal(1)
_PLACES = Decimal(1).scaleb(-20)


def top_rank(stage: Stage) -> Decimal:
    """Before all others."""
    query = select(Deal.rank).where(*_in_column(stage)).order_by(Deal.rank, Deal.id).limit(1)
    first: Decimal | None = session.execute(query).scalar_one_or_none()
    return Decimal(0) if first is None else first - _STEP


def rank_beside(deal_id: uuid.UUID, stage: Stage, before_id: uuid.UUID | None, after_id: uuid.UUID | None) -> Decimal:
    """Right after ``after_id``, else right before ``before_id``; at the top if neither stands in this column (now).

    NotFound for one that does not exist at all.
    """
    neighbours = {neighbour for neighbour in (after_id, before_id) if neighbour is not None}
    if neighbours and neighbours - set(session.execute(select(Deal.id).where(Deal.id.in_(neighbours))).scalars()):
        raise NotFound(_("There is no such deal."))
    for anchor, is_after in _anchors(deal_id, stage, before_id, after_id):
        found = _between(deal_id, stage, anchor, is_after)
        # The last room may have been taken since `make_room`: equal ranks stand side by side, in the order of ids.
        return anchor[0] if found is None else found
    return top_rank(stage)


def make_room(deal_id: uuid.UUID, stage: Stage, before_id: uuid.UUID | None, after_id: uuid.UUID | None) -> None:
    """Spread the column's cards if there is no room where this one is to go. Before any deal is locked."""
    for anchor, is_after in _anchors(deal_id, stage, before_id, after_id):
        if _between(deal_id, stage, anchor, is_after) is None:
            _spread(deal_id, stage)
        return


def _anchors(
    deal_id: uuid.UUID, stage: Stage, before_id: uuid.UUID | None, after_id: uuid.UUID | None
) -> Iterator[tuple[tuple[Decimal, uuid.UUID], bool]]:
    """The neighbours that stand in this column, the first one counts; and whether the card goes after it."""
    for anchor_id, is_after in ((after_id, True), (before_id, False)):
        anchor = _anchor(stage, anchor_id)
        if anchor is not None and anchor_id != deal_id:
            yield anchor, is_after


def _anchor(stage: Stage, anchor_id: uuid.UUID | None) -> tuple[Decimal, uuid.UUID] | None:
    if anchor_id is None:
        return None
    query = select(Deal.rank, Deal.id).where(*_in_column(stage), Deal.id == anchor_id)
    row = session.execute(query).one_or_none()
    return (row.rank, row.id) if row else None


def _between(deal_id: uuid.UUID, stage: Stage, anchor: tuple[Decimal, uuid.UUID], is_after: bool) -> Decimal | None:
    """The mean of the anchor's rank and its neighbour's; None where there is no room left."""
    place = tuple_(Deal.rank, Deal.id)
    order = (Deal.rank, Deal.id) if is_after else (Deal.rank.desc(), Deal.id.desc())
    beyond = place > tuple_(*anchor) if is_after else place < tuple_(*anchor)
    query = select(Deal.rank).where(*_in_column(stage), beyond, Deal.id != deal_id).order_by(*order).limit(1)
    neighbour: Decimal | None = session.execute(query).scalar_one_or_none()
    if neighbour is None:
        return anchor[0] + (_STEP if is_after else -_STEP)
    with localcontext() as context:
        context.prec = 60
        mean = ((anchor[0] + neighbour) / 2).quantize(_PLACES)
    return None if mean in (anchor[0], neighbour) else mean


def _spread(deal_id: uuid.UUID, stage: Stage) -> None:
    """Give the cards of a column ranks a whole number apart again, in the order they have; the first keeps its own.

    They and the one that is moved are locked in the order of ids, as all do who lock several: two who spread, be it
    two columns between which they move cards, wait for each other at most.
    """
    session.flush()
    column = select(Deal.id).where(or_(Deal.id == deal_id, and_(*_in_column(stage)))).order_by(Deal.id)
    held = session.execute(column.with_for_update()).scalars().all()
    query = text(
        "update plugin_crm.deal set rank = placed.number"
        " from (select id, min(rank) over () + row_number() over (order by rank, id) - 1 as number"
        " from plugin_crm.deal where organization_id = :organization and stage_id = :stage and state = 'open') placed"
        " where deal.organization_id = :organization and deal.id = placed.id and deal.id = any(:held)"
    )
    session.execute(query, {"organization": current_organization(), "stage": stage.id, "held": list(held)})


def _in_column(stage: Stage) -> tuple[ColumnElement[bool], ...]:
    return (Deal.pipeline_id == stage.pipeline_id, Deal.stage_id == stage.id, Deal.state == "open")
