"""The rows as CSV: what is wrong with each, or what became of it. The file can be mended and uploaded again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO

from sqlalchemy import select

from ramal.api import gettext as _
from ramal.api import session, tables
from ramal_crm.models import ImportRow, ImportRun
from ramal_crm.services.imports.files import get_import

_CHUNK = 1_000
_IN_MEMORY = 1024 * 1024
#: number, action, cells, errors
_Row = tuple[int, str, list[str], list[dict[str, str]]]


def action_title(action: str) -> str:
    """A row's action for people."""
    titles = {
        "create": _("New"),
        "update": _("Changed"),
        "same": _("No change"),
        "duplicate": _("Duplicate"),
        "bad": _("Bad"),
        "kept": _("Not undone"),
    }
    return titles[action]


def csv_file(run_id: uuid.UUID, action: str | None = None) -> tuple[str, IO[bytes]]:
    """(name, file) of the rows of one action, or of all: the file's own columns, then what became of them."""
    run = get_import(run_id)
    # On disk when it is large; whoever sends it closes it.
    file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    tables.write_csv(file, _lines(run, action))
    file.seek(0)
    return f"{action or 'all'}.csv", file


def _lines(run: ImportRun, action: str | None) -> Iterator[Sequence[str]]:
    yield [*run.headers, _("Row"), _("Result"), _("Problems")]
    last = 0
    while found := _found(run.id, action, last):
        for number, did, cells, errors in found:
            problems = " ".join(f"{error['column']}: {error['sentence']}".removeprefix(": ") for error in errors)
            yield [*(tables.unescaped(cell) for cell in cells), str(number), action_title(did), problems]
        last = found[-1][0]


def _found(run_id: uuid.UUID, action: str | None, last: int) -> Sequence[_Row]:
    columns = ImportRow.number, ImportRow.action, ImportRow.cells, ImportRow.errors
    query = select(*columns).where(ImportRow.run_id == run_id, ImportRow.number > last)
    if action:
        query = query.where(ImportRow.action == action)
    return session.execute(query.order_by(ImportRow.number).limit(_CHUNK)).all()
