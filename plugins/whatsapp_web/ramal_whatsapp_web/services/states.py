"""The state machine: what a session's state becomes, written once, and everybody who must know of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ramal.api import (
    current_user_or_none,
    emit_event,
    get_channel,
    lazy_gettext,
    new_id,
    note_on_channel,
    notify,
    session,
    set_channel_state,
    set_channel_status,
    utcnow,
)
from ramal_whatsapp_web import pacing
from ramal_whatsapp_web.drivers.base import Me, SessionStatus
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.events import QRCODE, SESSION
from ramal_whatsapp_web.models import Session, SessionChange
from ramal_whatsapp_web.names import EXPORTED
from ramal_whatsapp_web.notices import SESSION_DOWN
from ramal_whatsapp_web.permissions import MANAGE
from ramal_whatsapp_web.services import words

#: What each means to the channel: only "ready" lets messages out, so in all other states they wait.
CHANNEL_STATUS: Mapping[str, str] = {
    State.CONNECTING: "connecting",
    State.QRCODE: "connecting",
    State.AUTHENTICATED: "connecting",
    State.READY: "ready",
    State.DISCONNECTED: "disconnected",
    State.ACTION_REQUIRED: "needs_attention",
    State.LOGGED_OUT: "needs_attention",
    State.BANNED: "needs_attention",
    State.FAILED: "needs_attention",
}
#: In these a person must act: they are told.
NEEDS_HUMAN = frozenset({State.ACTION_REQUIRED, State.LOGGED_OUT, State.BANNED, State.FAILED})
#: In these it may be live somewhere.
ALIVE = frozenset({State.CONNECTING, State.QRCODE, State.AUTHENTICATED, State.READY})

_DETAIL, _NAME, _REASON = 500, 200, 60


def move(row: Session, status: SessionStatus, *, source: str) -> bool:
    """Write where the session stands, in the caller's transaction; the row must be locked. False if it stood there.

    ``source``: supervisor, provider or person.
    """
    # The provider's news may have been quicker: then only whose number it is was still missing on the screens.
    met = status.me is not None and _meet(row, status.me)
    reason = status.reason[:_REASON] if status.reason else None
    moved = (row.state, row.reason) != (status.state.value, reason)
    row.detail = status.detail[:_DETAIL] if status.detail else None
    if moved:
        now = utcnow()
        row.state, row.reason, row.state_at = status.state.value, reason, now
        session.add(_change(row, source, now))
        _enter(row, now)
    tell_channel(row)
    if moved or met:
        tell_screens(row)
    if moved and status.state in NEEDS_HUMAN:
        tell_people(row)
    return moved


def tell_channel(row: Session) -> None:
    """The channel's own status follows the session's; what is unchanged costs nothing."""
    state = State(row.state)
    detail = None if state is State.READY else words.sentence(row.state, row.reason, row.detail)
    set_channel_status(row.channel_id, CHANNEL_STATUS[state], detail)


def tell_screens(row: Session) -> None:
    """Open pages show it anew."""
    emit_event(SESSION, {"session_id": str(row.id), "channel_id": str(row.channel_id), "state": row.state})


def tell_screens_of_qr(row: Session) -> None:
    """Whoever is pairing sees the code that is valid now. The code itself is in no event."""
    expires = row.qr_expires_at.isoformat() if row.qr_expires_at else None
    data = {"session_id": str(row.id), "channel_id": str(row.channel_id), "expires_at": expires, "left": row.qr_left}
    emit_event(QRCODE, data)


def tell_people(row: Session) -> None:
    """Those who can mend it are told once, and the channel's log keeps it."""
    name = get_channel(row.channel_id).name
    mark = f"{row.id}:{row.state_at.timestamp():.0f}"
    what = words.sentence(row.state, row.reason, row.detail)
    note_on_channel(row.channel_id, f"session:{mark}", f"{words.title(row.state)}: {what}", level="error")
    notify(
        SESSION_DOWN,
        permission=MANAGE,
        title=lazy_gettext("The WhatsApp number %(name)s needs you", name=name),
        body=what,
        url=f"/p/whatsapp_web/sessions/{row.id}",
        key=f"down:{mark}",
    )


def _enter(row: Session, now: datetime) -> None:
    """What being in the new state brings with it."""
    if row.state == State.QRCODE:
        row.pairing_id = new_id()
    if row.state != State.QRCODE:
        row.qr_hash = row.qr_expires_at = row.qr_left = None
    if row.state != State.READY:
        # Whatever arrives from here on is to be fetched once it is back.
        row.gap_open = row.gap_open or row.seen_until is not None
        return
    row.ready_at = now
    row.activity_at = row.activity_noticed_at = row.quiet_until = row.last_probe_at = None
    if row.seen_until is None:
        # Old conversations of the phone are not ours: what comes from now on is.
        row.seen_until = now
    if row.first_ready_at is None:
        row.first_ready_at = now
    remember_since(row)


def remember_since(row: Session) -> None:
    """What calls about the channel have to know: the pace grows with the days since then; and where it lives."""
    since = {pacing.SINCE: row.first_ready_at.isoformat()} if row.first_ready_at is not None else {}
    set_channel_state(row.channel_id, since | ({EXPORTED: True} if row.exported_at is not None else {}))


def _meet(row: Session, me: Me) -> bool:
    """Write down whose number it is; whether that was news."""
    before = (row.me_number, row.me_name, row.me_lid)
    row.me_number = me.number[:40] if me.number else row.me_number
    row.me_name = me.name[:_NAME] if me.name else row.me_name
    row.me_lid = me.lid[:60] if me.lid else row.me_lid
    return before != (row.me_number, row.me_name, row.me_lid)


def _change(row: Session, source: str, now: datetime) -> SessionChange:
    user = current_user_or_none() if source == "person" else None
    return SessionChange(
        session_id=row.id,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        source=source,
        actor_name=user.name if user else None,
        occurred_at=now,
    )
