"""Looking after one session: ask or tell its provider, write down what that means, plan the next look.

Everything that is said to a provider in a session's name, but for messages, is said here, under its lease.
No transaction is open while the provider is asked.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ramal.api import NotFound, channel_context, get_channel, ngettext, note_on_channel, transaction, utcnow
from ramal.api import webhook_url as webhook_url_of
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.drivers.base import Driver, DriverCapability, Qr, SessionStatus
from ramal_whatsapp_web.drivers.base import SessionState as State
from ramal_whatsapp_web.errors import (
    HtmlAnswerError,
    NoAnswerError,
    ProviderError,
    RedirectedError,
    RefusedKeyError,
    SessionMissingError,
    SessionNotReadyError,
    UnreachableError,
    UnreadableAnswerError,
)
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.services import alarms, gaps, leases, liveness, states

log = structlog.get_logger(__name__)

#: Between two looks at a session, by its state.
LOOK = {
    State.READY: timedelta(seconds=30),
    State.QRCODE: timedelta(seconds=2),
    State.CONNECTING: timedelta(seconds=2),
    State.AUTHENTICATED: timedelta(seconds=2),
    State.ACTION_REQUIRED: timedelta(seconds=10),
}
#: The history is read again after this, for what was lost without anybody noticing.
RECONCILE = timedelta(minutes=10)
#: On its way to being ready for longer than this: it is stuck.
PATIENCE = timedelta(seconds=120)
#: Ready for as long as this: what happened before is over.
SETTLED = timedelta(seconds=60)
#: Seconds before the first and the later tries to connect again.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
#: News of an ending explain it for so long.
FRESH = timedelta(minutes=5)
_ENDED = (State.FAILED, State.LOGGED_OUT, State.BANNED)
#: With these a failed session is not restarted: a person must mend something first.
_NO_RESTART = frozenset({"key_refused", "conflict", "qr_timeout"})
_REASON_OF: dict[type[ProviderError], str] = {
    UnreachableError: "unreachable",
    UnreadableAnswerError: "unreadable",
    NoAnswerError: "no_answer",
    HtmlAnswerError: "html",
    RedirectedError: "redirected",
    SessionMissingError: "missing",
    SessionNotReadyError: "not_ready",
}


def backoff(attempts: int) -> timedelta:
    """The pause before the next try: doubled each time, 300 s at most, and never the same for two sessions."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts, 20))
    return timedelta(seconds=max(FIRST_PAUSE, pause * random.uniform(0.5, 1.0)))  # noqa: S311 - not a secret


def drive(session_id: str) -> None:
    """The supervisor's step: one look, unless somebody else is at it."""
    id_, owner = uuid.UUID(session_id), leases.new_owner()
    if not leases.take(id_, owner):
        return
    look = _Look(id_, owner)
    try:
        try:
            look.run()
        except leases.LeaseLost:
            raise
        except Exception:  # a mistake, ours or the driver's: once told, it is tried again more and more slowly
            log.exception("whatsapp_web.look_failed", session=session_id)
            look.failed()
    except leases.LeaseLost:
        log.warning("whatsapp_web.lease_lost", session=session_id)
    finally:
        leases.release(id_, owner)


def status_of(error: ProviderError) -> SessionStatus:
    """What an error of the provider's says about the session."""
    if isinstance(error, RefusedKeyError):
        return SessionStatus(State.FAILED, "key_refused", error.message)
    if error.provider_code == "ADDRESS_REFUSED":
        return SessionStatus(State.DISCONNECTED, "private", error.message)
    reason = next((word for kind, word in _REASON_OF.items() if isinstance(error, kind)), "provider")
    return SessionStatus(State.DISCONNECTED, reason, error.message)


@dataclass(frozen=True, slots=True)
class _Task:
    """What a person asked for, if anybody did, and what is to be done; both None: just look."""

    asked: str | None
    verb: str | None


