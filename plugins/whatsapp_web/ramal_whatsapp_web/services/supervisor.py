"""The supervisor: every second, whatever session is due is looked after; slow providers in threads of their own."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from flask import Flask, current_app
from sqlalchemy import func, or_, select

from ramal.api import list_channels, organizations_of_kind, own_session, session, transaction
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.names import KIND
from ramal_whatsapp_web.services import driving, latency

log = structlog.get_logger(__name__)

#: Seconds between two rounds, and between two times that old figures are forgotten.
ROUND, FORGET_EVERY = 1.0, 3600.0
#: Sessions looked after at the same time: those whose servers answer quickly, and those whose don't.
THREADS, SLOW_THREADS = 16, 8
#: Seconds: after a look that took longer, the session waits among the slow ones.
SLOW = 5.0

Place = tuple[uuid.UUID, uuid.UUID]


def run(stop: threading.Event) -> None:
    """The service: until ``stop`` is set. Another process that does the same does no harm: sessions have leases."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    rounds = 0
    with (
        ThreadPoolExecutor(THREADS, thread_name_prefix="whatsapp-web") as quick,
        ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="whatsapp-web-slow") as slow,
    ):
        lanes = Lanes(app, quick, slow)
        while not stop.is_set():
            for place in _due():
                lanes.look(place)
            if rounds % int(FORGET_EVERY / ROUND) == 0:
                _forget()
            rounds += 1
            stop.wait(ROUND)


@dataclass(frozen=True)
class Lanes:
    """Two lanes of threads: servers that take their time hold up only their like, never the other numbers."""

    app: Flask
    quick: Executor
    slow: Executor
    #: The latest look at each session, under way or done: how many seconds it took.
    _looks: dict[Place, Future[float]] = field(default_factory=dict)

    def look(self, place: Place) -> Future[float]:
        """Have the session looked after, unless somebody is at it."""
        latest = self._looks.get(place)
        if latest is None or latest.done():
            lane = self.slow if latest is not None and latest.result() > SLOW else self.quick
            self._looks[place] = latest = lane.submit(_drive, self.app, place)
        return latest


def _due() -> Iterator[Place]:
    """(organization, session) of all that are due; one organization's trouble is not another's."""
    for organization_id in _organizations():
        try:
            with own_session(organization_id):
                found = due_sessions()
        except Exception:
            log.exception("whatsapp_web.round_failed", organization=str(organization_id))
        else:
            yield from ((organization_id, session_id) for session_id in found)


def _organizations() -> list[uuid.UUID]:
    try:
        return organizations_of_kind(KIND)
    except Exception:  # PostgreSQL is away: the next round asks again
        log.exception("whatsapp_web.round_failed")
        return []


def due_sessions() -> list[uuid.UUID]:
    """The current organization's sessions whose time has come and that nobody is at, of channels that are in use."""
    with transaction():
        used = [channel.id for channel in list_channels() if channel.kind == KIND and channel.enabled]
        query = select(Session.id).where(
            Session.channel_id.in_(used),
            Session.next_at <= func.now(),
            or_(Session.lease_until.is_(None), Session.lease_until < func.now()),
        )
        return list(session.scalars(query))


def _drive(app: Flask, place: Place) -> float:
    """One look; how many seconds it took."""
    organization_id, session_id = place
    began = time.monotonic()
    try:
        with app.app_context(), own_session(organization_id):
            driving.drive(str(session_id))
    except Exception:
        log.exception("whatsapp_web.look_failed", session=str(session_id))
    return time.monotonic() - began


def _forget() -> None:
    for organization_id in _organizations():
        try:
            with own_session(organization_id):
                latency.forget_old()
        except Exception:
            log.exception("whatsapp_web.forget_failed", organization=str(organization_id))
