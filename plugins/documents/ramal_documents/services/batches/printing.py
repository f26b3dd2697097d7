"""All boletos of a batch in one file, made in the background: a ZIP of PDFs, or one PDF with a page each.

Both stream into a file on disk; what is in memory does not grow with the batch. Standard sheets are drawn on the way.
An account's own HTML template takes its process a second for each, so those PDFs are made and kept one by one, shift
after shift, before they are put together, and only as a ZIP.
"""

from __future__ import annotations

import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import select

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    current_locale,
    delete_file,
    enqueue,
    file_url,
    find_file,
    open_file,
    session,
    speaking,
    store_file,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_documents import sheet
from ramal_documents.models import Batch, BatchPrint, BatchRow, Charge, ChargeChange
from ramal_documents.services.accounts import get_account
from ramal_documents.services.batches.files import get_batch
from ramal_documents.services.charges import boleto_of
from ramal_documents.services.printing import filename, pdf_file

PRINT = "print_batch"
KINDS = ("zip", "pdf")
#: Bytes that the file may have: 10,000 sheets with their fonts are 300 MB.
_LARGEST = 1024 * 1024 * 1024
_CHUNK = 200
#: Seconds after which a job that makes PDFs from a template hands on to another.
_SHIFT = 30.0
#: After which a file that is still being made is begun anew when somebody asks.
_PATIENCE = timedelta(minutes=15)
_TYPES = {"zip": "application/zip", "pdf": "application/pdf"}


def make_print(batch_id: uuid.UUID, kind: str) -> BatchPrint:
    """Begin to make the file, unless there is a good one or one is being made. Conflict where it can't be."""
    with transaction() as open_session:
        batch = get_batch(batch_id, locked=True)
        if not batch.issued or batch.state == "running":
            raise Conflict(_("No boletos of this batch can be printed yet."), state=batch.state)
        if kind == "pdf" and get_account(batch.account_id).template is not None:
            raise Conflict(_("Boletos of an account with a sheet of its own come as a ZIP."), kind=kind)
        print_ = _find(batch_id, kind)
        if print_ is None:
            print_ = BatchPrint(batch_id=batch_id, kind=kind)
            open_session.add(print_)
        elif _is_good(print_):
            return print_
        print_.state, print_.error, print_.printed, print_.begun_at = "making", "", 0, utcnow()
        open_session.flush()
        asked: dict[str, Any] = {"begun": print_.begun_at.isoformat(), "language": current_locale()}
        enqueue(PRINT, plugin="documents", print_id=str(print_.id), **asked)
    return print_


def print_url(print_: BatchPrint, *, absolute: bool = True) -> str | None:
    """A signed link to the file; None until it is ready."""
    if print_.state != "ready" or print_.file_id is None:
        return None
    return file_url(find_file(print_.file_id), absolute=absolute)


def is_outdated(print_: BatchPrint) -> bool:
    """Whether a boleto came to another state since: its sheet says so now."""
    query = select(ChargeChange.id).join(
        BatchRow,
        (BatchRow.organization_id == ChargeChange.organization_id) & (BatchRow.charge_id == ChargeChange.charge_id),
    )
    query = query.where(BatchRow.batch_id == print_.batch_id, ChargeChange.created_at > print_.begun_at).limit(1)
    return session.execute(query).first() is not None


def print_batch(print_id: str, begun: str, language: str) -> None:
    """Job. One that was asked for again since stops; what a sheet of one's own does wrong is kept for its author."""
    id_ = uuid.UUID(print_id)
    with speaking(language):
        try:
            _print(id_, begun)
        except InvalidPayload as error:
            _fail(id_, begun, error)


def _print(id_: uuid.UUID, begun: str) -> None:
    with transaction():
        print_ = _ours(id_, begun)
        if print_ is None:
            return
        batch = get_batch(print_.batch_id)
        template = get_account(batch.account_id).template
    if template is not None and not _kept_one_by_one(batch.id, id_, begun):
        return
    with tempfile.TemporaryFile() as file:
        if print_.kind == "zip":
            _write_zip(file, batch.id, id_, begun, own_sheet=template is not None)
        else:
            sheet.many((boleto_of(charge) for _row, charge in _charges(batch.id, id_, begun)), file, title="Boletos")
        file.seek(0)
        _keep(id_, begun, file, f"{_name(batch)}.{print_.kind}")


