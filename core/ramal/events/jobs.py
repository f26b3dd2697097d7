"""Background jobs: a row in PostgreSQL is the truth, RQ carries its id.

A job runs at least once: it has a lease, so that one whose worker died is taken up again, and it
must bear being repeated. Between tries it waits, twice as long each time.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from ramal.database.base import utcnow
from ramal.database.session import db, system_transaction, transaction
from ramal.errors import PluginError
from ramal.events import doorbell
from ramal.events.attempt import own_session
from ramal.events.models import Job
from ramal.plugins.breadcrumb import GRACE, Crumb, working_on
from ramal.plugins.contributions import JobType
from ramal.plugins.gate import plugin_active
from ramal.plugins.jobs import job_type
from ramal.plugins.limits import time_limit

log = logging.getLogger(__name__)

CORE = "core"
#: Seconds before the second try; doubled for each further one, up to an hour.
FIRST_DELAY, LONGEST_DELAY = 5, 3600
#: Seconds a lease lasts beyond the job's own limit.
LEASE_MARGIN = 30
#: A switched-off plugin's job is looked at again after this.
INACTIVE = timedelta(seconds=60)
ERROR_LENGTH = 2000

_core_jobs: dict[str, JobType] = {}


def register_job(name: str, function: Callable[..., Any], *, timeout: int = 60, max_attempts: int = 6) -> None:
    """Give a name to a job of the core's. ``timeout`` in seconds. Its name must be new."""
    if name in _core_jobs:
        raise ValueError(f"job {name!r} is registered twice")
    _core_jobs[name] = JobType(name, function, timeout, max_attempts)


def find_job_type(plugin: str, name: str) -> JobType:
    """The code behind a name; PluginError if there is none in this process."""
    if plugin != CORE:
        return job_type(plugin, name)
    if name not in _core_jobs:
        raise PluginError(f"the core has no job {name!r}")
    return _core_jobs[name]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A job that is ours until its lease runs out."""

    id: uuid.UUID
    plugin: str
    name: str
    arguments: dict[str, Any]
    attempts: int
    type: JobType


def run_job(job_id: str | uuid.UUID) -> None:
    """Run a job if it is due and nobody else does. Never raises: its row says how it went."""
    id_ = uuid.UUID(str(job_id))
    with system_transaction() as session:
        organization_id = session.execute(select(Job.organization_id).where(Job.id == id_)).scalar_one_or_none()
    if organization_id is None:
        log.info("job %s is gone", id_)
        return
    with own_session(organization_id):
        claim = _claim(id_)
    if claim is None:
        return
    error = _run(organization_id, claim)
    with own_session(organization_id):
        if error is None:
            _finish(claim)
        else:
            fail(claim.id, error, attempt=claim.attempts)


def _run(organization_id: uuid.UUID, claim: _Claim) -> str | None:
    """Run it in a session of its own, without a transaction. Answers the error, if any."""
    seconds = float(claim.type.timeout)
    crumb = Crumb("job", claim.plugin, str(organization_id), str(claim.id), claim.name)
    try:
        with own_session(organization_id), working_on(crumb, seconds), time_limit(seconds):
            claim.type.run(**claim.arguments)
    except Exception as error:
        log.warning("job %s %s of %s failed", claim.name, claim.id, claim.plugin, exc_info=True)
        return f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    return None


def _claim(job_id: uuid.UUID) -> _Claim | None:
    with transaction() as session:
        job = session.execute(
            db.select(Job).where(Job.id == job_id, _ready()).with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if job is None:
            return None
        if not _active(job):
            job.status, job.locked_until, job.run_at = "queued", None, utcnow() + INACTIVE
            return None
        if job.attempts >= job.max_attempts:
            _give_up(job, job.error or "its worker died every time")
            return None
        try:
            type_ = find_job_type(job.plugin, job.name)
        except PluginError as error:
            _give_up(job, f"no such job in this installation: {error}")
            return None
        job.status, job.attempts = "running", job.attempts + 1
        job.locked_until = utcnow() + timedelta(seconds=type_.timeout + GRACE + LEASE_MARGIN)
        return _Claim(job.id, job.plugin, job.name, dict(job.arguments), job.attempts, type_)


def _ready() -> Any:
    """Due and not leased to a living worker."""
    now = utcnow()
    return db.or_(
        db.and_(Job.status == "queued", Job.run_at <= now),
        db.and_(Job.status == "running", Job.locked_until < now),
    )


def _active(job: Job) -> bool:
    return job.plugin == CORE or plugin_active(job.organization_id, job.plugin)


def _finish(claim: _Claim) -> None:
    with transaction() as session:
        session.execute(
            db.update(Job)
            .where(Job.id == claim.id, Job.attempts == claim.attempts)
            .values(status="done", locked_until=None, error=None, finished_at=utcnow())
        )


def fail(job_id: uuid.UUID, error: str, *, attempt: int | None = None) -> None:
    """Note that a try failed, and plan the next. ``attempt``: only if that is still the latest."""
    with transaction() as session:
        job = session.execute(
            db.select(Job).where(Job.id == job_id, Job.status == "running").with_for_update()
        ).scalar_one_or_none()
        if job is None or (attempt is not None and job.attempts != attempt):
            return
        job.locked_until = None
        if job.attempts >= job.max_attempts:
            _give_up(job, error)
        else:
            job.status, job.error = "queued", error
            job.run_at = utcnow() + delay_after(job.attempts)


def delay_after(attempts: int) -> timedelta:
    """The pause after so many failed tries."""
    return timedelta(seconds=min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1)))


def _give_up(job: Job, error: str) -> None:
    log.error("job %s %s of %s is given up: %s", job.name, job.id, job.plugin, error)
    job.status, job.error, job.locked_until, job.finished_at = "failed", error, None, utcnow()


_DUE = text(
    "select id, attempts from job where (status = 'queued' and run_at <= now())"
    " or (status = 'running' and locked_until < now()) order by run_at limit 1000"
)


def due_jobs() -> list[tuple[uuid.UUID, int]]:
    """(id, attempts so far) of the jobs that may run now, the oldest first; 1,000 at most."""
    with system_transaction() as session:
        return [(row[0], row[1]) for row in session.execute(_DUE)]


def announce_due_jobs() -> int:
    """Ring for every job that is due. Answers how many there are."""
    due = due_jobs()
    for job_id, attempts in due:
        doorbell.ring_job(job_id, attempts)
    return len(due)