@dataclass
class _Look:
    """One look at one session, by the holder of its lease."""

    session_id: uuid.UUID
    owner: str

    def run(self) -> None:
        with transaction():
            row = leases.hold(self.session_id, self.owner)
            try:
                channel = get_channel(row.channel_id)
            except NotFound:  # disconnected: there is nothing to look after
                row.wanted, row.wish, row.next_at = False, None, None
                return
            if not row.wanted and row.wish is None:
                row.next_at = None
                return
            task = _Task(row.wish, row.wish or _due_by_itself(row))
            driver, url = driver_of(channel_context(channel.id), self._keep_lease), webhook_url_of(channel)
        status, done = _asked(driver, task.verb, url)
        qr = _qr(driver) if status.state is State.QRCODE else None
        with transaction():
            row = leases.hold(self.session_id, self.owner)
            self._write(row, status, task, done, qr)
            ready = row.wanted and row.state == State.READY
        if ready:
            self._look_after(driver)

    def _keep_lease(self) -> None:
        leases.renew(self.session_id, self.owner)

    def failed(self) -> None:
        """Something that nobody foresaw came up: nothing is known of the session now."""
        with transaction():
            row = leases.hold(self.session_id, self.owner)
            states.move(row, SessionStatus(State.DISCONNECTED, "internal"), source="supervisor")
            row.gap_open = True
            _try_again(row, utcnow())

    def _write(self, row: Session, status: SessionStatus, task: _Task, done: bool, qr: Qr | None) -> None:
        now = utcnow()
        status = _stuck(row, _in_the_news(row, status), now)
        if done and task.verb == "logout":
            status = SessionStatus(State.LOGGED_OUT, "logged_out_here")
        elif done and task.verb == "stop":
            status = SessionStatus(State.DISCONNECTED, "exported" if row.exported_at else "stopped", me=status.me)
        states.move(row, status, source="supervisor")
        if row.state == State.QRCODE:
            _show(row, qr)
        if row.wish != task.asked:  # somebody asked for something else meanwhile
            row.next_at = now
        elif row.wish in ("stop", "logout") and not done:  # it must be told, however long that takes
            _try_again(row, now)
        else:
            row.wish = None
            _plan(row, now)

    # --- while it is ready ------------------------------------------------------------------------

    def _look_after(self, driver: Driver) -> None:
        reads = DriverCapability.HISTORY in driver.capabilities
        try:
            activity = driver.last_activity() if reads else None
        except ProviderError as error:
            self._lost(status_of(error))
            return
        with transaction():
            row = leases.hold(self.session_id, self.owner)
            channel, now = get_channel(row.channel_id), utcnow()
            if liveness.silent(row, activity, channel.last_delivery_at, now):
                states.move(row, SessionStatus(State.DISCONNECTED, "silent"), source="supervisor")
                row.gap_open, row.wish = True, row.wish or "restart"
                _try_again(row, now)
                return
            if row.activity_noticed_at is not None:
                row.next_at = min(row.next_at or now, now + liveness.GRACE)
            if row.ready_at is not None and now - row.ready_at >= SETTLED:
                row.attempts, row.restarted = 0, False
            alarms.check(row, int(driver.settings.get("ack_minutes") or 10), now)
            due = row.gap_open or (row.seen_until is not None and now - row.seen_until >= RECONCILE)
            since, channel_id = row.seen_until, row.channel_id
            due = due and row.activity_noticed_at is None
        if reads and due and since is not None:
            self._fill(driver, channel_id, since)

    def _fill(self, driver: Driver, channel_id: uuid.UUID, since: datetime) -> None:
        began = utcnow()
        try:
            filled = gaps.fill(driver, channel_id, since, self._keep_lease)
        except ProviderError as error:
            log.warning("whatsapp_web.history_failed", session=str(self.session_id), error=error.message)
            self._lost(status_of(error))
            return
        with transaction():
            row = leases.hold(self.session_id, self.owner)
            row.seen_until, row.gap_open = began, False
            if filled.new:
                title = ngettext(
                    "%(num)s message that had not come through was fetched from the history.",
                    "%(num)s messages that had not come through were fetched from the history.",
                    filled.new,
                )
                note_on_channel(channel_id, f"filled:{row.id}:{began.timestamp():.0f}", title)
                states.tell_screens(row)

    def _lost(self, status: SessionStatus) -> None:
        """It said it was ready, and then could not be asked: the gap stays open."""
        with transaction():
            row = leases.hold(self.session_id, self.owner)
            states.move(row, status, source="supervisor")
            _plan(row, utcnow())