def _write_zip(file: IO[bytes], batch_id: uuid.UUID, id_: uuid.UUID, begun: str, *, own_sheet: bool) -> None:
    # Stored as they are: a PDF's streams are compressed already.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, charge in _charges(batch_id, id_, begun):
            with archive.open(f"{number:05}-{filename(charge)}", "w") as entry:
                if own_sheet:
                    with open_file(pdf_file(charge.id)) as kept:
                        entry.write(kept.read())
                else:
                    entry.write(sheet.one(boleto_of(charge)))


def _fail(id_: uuid.UUID, begun: str, error: InvalidPayload) -> None:
    sentences = [sentence for said in error.details.values() for sentence in said]
    with transaction():
        print_ = _ours(id_, begun)
        if print_ is not None:
            print_.state, print_.error = "failed", (" ".join(sentences) or error.message)[:500]


def _kept_one_by_one(batch_id: uuid.UUID, id_: uuid.UUID, begun: str) -> bool:
    """Make and keep each PDF; False when another job goes on."""
    until = time.monotonic() + _SHIFT
    for _number, charge in _charges(batch_id, id_, begun):
        if charge.file_id is not None:
            continue
        pdf_file(charge.id)
        if time.monotonic() > until:
            enqueue(PRINT, plugin="documents", print_id=str(id_), begun=begun, language=current_locale())
            return False
    return True


def _charges(batch_id: uuid.UUID, id_: uuid.UUID, begun: str) -> Iterator[tuple[int, Charge]]:
    """(row's number, boleto) in the order of the file; notes how far it has come."""
    last, printed = 0, 0
    while True:
        with transaction() as open_session:
            query = select(BatchRow.number, Charge).join(
                Charge, (Charge.organization_id == BatchRow.organization_id) & (Charge.id == BatchRow.charge_id)
            )
            query = query.where(BatchRow.batch_id == batch_id, BatchRow.number > last)
            found = open_session.execute(query.order_by(BatchRow.number).limit(_CHUNK)).all()
            print_ = _ours(id_, begun)
            if print_ is None:
                raise NotFound(_("This file is not wanted any more."))
            print_.printed = printed
        if not found:
            return
        yield from found
        last, printed = found[-1][0], printed + len(found)


def _keep(id_: uuid.UUID, begun: str, file: IO[bytes], name: str) -> None:
    old = None
    with transaction():
        print_ = _ours(id_, begun)
        if print_ is None:
            return
        kept = store_file(iter(lambda: file.read(1 << 20), b""), name, _TYPES[print_.kind], limit=_LARGEST)
        old = find_file(print_.file_id) if print_.file_id else None
        print_.file_id, print_.state = kept.id, "ready"
    if old is not None:
        delete_file(old)


def _find(batch_id: uuid.UUID, kind: str) -> BatchPrint | None:
    query = select(BatchPrint).where(BatchPrint.batch_id == batch_id, BatchPrint.kind == kind)
    found: BatchPrint | None = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    return found


def _ours(id_: uuid.UUID, begun: str) -> BatchPrint | None:
    """The print, held, while this is the latest wish for it."""
    query = select(BatchPrint).where(BatchPrint.id == id_).with_for_update()
    found: BatchPrint | None = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    same = found is not None and found.state == "making" and found.begun_at.isoformat() == begun
    return found if same else None


def _is_good(print_: BatchPrint) -> bool:
    """Whether it is, or will be, what was asked for."""
    wanted = print_.state == "ready" or (print_.state == "making" and not _stands_still(print_))
    return wanted and not is_outdated(print_)


def _stands_still(print_: BatchPrint) -> bool:
    """Whether the job that makes it must be given up for lost."""
    return utcnow() - print_.begun_at > _PATIENCE


def _name(batch: Batch) -> str:
    stem = batch.filename.rsplit(".", 1)[0]
    return "boletos-" + ("".join(letter if letter.isalnum() else "-" for letter in stem)[:60] or str(batch.id))
