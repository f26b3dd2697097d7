"""What the provider posts about a session: the fast way; the supervisor's looks are the sure one."""

from __future__ import annotations

from sqlalchemy import select

from ramal.api import ChannelInfo, SessionNews, session, utcnow
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.drivers.base import SessionStatus
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.names import KIND
from ramal_whatsapp_web.services import states

#: Pairing goes this way only: news that would lead back are late.
_LADDER = (State.CONNECTING, State.QRCODE, State.AUTHENTICATED, State.READY)


def take(channel: ChannelInfo, news: SessionNews) -> None:
    """Hook. Write down what is certainly newer than what we know, and look at the session at once in any case."""
    if channel.kind != KIND:
        return
    query = select(Session).where(Session.channel_id == channel.id).with_for_update()
    row: Session | None = session.scalars(query).one_or_none()
    if row is None or not row.wanted:
        return
    late = row.news_at is not None and news.occurred_at <= row.news_at
    if not late:
        row.news_at, row.news_state, row.news_reason = news.occurred_at, news.state[:20], (news.reason or "")[:60]
        if _leads_on(State(row.state), news.state):
            states.move(row, SessionStatus(State(news.state), news.reason), source="provider")
    ring(row)


def ring(row: Session) -> None:
    """Have the session looked at now: the supervisor's next round. No job, which would hold up those of others."""
    row.next_at = utcnow()


def _leads_on(here: State, to: str) -> bool:
    """Whether a step is one that only goes forward. What ends a session is first asked for: news may be late."""
    if to not in _LADDER or here not in _LADDER:
        return False
    return _LADDER.index(State(to)) > _LADDER.index(here)