def _due_by_itself(row: Session) -> str | None:
    """What is not running but should is started again."""
    if not row.wanted or row.state != State.DISCONNECTED:
        return None
    return "restart" if row.reason in ("silent", "stuck") else "start"


def _asked(driver: Driver, verb: str | None, url: str) -> tuple[SessionStatus, bool]:
    """What the provider says, and whether it did what it was told."""
    try:
        return _tell(driver, verb, url), True
    except ProviderError as error:
        return status_of(error), False


def _tell(driver: Driver, verb: str | None, url: str) -> SessionStatus:
    try:
        if verb == "start":
            status = driver.start(url)
            # What has failed does not begin anew by being started.
            return driver.restart() if status.state in _ENDED else status
        if verb == "restart":
            return driver.restart()
        if verb == "logout":
            driver.logout()
        return driver.stop() if verb in ("stop", "logout") else driver.status()
    except SessionMissingError:
        if verb in ("stop", "logout"):
            return SessionStatus(State.LOGGED_OUT if verb == "logout" else State.DISCONNECTED, "missing")
        # The provider lost it: it is set up again, and may have to be paired again.
        return driver.start(url)


def _qr(driver: Driver) -> Qr | None:
    try:
        return driver.qr()
    except ProviderError:  # the next look asks again
        return None


def hash_of(qr: Qr) -> str:
    """What tells one code from another without giving it away."""
    return hashlib.sha256(qr.value.encode()).hexdigest()


def _show(row: Session, qr: Qr | None) -> None:
    """Tell the screens when there is another code."""
    if qr is None:
        return
    found = hash_of(qr)
    if found != row.qr_hash:
        row.qr_hash, row.qr_expires_at, row.qr_left = found, qr.expires_at, qr.left
        states.tell_screens_of_qr(row)


def _in_the_news(row: Session, status: SessionStatus) -> SessionStatus:
    """A failure that does not say why: the news of it may have."""
    told = row.news_state in _ENDED and row.news_at is not None and utcnow() - row.news_at < FRESH
    if status.state is not State.FAILED or status.reason or not told:
        return status
    return SessionStatus(State(str(row.news_state)), row.news_reason or None, status.detail, status.me)


def _stuck(row: Session, status: SessionStatus, now: datetime) -> SessionStatus:
    on_its_way = status.state in (State.CONNECTING, State.AUTHENTICATED)
    if row.wanted and on_its_way and row.state == status.state and now - row.state_at > PATIENCE:
        return SessionStatus(State.DISCONNECTED, "stuck", status.detail)
    return status


def _plan(row: Session, now: datetime) -> None:
    """When to look next, and whether at all."""
    state = State(row.state)
    if not row.wanted or state in (State.LOGGED_OUT, State.BANNED):
        row.wanted, row.next_at = False, None
    elif state is State.DISCONNECTED:
        if row.reason == "conflict":
            row.wanted, row.next_at = False, None
        else:
            _try_again(row, now)
    elif state is State.FAILED:
        _plan_failed(row, now)
    else:
        row.next_at = now + LOOK[state]


def _plan_failed(row: Session, now: datetime) -> None:
    """One restart, and then a person."""
    if row.restarted or row.reason in _NO_RESTART or row.first_ready_at is None:
        row.wanted, row.next_at = False, None
        return
    row.restarted, row.wish = True, row.wish or "restart"
    _try_again(row, now)


def _try_again(row: Session, now: datetime) -> None:
    row.next_at = now + backoff(row.attempts)
    row.attempts += 1
