"""Copies of one pairing: two that run disconnect each other."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, func, select

from ramal.api import (
    Conflict,
    current_organization,
    list_channels,
    organizations_of_kind,
    own_session,
    session,
    transaction,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers.base import Me
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.names import KIND
from ramal_whatsapp_web.services import states


def refuse(pairing: uuid.UUID, me: Me) -> None:
    """Conflict if a copy is live in this installation, whosever it is, or the number in this organization.

    In the caller's transaction, for a copy that is to be made.
    """
    twin = Session.pairing_id == pairing
    if _any_live(pairing, twin if me.number is None else twin | (Session.me_number == me.number)):
        raise Conflict(_("The number %(number)s is connected here already.", number=me.number or me.name or ""))


def refuse_other(row: Session) -> None:
    """Conflict if another copy of this session is live in this installation, without a word on whose it is.

    In the caller's transaction.
    """
    if _any_live(row.pairing_id, (Session.pairing_id == row.pairing_id) & (Session.id != row.id)):
        raise Conflict(
            _(
                "A copy of this session runs in this installation, perhaps in another organization. Two copies "
                "disconnect each other: stop it or log it out there first, and then start this one."
            )
        )


def _any_live(pairing: uuid.UUID, here: ColumnElement[bool]) -> bool:
    """The lock lets one copy of a pairing in at a time. ``here`` are this organization's own that count."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{KIND}:{pairing}", 0))))
    live = _is_live(here)
    for organization_id in organizations_of_kind(KIND):
        if not live and organization_id != current_organization():
            with own_session(organization_id), transaction():
                live = _is_live(Session.pairing_id == pairing)
    return live


def _is_live(which: ColumnElement[bool]) -> bool:
    """One that the provider was not told yet to end (a wish) still runs; one whose channel was removed is gone."""
    alive = Session.wanted | Session.state.in_(states.ALIVE) | Session.wish.is_not(None)
    kept = Session.channel_id.in_([channel.id for channel in list_channels() if channel.kind == KIND])
    return session.scalar(select(Session.id).where(which, alive, kept).limit(1)) is not None
