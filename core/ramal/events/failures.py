"""What happens when a plugin fails an event: another try later, a dead letter, a suspension."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from ramal.database.base import utcnow
from ramal.database.session import current_organization_id, db, transaction
from ramal.events.models import Event, PluginDelivery
from ramal.events.queue import hold_bucket
from ramal.i18n import gettext as _
from ramal.plugins.gate import plugin_active
from ramal.plugins.limits import TimeLimitExceeded
from ramal.plugins.models import OrganizationPlugin
from ramal.plugins.services import suspend_plugin

log = logging.getLogger(__name__)

#: Seconds before each further try; after the last one the event is a dead letter.
DELAYS = (5, 30, 120, 600, 1800)
#: So much of a plugin's failures, still unresolved, within the window suspends it.
SUSPEND_AFTER = 10
#: A time limit costs everybody time, so fewer of them are borne.
SUSPEND_AFTER_TIMEOUTS = 3
WINDOW = timedelta(minutes=10)
ERROR_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Failure:
    """A plugin did not take an event."""

    event: Any
    plugin: str
    error: str
    timed_out: bool = False

    @classmethod
    def of(cls, event: Any, plugin: str, error: Exception) -> Self:
        """From what it raised."""
        words = f"{type(error).__name__}: {error}"
        return cls(event, plugin, words[:ERROR_LENGTH], isinstance(error, TimeLimitExceeded))

    @classmethod
    def said(cls, event: Any, plugin: str, error: str, *, timed_out: bool = False) -> Self:
        """In our own words."""
        return cls(event, plugin, error, timed_out)


def record_failure(failure: Failure) -> None:
    """Note it, plan the next try or none, and suspend the plugin if it fails too often."""
    log.warning("plugin %s failed event %s: %s", failure.plugin, failure.event.id, failure.error)
    with transaction() as session:
        row = session.execute(
            db.select(PluginDelivery)
            .where(PluginDelivery.event_id == failure.event.id, PluginDelivery.plugin == failure.plugin)
            .with_for_update()
        ).scalar_one_or_none()
        if row is None:
            row = PluginDelivery(
                event_id=failure.event.id,
                plugin=failure.plugin,
                conversation_id=failure.event.conversation_id,
                bucket=failure.event.bucket,
                position=failure.event.position,
                attempts=0,
            )
            session.add(row)
        _plan(row, failure)
        session.flush()
        suspend_if_failing(failure.plugin, failure.error)


def record_lost_try(failure: Failure) -> None:
    """Note a failure whose transaction, and with it the lock on its bucket, is gone already.

    Another process may have taken the event over in between. If the plugin has it by now there is nothing
    to note: a row would hand it over a second time.
    """
    with transaction() as session:
        hold_bucket(session, current_organization_id(), failure.event.bucket)
        if not _taken(failure):
            record_failure(failure)


def _taken(failure: Failure) -> bool:
    """Whether the event is handed over and nothing waits for this plugin."""
    waits = db.select(PluginDelivery.id).where(
        PluginDelivery.event_id == failure.event.id, PluginDelivery.plugin == failure.plugin
    )
    delivered = db.select(Event.id).where(Event.id == failure.event.id, Event.delivered_at.is_not(None))
    return bool(db.session.execute(db.select(db.and_(delivered.exists(), ~waits.exists()))).scalar_one())


def _plan(row: PluginDelivery, failure: Failure) -> None:
    row.attempts += 1
    row.error, row.timed_out, row.failed_at = failure.error, failure.timed_out, utcnow()
    if row.attempts > len(DELAYS):
        row.status, row.next_at = "dead", None
        release_next(row)
    else:
        row.status = "waiting"
        row.next_at = utcnow() + timedelta(seconds=DELAYS[row.attempts - 1])


def release_next(row: PluginDelivery) -> None:
    """The event behind this one, in its conversation and for its plugin, may go now."""
    if row.conversation_id is None:
        return
    session = db.session()
    session.flush()
    first = (
        db.select(PluginDelivery.id)
        .where(
            PluginDelivery.plugin == row.plugin,
            PluginDelivery.conversation_id == row.conversation_id,
            PluginDelivery.status == "waiting",
            PluginDelivery.id != row.id,
        )
        .order_by(PluginDelivery.position)
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        db.update(PluginDelivery)
        .where(PluginDelivery.id == first, PluginDelivery.next_at.is_(None))
        .values(next_at=utcnow())
        .execution_options(synchronize_session=False)
    )


def suspend_if_failing(plugin: str, error: str) -> None:
    """Suspend the plugin in this organization if it failed too often within the window, or since it was resumed."""
    changed = db.select(OrganizationPlugin.updated_at).where(OrganizationPlugin.plugin == plugin).scalar_subquery()
    recent = db.select(
        db.func.coalesce(db.func.sum(PluginDelivery.attempts), 0),
        db.func.coalesce(db.func.sum(PluginDelivery.attempts).filter(PluginDelivery.timed_out.is_(True)), 0),
    ).where(
        PluginDelivery.plugin == plugin,
        PluginDelivery.failed_at > db.func.greatest(utcnow() - WINDOW, changed),
    )
    failures, timeouts = db.session.execute(recent).one()
    if failures >= SUSPEND_AFTER or timeouts >= SUSPEND_AFTER_TIMEOUTS:
        suspend(plugin, _("It failed %(count)s times in ten minutes: %(error)s", count=failures, error=error))


def suspend(plugin: str, reason: str) -> None:
    """Stop calling the plugin in this organization until an admin lets it run again."""
    organization_id = current_organization_id()
    if plugin_active(organization_id, plugin):
        suspend_plugin(organization_id, plugin, reason)
