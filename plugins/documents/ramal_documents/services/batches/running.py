"""Issuing the good rows: chunk by chunk, each in one transaction with its numbers, its boletos and what became of it.

A worker that dies in the middle takes only its own chunk with it: numbers, boletos and rows of that chunk are as if
they had never been. Whoever goes on begins with the rows that have no boleto yet, and two who go on at once stand in
line for the batch's row.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    audit,
    current_locale,
    enqueue,
    session,
    speaking,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_documents import dates
from ramal_documents.models import Batch, BatchRow, Charge
from ramal_documents.services.actors import actor
from ramal_documents.services.batches import rows
from ramal_documents.services.batches.files import get_batch, same_file_before, stands_still, target
from ramal_documents.services.bulk import issue_many
from ramal_documents.services.charges import open_account
from ramal_documents.services.numbering import limit_of

ISSUE = "issue_batch"
_CHUNK = 100
#: Seconds after which a job hands on to another: a lease that a dead machine left is over soon.
_SHIFT = 20.0
#: Times that a chunk may meet a number which another account gave at the same moment.
_TRIES = 3


def start(batch_id: uuid.UUID, *, skip_bad: bool, again: bool = False) -> Batch:
    """Issue the rows that were found good, or go on where it stopped.

    Conflict while rows are bad unless ``skip_bad``, and for a file that was issued before unless ``again``.
    """
    with transaction():
        batch = get_batch(batch_id, locked=True)
        going_on = batch.state == "stopped" or (batch.state == "running" and stands_still(batch))
        if not going_on:
            _demand_checked(batch, skip_bad=skip_bad, again=again)
            batch.skip_bad, batch.started_at = skip_bad, utcnow()
        batch.started_by, batch.started_by_name = actor()[0], actor()[1][:120]
        batch.state, batch.error, batch.moved_at = "running", "", utcnow()
        audit("documents.batch.started", target=target(batch), after={"good": batch.good, "skip_bad": batch.skip_bad})
        enqueue(ISSUE, plugin="documents", batch_id=str(batch.id), language=current_locale())
    return batch


def issue_batch(batch_id: str, language: str) -> None:
    """Job. Issues chunks until there are none, or until its shift is over and another goes on."""
    id_, until = uuid.UUID(batch_id), time.monotonic() + _SHIFT
    with speaking(language):
        try:
            while _chunk_or_again(id_):
                if time.monotonic() > until:
                    enqueue(ISSUE, plugin="documents", batch_id=batch_id, language=language)
                    return
        except (Conflict, NotFound) as error:
            _stop(id_, error.message)


def _chunk_or_again(batch_id: uuid.UUID) -> bool:
    for left in reversed(range(_TRIES)):
        try:
            return _issue_chunk(batch_id)
        except IntegrityError as error:
            if "uq_charge" not in str(error.orig) or not left:
                raise
    raise AssertionError("unreachable")


def _issue_chunk(batch_id: uuid.UUID) -> bool:
    """Issue the next rows; whether there may be more."""
    with transaction():
        batch = get_batch(batch_id, locked=True)
        if batch.state != "running":
            return False
        waiting = _waiting(batch_id)
        if not waiting:
            batch.state, batch.finished_at = "done", utcnow()
            return False
        account = open_account(batch.account_id)
        ready: list[tuple[BatchRow, Charge]] = []
        for row in waiting:
            try:
                ready.append((row, rows.charge_of(rows.restored(row.values), account)))
            except InvalidPayload as error:
                row.state, row.errors = "failed", rows.refused(error, batch.headers, batch.columns)
                batch.failed += 1
        if batch.failed and not batch.skip_bad:
            # The account was changed, or a day went by, since the rows were found good.
            batch.state = "stopped"
            batch.error = _("A row that was good can't be issued any more; see below.")
            batch.skip_bad = True
            return False
        issue_many([charge for _row, charge in ready], account, (batch.started_by, batch.started_by_name))
        for row, charge in ready:
            row.state, row.charge_id = "issued", charge.id
        batch.issued += len(ready)
        batch.moved_at = utcnow()
    return True


def _waiting(batch_id: uuid.UUID) -> Sequence[BatchRow]:
    query = select(BatchRow).where(BatchRow.batch_id == batch_id, BatchRow.state == "good")
    query = query.order_by(BatchRow.number).limit(_CHUNK).execution_options(populate_existing=True)
    found: Sequence[BatchRow] = session.execute(query).scalars().all()
    return found


def _stop(batch_id: uuid.UUID, sentence: str) -> None:
    with transaction():
        batch = get_batch(batch_id, locked=True)
        if batch.state == "running":
            batch.state, batch.error = "stopped", sentence[:500]


def _demand_checked(batch: Batch, *, skip_bad: bool, again: bool) -> None:
    if batch.state != "checked":
        raise Conflict(_("This batch is not waiting to be issued."), state=batch.state)
    if batch.checked_on != dates.today():
        raise Conflict(_("The rows were checked on another day; check them again."), state=batch.state)
    if batch.bad and not skip_bad:
        raise Conflict(_("Some rows are bad; mend them, or issue the good ones only."), state=batch.state)
    if not batch.good:
        raise Conflict(_("No row is good; there is nothing to issue."), state=batch.state)
    if not again and same_file_before(batch) is not None:
        raise Conflict(_("Boletos were issued from this very file before; say so if you want them again."), again=True)
    account = open_account(batch.account_id)
    left = limit_of(account) - account.next_number + 1
    if left < batch.good:
        sentence = _(
            "The account has %(left)s nossos números left, and %(good)s are wanted.", left=left, good=batch.good
        )
        raise Conflict(sentence, state=batch.state)
