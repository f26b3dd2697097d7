"""Places of cards in a column: a card between two gets the mean of theirs, so that a move writes one row."""

from __future__ import annotations

import uuid
from decimal import Decimal, localcontext

from sqlalchemy import ColumnElement, select, text, tuple_

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
    for anchor_id, is_after in ((after_id, True), (before_id, False)):
        anchor = _anchor(stage, anchor_id)
        if anchor is None or anchor_id == deal_id:
            continue
        found = _between(deal_id, stage, anchor, is_after)
        if found is None:
            _spread(stage)
            again = _anchor(stage, anchor_id)
            assert again is not None
            found = _between(deal_id, stage, again, is_after)
        assert found is not None
        return found
    return top_rank(stage)


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


def _spread(stage: Stage) -> None:
    """Give the cards of a column whole numbers again, in the order they have."""
    session.flush()
    query = text(
        "update plugin_crm.deal set rank = placed.number"
        " from (select id, row_number() over (order by rank, id) as number from plugin_crm.deal"
        " where organization_id = :organization and stage_id = :stage and state = 'open') placed"
        " where deal.organization_id = :organization and deal.id = placed.id"
    )
    session.execute(query, {"organization": current_organization(), "stage": stage.id})


def _in_column(stage: Stage) -> tuple[ColumnElement[bool], ...]:
    return (Deal.pipeline_id == stage.pipeline_id, Deal.stage_id == stage.id, Deal.state == "open")
