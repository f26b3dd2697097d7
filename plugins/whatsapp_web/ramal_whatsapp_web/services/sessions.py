"""The numbers: finding their sessions, adding one, changing what it is reached by."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ramal.api import (
    Forbidden,
    InvalidPayload,
    NotFound,
    Page,
    audit,
    channel_context,
    connect_channel,
    current_organization,
    current_user,
    get_channel,
    list_channels,
    new_id,
    page_by_key,
    session,
    transaction,
    update_channel,
    utcnow,
)
from ramal.api import gettext as _
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.drivers.base import DriverCapability, SessionStatus
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.models import Session, SessionChange
from ramal_whatsapp_web.names import KIND
from ramal_whatsapp_web.services import news, states


@dataclass(frozen=True, slots=True)
class Number:
    """A session with its channel (the core's row) and what its driver can do."""

    session: Session
    channel: Any
    capabilities: frozenset[DriverCapability]
    has_proxy: bool


def list_numbers() -> list[Number]:
    """All connected numbers, by name."""
    channels = [channel for channel in list_channels() if channel.kind == KIND]
    _ensure([channel.id for channel in channels])
    rows = {row.channel_id: row for row in session.scalars(select(Session))}
    return [_number(rows[channel.id], channel) for channel in channels]


def get_number(session_id: uuid.UUID) -> Number:
    """One number by its session. NotFound, also once its channel is disconnected."""
    row = session.get(Session, session_id)
    if row is None:
        raise _gone()
    return _number(row, _channel_of(row))


def number_of_channel(channel_id: uuid.UUID) -> Number:
    """The number behind a channel of this kind, with a session from now on. NotFound."""
    channel = get_channel(channel_id)
    if channel.kind != KIND:
        raise _gone()
    with transaction():
        _ensure([channel_id])
    return _number(session.scalars(select(Session).where(Session.channel_id == channel_id)).one(), channel)


def locked(session_id: uuid.UUID) -> Session:
    """The row until the open transaction ends. NotFound."""
    query = select(Session).where(Session.id == session_id).with_for_update()
    row: Session | None = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        raise _gone()
    _channel_of(row)
    return row


def add_number(name: str, settings: Mapping[str, Any], *, risk_accepted: bool) -> Number:
    """Connect a number and start its session: its QR code follows. InvalidPayload, by field."""
    demand_channels()
    if not risk_accepted:
        text = _("Say that you know the risk: WhatsApp may ban a number that is connected this way.")
        raise InvalidPayload(text, {"risk_accepted": [text]})
    with transaction():
        channel = connect_channel(KIND, name, settings)
        row = open_session(channel.id)
        start_now(row)
        audit("whatsapp_web.session.added", target=target(row, channel.name), after={"driver": settings.get("driver")})
    return _number(row, channel)


def open_session(channel_id: uuid.UUID) -> Session:
    """The session of a new channel, in the caller's transaction."""
    row = Session(channel_id=channel_id, reason="new")
    session.add(row)
    session.flush()
    return row


def start_now(row: Session, verb: str = "start") -> None:
    """Have it running, beginning at once; in the caller's transaction, the row locked or new."""
    row.wanted, row.wish = True, verb
    row.attempts, row.restarted, row.exported_at = 0, False, None
    states.remember_since(row)
    states.move(row, SessionStatus(State.CONNECTING), source="person")
    news.ring(row)


def change_settings(
    session_id: uuid.UUID, changes: Mapping[str, Any], action: str, *, forget: Collection[str] = ()
) -> Number:
    """Change some of the channel's settings (proxy, server, pace). InvalidPayload, by field.

    A running session is started anew where that is needed for them to count.
    """
    demand_channels()
    with transaction():
        row = locked(session_id)
        before = row.state
        channel = update_channel(row.channel_id, {}, changes, forget=forget)
        states.tell_channel(row)  # new settings alone connect nobody
        if row.wanted and action != "whatsapp_web.session.pacing_changed":
            start_now(row)
        audit(action, target=target(row, channel.name), before={"state": before}, after=_told(changes))
    return get_number(session_id)


def history_of(session_id: uuid.UUID, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Every state the session was in, newest first. NotFound."""
    get_number(session_id)
    query = select(SessionChange).where(SessionChange.session_id == session_id)
    columns = ((SessionChange.occurred_at, type(utcnow())), (SessionChange.id, uuid.UUID))
    return page_by_key(query, columns, cursor=cursor, page_size=page_size)


def demand_channels() -> None:
    """Who connects or changes a number here could do so in the settings of channels. Forbidden otherwise."""
    if not current_user().can("channel.manage"):
        raise Forbidden(_("Only those who may connect channels can do this."))


def target(row: Session, name: str) -> tuple[str, uuid.UUID, str]:
    """What an audit line is about."""
    return ("whatsapp_web.session", row.id, name)


def _ensure(channel_ids: Sequence[uuid.UUID]) -> None:
    """A channel that was connected in the core's own settings gets its session when it is first looked at."""
    known = set(session.scalars(select(Session.channel_id)))
    missing = [id_ for id_ in channel_ids if id_ not in known]
    if not missing:
        return
    rows = [{"id": new_id(), "organization_id": current_organization(), "channel_id": id_, "state": "disconnected",
             "reason": "new", "wanted": False, "attempts": 0, "restarted": False, "gap_open": False,
             "state_at": utcnow()} for id_ in missing]  # fmt: skip
    with transaction():
        session.execute(insert(Session).values(rows).on_conflict_do_nothing())
        for row in session.scalars(select(Session).where(Session.channel_id.in_(missing))):
            states.tell_channel(row)


def _number(row: Session, channel: Any) -> Number:
    context = channel_context(channel.id)
    return Number(row, channel, driver_of(context).capabilities, bool(context.settings.get("proxy")))


def _channel_of(row: Session) -> Any:
    try:
        return get_channel(row.channel_id)
    except NotFound:
        raise _gone() from None


def _gone() -> NotFound:
    return NotFound(_("There is no such WhatsApp number."))


def _told(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit may show: no secrets, and a proxy's address holds its password."""
    return {name: value for name, value in changes.items() if name not in ("api_key", "proxy")}
