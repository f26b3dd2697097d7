"""Batches taken in, laid out, found again, thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import select

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    Page,
    audit,
    current_locale,
    current_user_or_none,
    delete_file,
    enqueue,
    find_file,
    open_file,
    page_by_key,
    session,
    store_file,
    tables,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_documents.models import Batch, BatchLayout, BatchPrint, BatchRow
from ramal_documents.services.accounts import get_account
from ramal_documents.services.actors import actor
from ramal_documents.services.batches.fields import FIELDS, REQUIRED, guess
from ramal_documents.services.charges import open_account

#: Bytes that a table may have.
LARGEST = 4 * 1024 * 1024
#: The job that checks the rows (``checking.check_batch``).
CHECK = "check_batch"
_SAMPLE = 3
#: Work that has written nothing for so long has come to a halt.
_STILL = timedelta(minutes=3)
#: States in which columns may still be chosen: nothing has a number yet.
_OPEN = ("uploaded", "checking", "checked", "unreadable")


def create_batch(account_id: uuid.UUID, file: IO[bytes], filename: str | None) -> Batch:
    """Take a table in and guess its columns. InvalidPayload for a file that is none; FileTooLarge."""
    account = open_account(account_id)
    user = current_user_or_none()
    kept = store_file(file, filename, limit=LARGEST, strict=True, uploaded_by=user.user_id if user else None)
    try:
        table = _read(kept.id)
        with transaction() as open_session:
            layout = layout_of(account.id)
            batch = Batch(
                account_id=account.id,
                file_id=kept.id,
                filename=kept.filename,
                sha256=kept.sha256,
                headers=list(table.headers),
                sample=[[tables.shown(cell) for cell in row.cells] for row in table.rows[:_SAMPLE]],
                columns=guess(table.headers, layout.headers if layout else None),
                numbers=layout.numbers if layout else "",
                dates=layout.dates if layout else "",
                rows=len(table.rows),
                created_by=actor()[0],
            )
            open_session.add(batch)
            open_session.flush()
            facts = {"filename": batch.filename, "rows": batch.rows, "account": account.name, "sha256": batch.sha256}
            audit("documents.batch.created", target=target(batch), after=facts)
    except BaseException:
        delete_file(kept)
        raise
    return batch


def get_batch(batch_id: uuid.UUID, *, locked: bool = False) -> Batch:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(Batch).where(Batch.id == batch_id).execution_options(populate_existing=True)
    found: Batch | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such batch."))
    return found


def list_batches(*, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    return page_by_key(select(Batch), ((Batch.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def rows_of(batch_id: uuid.UUID, states: Sequence[str], *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Rows in these states (all, if none are named), in the order of the file. InvalidPayload for a wrong cursor."""
    query = select(BatchRow).where(BatchRow.batch_id == get_batch(batch_id).id)
    if states:
        query = query.where(BatchRow.state.in_(states))
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 9:
            message = _("This is not a place in the list.")
            raise InvalidPayload(message, {"cursor": [message]})
        query = query.where(BatchRow.number > int(cursor))
    rows = list(session.execute(query.order_by(BatchRow.number).limit(page_size + 1)).scalars())
    more = len(rows) > page_size
    return Page(rows[:page_size], str(rows[page_size - 1].number) if more else None)


def lay_out(batch_id: uuid.UUID, columns: Mapping[str, int], numbers: str, dates: str) -> Batch:
    """Say which column holds what, and begin the dry run. InvalidPayload by field; Conflict once it is being issued."""
    with transaction():
        batch = get_batch(batch_id, locked=True)
        if batch.state not in _OPEN:
            raise Conflict(_("This batch is being issued; its columns can't be changed any more."), state=batch.state)
        _demand_columns(batch, columns, numbers, dates)
        batch.columns, batch.numbers, batch.dates = dict(columns), numbers, dates
        _remember(batch)
        batch.state, batch.error, batch.moved_at = "checking", "", utcnow()
        batch.good = batch.bad = 0
        batch.check_number += 1
        asked: dict[str, Any] = {"check_number": batch.check_number, "language": current_locale()}
        enqueue(CHECK, plugin="documents", batch_id=str(batch.id), **asked)
    return batch


def delete_batch(batch_id: uuid.UUID) -> None:
    """Throw away what issued nothing. Conflict where boletos came of it."""
    with transaction() as open_session:
        batch = get_batch(batch_id, locked=True)
        if batch.issued or batch.state == "running":
            raise Conflict(_("Boletos were issued from this batch; it stays."), state=batch.state)
        kept = find_file(batch.file_id) if batch.file_id else None
        audit("documents.batch.deleted", target=target(batch))
        open_session.delete(batch)
    if kept is not None:
        delete_file(kept)


def table_of(batch: Batch) -> tables.Table:
    """The file's rows. InvalidPayload when it can't be read."""
    if batch.file_id is None:
        raise NotFound(_("The file of this batch is gone."))
    return _read(batch.file_id)


def layout_of(account_id: uuid.UUID) -> BatchLayout | None:
    """How this account's last file was laid out."""
    found: BatchLayout | None = session.execute(
        select(BatchLayout).where(BatchLayout.account_id == account_id)
    ).scalar_one_or_none()
    return found


def same_file_before(batch: Batch) -> Batch | None:
    """An older batch of the very same file that boletos came of: whoever issues it again charges twice."""
    query = select(Batch).where(Batch.sha256 == batch.sha256, Batch.id < batch.id, Batch.issued > 0)
    found: Batch | None = session.execute(query.order_by(Batch.id.desc()).limit(1)).scalar_one_or_none()
    return found


def prints_of(batch_id: uuid.UUID) -> Sequence[BatchPrint]:
    """The files that were asked for."""
    query = select(BatchPrint).where(BatchPrint.batch_id == batch_id).order_by(BatchPrint.kind.desc())
    found: Sequence[BatchPrint] = session.execute(query.execution_options(populate_existing=True)).scalars().all()
    return found


def stands_still(batch: Batch) -> bool:
    """Whether work that should go on has written nothing for minutes."""
    busy = batch.state in ("checking", "running")
    return busy and (batch.moved_at is None or utcnow() - batch.moved_at > _STILL)


def target(batch: Batch) -> tuple[str, uuid.UUID, str]:
    """The batch, as the audit trail names it."""
    return "batch", batch.id, batch.filename


def account_of(batch: Batch) -> Any:
    """The issuing account."""
    return get_account(batch.account_id)


def _read(file_id: uuid.UUID) -> tables.Table:
    with open_file(find_file(file_id)) as file:
        data = file.read(LARGEST + 1)
    return tables.read(data)


def _demand_columns(batch: Batch, columns: Mapping[str, int], numbers: str, dates: str) -> None:
    wrong = tables.wrong_columns(columns, batch.headers, FIELDS, REQUIRED)
    details = {f"columns.{name}": [sentence] for name, sentence in wrong}
    for name, given, choices in (("numbers", numbers, tables.NUMBERS), ("dates", dates, tables.ORDERS)):
        if given not in choices:
            details[name] = [_("This is not one of the choices.")]
    if details:
        raise InvalidPayload(_("Some of the data does not fit."), details)


def _remember(batch: Batch) -> None:
    headers = {name: batch.headers[place] for name, place in batch.columns.items()}
    layout = layout_of(batch.account_id)
    if layout is None:
        layout = BatchLayout(account_id=batch.account_id)
        session.add(layout)
    layout.headers, layout.numbers, layout.dates = headers, batch.numbers, batch.dates
