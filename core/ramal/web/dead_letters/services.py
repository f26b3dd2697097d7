"""Use cases of dead letters: list, try again, discard."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, func, literal, select, union_all

from ramal.accounts.audit import audit
from ramal.database.base import utcnow
from ramal.database.session import after_commit, db, transaction
from ramal.errors import NotFound
from ramal.events import doorbell
from ramal.events.models import Event, Job, PluginDelivery
from ramal.http.pagination import Page
from ramal.i18n import gettext as _
from ramal.plugins.registry import find_record

STATES = ("dead", "waiting", "all")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """``kind`` event or job; ``state`` dead, or waiting for its next try at ``next_at``."""

    id: uuid.UUID
    kind: str
    name: str
    plugin: str
    conversation_id: uuid.UUID | None
    state: str
    attempts: int
    error: str | None
    failed_at: datetime | None
    next_at: datetime | None
    created_at: datetime

    @property
    def plugin_title(self) -> str:
        """As the Apps page calls it."""
        record = find_record(self.plugin)
        return str(record.manifest.title) if record else self.plugin


def list_dead_letters(*, state: str = "dead", plugin: str | None = None, page: int = 1, page_size: int = 20) -> Page:
    """What failed, the latest first."""
    letters = _letters()
    query = select(letters)
    if state != "all":
        query = query.where(letters.c.state == state)
    if plugin is not None:
        query = query.where(letters.c.plugin == plugin)
    total = db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    newest = query.order_by(letters.c.failed_at.desc().nulls_last(), letters.c.id)
    rows = db.session.execute(newest.limit(page_size).offset((page - 1) * page_size)).all()
    db.session.rollback()
    return Page([DeadLetter(*row) for row in rows], total=total)


def count_dead_letters() -> int:
    """How many rest; those that wait for their next try don't count."""
    return list_dead_letters(page_size=1).total or 0


def retry_dead_letter(id_: uuid.UUID) -> None:
    """Try it again now, with all its tries before it. NotFound."""
    with transaction():
        row = _find(id_)
        _retry(row)
        audit("dead_letter.retried", target=_target(row), after={"error": row.error})


def retry_all(plugin: str | None = None) -> int:
    """Try all dead ones again, or those of a plugin. How many."""
    with transaction() as session:
        events = select(PluginDelivery).where(PluginDelivery.status == "dead")
        jobs = select(Job).where(Job.status == "failed")
        if plugin is not None:
            events, jobs = events.where(PluginDelivery.plugin == plugin), jobs.where(Job.plugin == plugin)
        rows: list[Any] = [*session.execute(events).scalars(), *session.execute(jobs).scalars()]
        for row in rows:
            _retry(row)
        if rows:
            audit("dead_letter.all_retried", target=("plugin", plugin, plugin), after={"count": len(rows)})
    return len(rows)


def discard_dead_letter(id_: uuid.UUID) -> None:
    """Give it up: the plugin never gets it. NotFound."""
    with transaction() as session:
        row = _find(id_)
        audit("dead_letter.discarded", target=_target(row), before={"error": row.error})
        session.delete(row)


def _letters() -> Subquery:
    events = (
        select(
            PluginDelivery.id,
            literal("event").label("kind"),
            Event.type.label("name"),
            PluginDelivery.plugin,
            PluginDelivery.conversation_id,
            PluginDelivery.status.label("state"),
            PluginDelivery.attempts,
            PluginDelivery.error,
            PluginDelivery.failed_at,
            PluginDelivery.next_at,
            PluginDelivery.created_at,
        )
        .join(Event, Event.id == PluginDelivery.event_id)
        .where(PluginDelivery.attempts > 0)
    )
    jobs = select(
        Job.id,
        literal("job"),
        Job.name,
        Job.plugin,
        db.null(),
        literal("dead"),
        Job.attempts,
        Job.error,
        Job.finished_at,
        db.null(),
        Job.created_at,
    ).where(Job.status == "failed")
    return union_all(events, jobs).subquery()


def _find(id_: uuid.UUID) -> PluginDelivery | Job:
    session = db.session()
    event = select(PluginDelivery).where(PluginDelivery.id == id_, PluginDelivery.attempts > 0).with_for_update()
    job = select(Job).where(Job.id == id_, Job.status == "failed").with_for_update()
    row: PluginDelivery | Job | None = session.execute(event).scalar_one_or_none()
    row = row or session.execute(job).scalar_one_or_none()
    if row is None:
        raise NotFound(_("There is no such dead letter."))
    return row


def _retry(row: PluginDelivery | Job) -> None:
    row.attempts = 0
    if isinstance(row, Job):
        row.status, row.run_at, row.finished_at = "queued", utcnow(), None
        after_commit(lambda: doorbell.ring_job(row.id))
    else:
        row.status, row.next_at = "waiting", utcnow()
        after_commit(lambda: doorbell.ring("hooks"))


def _target(row: PluginDelivery | Job) -> tuple[str, uuid.UUID, str]:
    return ("job" if isinstance(row, Job) else "event", row.id, row.plugin)
