"""The dry run: every row read and tried, nothing issued."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import delete

from ramal.api import Conflict, InvalidPayload, NotFound, new_id, speaking, tables, transaction, utcnow
from ramal_documents import dates
from ramal_documents.models import Batch, BatchRow, IssuingAccount
from ramal_documents.services.batches import rows
from ramal_documents.services.batches.files import get_batch, table_of
from ramal_documents.services.charges import open_account

_CHUNK = 250


def check_batch(batch_id: str, check_number: int, language: str) -> None:
    """Job. Sentences are kept in the language of whoever asked."""
    with speaking(language):
        _check(batch_id, check_number)


def _check(batch_id: str, check_number: int) -> None:
    """What an earlier try wrote is thrown away first; one that a later check overtook stops."""
    with transaction() as open_session:
        batch = _ours(uuid.UUID(batch_id), check_number)
        if batch is None:
            return
        open_session.execute(delete(BatchRow).where(BatchRow.batch_id == batch.id))
        batch.good = batch.bad = 0
        batch.total = Decimal(0)
    try:
        account = open_account(batch.account_id)
        table = table_of(batch)
        plan = rows.plan_of(batch, table.rows)
        for chunk in _chunks(table.rows):
            if not _write(batch.id, check_number, chunk, plan, account):
                return
    except (InvalidPayload, Conflict, NotFound) as error:
        _unreadable(batch.id, check_number, error)
        return
    with transaction():
        done = _ours(batch.id, check_number)
        if done is not None:
            done.state, done.checked_on, done.moved_at = "checked", dates.today(), utcnow()


def _write(
    batch_id: uuid.UUID, check_number: int, chunk: Sequence[tables.Row], plan: rows.Plan, account: IssuingAccount
) -> bool:
    """Keep what was found of these rows; whether to go on."""
    found = [(row, rows.read_row(row, plan, account)) for row in chunk]
    with transaction() as open_session:
        batch = _ours(batch_id, check_number)
        if batch is None:
            return False
        for row, reading in found:
            open_session.add(_row(batch_id, row, reading))
            if reading.errors:
                batch.bad += 1
            else:
                batch.good += 1
                batch.total += reading.given["amount"]
        batch.moved_at = utcnow()
    return True


def _row(batch_id: uuid.UUID, row: tables.Row, reading: rows.Reading) -> BatchRow:
    return BatchRow(
        id=new_id(),
        batch_id=batch_id,
        number=row.number,
        state="bad" if reading.errors else "good",
        cells=[tables.shown(cell) for cell in row.cells],
        values={} if reading.errors else rows.stored(reading.given),
        errors=reading.errors,
    )


def _ours(batch_id: uuid.UUID, check_number: int) -> Batch | None:
    """The batch, held, while this is its latest check."""
    try:
        batch = get_batch(batch_id, locked=True)
    except NotFound:
        return None
    return batch if batch.state == "checking" and batch.check_number == check_number else None


def _unreadable(batch_id: uuid.UUID, check_number: int, error: Any) -> None:
    with transaction():
        batch = _ours(batch_id, check_number)
        if batch is not None:
            sentences = [sentence for said in error.details.values() if isinstance(said, list) for sentence in said]
            batch.state, batch.error = "unreadable", (" ".join(sentences) or error.message)[:500]


def _chunks(all_rows: Sequence[tables.Row]) -> Iterator[Sequence[tables.Row]]:
    rest = iter(all_rows)
    while chunk := tuple(islice(rest, _CHUNK)):
        yield chunk
