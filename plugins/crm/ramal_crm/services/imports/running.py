"""Importing the rows that were found good: chunk by chunk, each in one transaction with what became of its rows.

A worker that dies in the middle takes only its own chunk with it: customers and rows of that chunk are as if they had
never been. Whoever goes on begins with the rows that are not done yet, and two who go on at once stand in line for the
import's row.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ramal.api import (
    Conflict,
    NotFound,
    audit,
    current_locale,
    current_organization,
    enqueue,
    session,
    speaking,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm.models import ImportRow, ImportRun
from ramal_crm.services.actors import actor
from ramal_crm.services.imports import matching, writing
from ramal_crm.services.imports.checking import rules_of
from ramal_crm.services.imports.deciding import decide
from ramal_crm.services.imports.files import get_import, same_file_before, stands_still, target

IMPORT = "run_import"
CHUNK = 1_000
#: Seconds after which a job hands on to another: a lease that a dead machine left is over soon.
_SHIFT = 20.0
#: Times that a chunk may meet a document which somebody else gave a customer at the same moment.
_TRIES = 3
_TO_DO = ("create", "update")
#: What is read of a row: not its cells.
_NEEDED = ("id", "number", "action", "values", "errors", "customer_id", "done_at", "before", "version_after")


def start(run_id: uuid.UUID, *, skip_bad: bool, again: bool = False, seen: int | None = None) -> ImportRun:
    """Import the rows that make or change customers, or go on where it stopped.

    Conflict while rows are bad or duplicate unless ``skip_bad``, and for a file that was imported before unless
    ``again``. ``seen`` is the ``check_number`` of the dry run that was looked at: Conflict if there was another since.
    """
    with transaction():
        run = get_import(run_id, locked=True)
        going_on = run.state == "stopped" or (run.state == "running" and stands_still(run))
        if not going_on:
            if seen is not None and seen != run.check_number:
                raise Conflict(_("The rows were tried anew since you looked at them. Look again, then start."))
            _demand_checked(run, skip_bad=skip_bad, again=again)
            run.started_at, run.done = utcnow(), 0
        run.started_by, run.started_by_name = actor()[0], actor()[1][:120]
        run.state, run.error, run.moved_at = "running", "", utcnow()
        audit("crm.import.started", target=target(run), after={**run.counts, "skip_bad": skip_bad})
        enqueue(IMPORT, plugin="crm", run_id=str(run.id), language=current_locale())
    return run


def run_import(run_id: str, language: str) -> None:
    """Job. Imports chunks until there are none, or until its shift is over and another goes on."""
    in_shifts(IMPORT, uuid.UUID(run_id), language, _chunk_or_again)


def in_shifts(job: str, run_id: uuid.UUID, language: str, chunk: Callable[[uuid.UUID, int], int | None]) -> None:
    """Do chunks until there are none; ``chunk`` takes the number of the last row, and answers that of its own."""
    last, until = 0, time.monotonic() + _SHIFT
    with speaking(language):
        try:
            while (found := chunk(run_id, last)) is not None:
                last = found
                if time.monotonic() > until:
                    enqueue(job, plugin="crm", run_id=str(run_id), language=language)
                    return
        except (Conflict, NotFound) as error:
            _stop(run_id, error.message)


def one_at_a_time() -> None:
    """Hold back the organization's other imports until the transaction ends: two would not see each other's phones."""
    name = f"crm.import:{current_organization()}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def waiting(run_id: uuid.UUID, actions: Sequence[str], last: int, *, done: bool) -> Sequence[ImportRow]:
    """The next rows of these actions, to be done or undone: plain ones, that are written in one statement."""
    state = ImportRow.done_at.is_not(None) if done else ImportRow.done_at.is_(None)
    query = select(*(getattr(ImportRow, name) for name in _NEEDED)).where(
        ImportRow.run_id == run_id, ImportRow.action.in_(actions), ImportRow.number > last, state
    )
    found = session.execute(query.order_by(ImportRow.number).limit(CHUNK))
    return [cast(ImportRow, SimpleNamespace(**dict(zip(_NEEDED, row, strict=True)))) for row in found]


def _chunk_or_again(run_id: uuid.UUID, last: int) -> int | None:
    for left in reversed(range(_TRIES)):
        try:
            return _import_chunk(run_id, last)
        except IntegrityError as error:
            if "uq_customer_organization_id_document" not in str(error.orig) or not left:
                raise
    raise AssertionError("unreachable")


def _import_chunk(run_id: uuid.UUID, last: int) -> int | None:
    """Import the next rows; the number of the last one, None when there are no more."""
    with transaction():
        run = get_import(run_id, locked=True)
        if run.state != "running":
            return None
        found = waiting(run_id, _TO_DO, last, done=False)
        if not found:
            run.state, run.finished_at = "done", utcnow()
            return None
        one_at_a_time()
        rules = rules_of(run)
        # Anew: somebody may have made or changed one of these customers since the dry run.
        known = matching.look_up([row.values for row in found], rules.keys, lock=True)
        decided = [(row, decide(row.values, known, rules)) for row in found]
        was = Counter(row.action for row in found)
        now, is_ = utcnow(), Counter(decision.action for _row, decision in decided)
        for row, decision in decided:
            row.action, row.errors, row.done_at = decision.action, decision.errors, now
        writing.write(decided, known, writing.Author.of(run))
        writing.finish(found, ("action", "errors", "customer_id", "done_at", "before", "version_after"))
        run.counts = dict(Counter(run.counts) - was + is_)
        run.done += len(found)
        run.moved_at = now
    return found[-1].number


def _stop(run_id: uuid.UUID, sentence: str) -> None:
    with transaction():
        run = get_import(run_id, locked=True)
        if run.state == "running":
            run.state, run.error = "stopped", sentence[:500]


def _demand_checked(run: ImportRun, *, skip_bad: bool, again: bool) -> None:
    if run.state != "checked":
        raise Conflict(_("This import is not waiting to be started."), state=run.state)
    if not skip_bad and (run.counts.get("bad") or run.counts.get("duplicate")):
        raise Conflict(_("Some rows are bad or duplicate; mend them, or leave them out."), state=run.state)
    if not any(run.counts.get(action) for action in _TO_DO):
        raise Conflict(_("No row makes or changes a customer; there is nothing to import."), state=run.state)
    if not again and same_file_before(run) is not None:
        raise Conflict(_("This very file was imported before; say so if you want it again."), again=True)
