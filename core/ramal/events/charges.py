"""Charging a plugin for the worker that died in its code."""

from __future__ import annotations

import logging
import uuid

from ramal.database.session import db
from ramal.events import jobs
from ramal.events.attempt import own_session
from ramal.events.failures import Failure, record_lost_try, suspend
from ramal.events.models import Event
from ramal.events.queue import COLUMNS
from ramal.i18n import gettext as _
from ramal.plugins.breadcrumb import Crumb

log = logging.getLogger(__name__)

KILLED = "it did not stop at its time limit, and its worker had to be killed"
DIED = "its worker died while it ran"


def charge(crumb: Crumb, *, killed: bool) -> None:
    """Note what the breadcrumb of a dead worker says. ``killed``: by its parent, for being stuck."""
    words = KILLED if killed else DIED
    log.error("%s: plugin %s in %s %s", words, crumb.plugin, crumb.kind, crumb.label)
    with own_session(uuid.UUID(crumb.organization_id)):
        if crumb.kind == "event":
            _charge_event(crumb, words, killed)
        elif crumb.kind == "job":
            jobs.fail(uuid.UUID(crumb.id), words)
        elif killed:
            # No row counts the tries of such a hook, and its caller would run into it again.
            suspend(crumb.plugin, _("It hung in %(hook)s, and its worker had to be killed.", hook=crumb.label))


def _charge_event(crumb: Crumb, words: str, killed: bool) -> None:
    event = db.session.execute(
        db.select(*COLUMNS).where(Event.id == uuid.UUID(crumb.id), Event.position.is_not(None))
    ).one_or_none()
    db.session.rollback()
    if event is not None:
        record_lost_try(Failure.said(event, crumb.plugin, words, timed_out=killed))
