"""``session.status``: what became of the session."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from ramal.api import InboundItem, SessionNews
from ramal_whatsapp_web.drivers.base import SessionState
from ramal_whatsapp_web.drivers.waha.parse.event import Event
from ramal_whatsapp_web.drivers.waha.parse.ids import text
from ramal_whatsapp_web.drivers.waha.parse.people import dig
from ramal_whatsapp_web.drivers.waha.states import status_of

_BAD = frozenset({SessionState.LOGGED_OUT, SessionState.BANNED, SessionState.FAILED})
_WORRYING = frozenset({SessionState.ACTION_REQUIRED, SessionState.DISCONNECTED})


def parse_session(event: Event) -> Iterator[InboundItem]:
    """The state, its reason, and the account where it is named."""
    words = json.dumps([dig(event.payload, name) for name in ("data", "reason", "error", "message")], default=str)
    status = status_of(
        event.payload.get("status"),
        words,
        me=event.raw.get("me") or event.payload.get("me"),
        before=_before(event.payload.get("statuses")),
    )
    me = {"number": status.me.number, "name": status.me.name, "lid": status.me.lid} if status.me else None
    yield SessionNews(
        state=status.state.value,
        title=status.detail or status.state.value,
        key=f"session:{text(event.raw.get('id')) or event.fingerprint(event.payload, event.raw.get('timestamp'))}",
        occurred_at=event.time(),
        reason=status.reason,
        payload={"status": event.payload.get("status"), "me": me},
        level=_level(status.state),
    )


def _level(state: SessionState) -> Literal["info", "warning", "error"]:
    if state in _BAD:
        return "error"
    return "warning" if state in _WORRYING else "info"


def _before(statuses: Any) -> str | None:
    """The status before the present one, in the list of the latest ones."""
    if not isinstance(statuses, Sequence) or isinstance(statuses, str) or len(statuses) < 2:
        return None
    last = statuses[-2]
    return text(last.get("status")) if isinstance(last, Mapping) else text(last)
