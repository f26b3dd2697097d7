"""Imports taken in, laid out, found again, thrown away."""

from __future__ import annotations

import hashlib
import re
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
from ramal_crm.models import ImportLayout, ImportRow, ImportRun
from ramal_crm.services.actors import actor
from ramal_crm.services.imports.fields import IDENTIFYING, all_fields
from ramal_crm.services.imports.matching import KEYS

#: Bytes and rows that a table may have.
LARGEST = 20 * 1024 * 1024
MOST_ROWS = 50_000
_LIMITS = tables.Limits(rows=MOST_ROWS, columns=60, cell=2_000, unpacked=96 * 1024 * 1024)
#: The jobs that read a new file (``checking.read_import``) and try its rows (``checking.check_import``).
READ, CHECK = "read_import", "check_import"
#: What the options may be; the first is the default. ``area_code`` is two digits, ``match`` some of ``KEYS``.
CHOICES = {
    "overwrite": ("empty", "all"),
    "numbers": tables.NUMBERS,
    "dates": tables.ORDERS,
    "ninth_digit": ("refuse", "add"),
    "two_phones": ("refuse", "first"),
}
DEFAULTS: Mapping[str, Any] = {
    "match": list(KEYS),
    "area_code": "",
    **{name: choices[0] for name, choices in CHOICES.items()},
}
_AREA_CODE = re.compile(r"[1-9][1-9]")
#: Work that has written nothing for so long has come to a halt.
_STILL = timedelta(minutes=3)
BUSY = ("reading", "checking", "running", "undoing")
#: States in which columns may still be chosen: nothing was written yet.
_OPEN = ("uploaded", "checking", "checked", "unreadable")


def create_import(file: IO[bytes], filename: str | None, *, check: bool = False) -> ImportRun:
    """Take a table in; it is read in the background, and with ``check`` its rows are tried as soon as its columns were
    recognized. FileTooLarge, FileRefused.
    """
    kept = store_file(file, filename, limit=LARGEST, strict=True, uploaded_by=actor()[0])
    try:
        with transaction() as open_session:
            run = ImportRun(
                file_id=kept.id,
                filename=kept.filename,
                sha256=kept.sha256,
                state="reading",
                headers=[],
                options=dict(DEFAULTS),
                moved_at=utcnow(),
                created_by=actor()[0],
            )
            open_session.add(run)
            open_session.flush()
            audit("crm.import.created", target=target(run), after={"filename": run.filename, "sha256": run.sha256})
            enqueue(READ, plugin="crm", run_id=str(run.id), check=check, language=current_locale())
    except BaseException:
        delete_file(kept)
        raise
    return run


def get_import(run_id: uuid.UUID, *, locked: bool = False) -> ImportRun:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(ImportRun).where(ImportRun.id == run_id).execution_options(populate_existing=True)
    found: ImportRun | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such import."))
    return found


def list_imports(*, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    return page_by_key(select(ImportRun), ((ImportRun.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def rows_of(run_id: uuid.UUID, actions: Sequence[str], *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Rows of these actions (all, if none are named), in the order of the file. InvalidPayload for a wrong cursor."""
    query = select(ImportRow).where(ImportRow.run_id == get_import(run_id).id)
    if actions:
        query = query.where(ImportRow.action.in_(actions))
    if cursor:
        if not cursor.isdecimal() or len(cursor) > 9:
            message = _("This is not a place in the list.")
            raise InvalidPayload(message, {"cursor": [message]})
        query = query.where(ImportRow.number > int(cursor))
    rows = list(session.execute(query.order_by(ImportRow.number).limit(page_size + 1)).scalars())
    more = len(rows) > page_size
    return Page(rows[:page_size], str(rows[page_size - 1].number) if more else None)


def lay_out(run_id: uuid.UUID, columns: Mapping[str, int], options: Mapping[str, Any]) -> ImportRun:
    """Say which column holds what, how it is written and whom it means, and begin the dry run.

    The next file with the same headers begins with that. InvalidPayload by field; Conflict once rows were imported.
    """
    with transaction():
        run = get_import(run_id, locked=True)
        if run.state not in _OPEN or not run.headers:
            raise Conflict(_("The columns of this import can't be changed any more."), state=run.state)
        chosen = {**DEFAULTS, **options}
        _demand_fitting(run, columns, chosen)
        run.columns, run.options = dict(columns), chosen
        _remember(run)
        begin_check(run)
    return run


def begin_check(run: ImportRun) -> None:
    """Try the rows in the background; an earlier try is overtaken."""
    run.state, run.error, run.check_number = "checking", "", run.check_number + 1
    run.moved_at, run.counts, run.done = utcnow(), {}, 0
    enqueue(CHECK, plugin="crm", run_id=str(run.id), check_number=run.check_number, language=current_locale())


def delete_import(run_id: uuid.UUID) -> None:
    """Throw an import and its file away. Conflict once customers came of it: it is what undoing needs."""
    with transaction() as open_session:
        run = get_import(run_id, locked=True)
        if run.started_at is not None:
            raise Conflict(_("Customers came of this import; it stays."), state=run.state)
        kept = find_file(run.file_id) if run.file_id else None
        audit("crm.import.deleted", target=target(run))
        open_session.delete(run)
    if kept is not None:
        delete_file(kept)


def table_of(run: ImportRun) -> tables.Table:
    """The file's rows. InvalidPayload when it can't be read."""
    if run.file_id is None:
        raise NotFound(_("The file of this import is gone."))
    with open_file(find_file(run.file_id)) as file:
        return tables.read(file.read(LARGEST + 1), _LIMITS)


def layout_of(headers: Sequence[str]) -> ImportLayout | None:
    """How the last file with these headers was laid out."""
    query = select(ImportLayout).where(ImportLayout.fingerprint == _fingerprint(headers))
    found: ImportLayout | None = session.execute(query).scalar_one_or_none()
    return found


def same_file_before(run: ImportRun) -> ImportRun | None:
    """An older import of the very same file that was carried out."""
    done = ImportRun.started_at.is_not(None), ImportRun.state != "undone"
    query = select(ImportRun).where(ImportRun.sha256 == run.sha256, ImportRun.id < run.id, *done)
    found: ImportRun | None = session.execute(query.order_by(ImportRun.id.desc()).limit(1)).scalar_one_or_none()
    return found


def stands_still(run: ImportRun) -> bool:
    """Whether work that should go on has written nothing for minutes."""
    return run.state in BUSY and (run.moved_at is None or utcnow() - run.moved_at > _STILL)


def target(run: ImportRun) -> tuple[str, uuid.UUID, str]:
    """The import, as the audit trail names it."""
    return "import", run.id, run.filename


def missing_columns(columns: Mapping[str, int]) -> str | None:
    """A sentence when the columns say too little for a run."""
    if any(name in columns for name in IDENTIFYING):
        return None
    return _("Say which column holds the name, or something by which customers are recognized.")


def _demand_fitting(run: ImportRun, columns: Mapping[str, int], options: Mapping[str, Any]) -> None:
    wrong = tables.wrong_columns(columns, run.headers, all_fields().keys(), {})
    details = {f"columns.{name}": [sentence] for name, sentence in wrong}
    missing = missing_columns(columns)
    if missing:
        details.setdefault("columns", []).append(missing)
    for name, choices in CHOICES.items():
        if options[name] not in choices:
            details[name] = [_("This is not one of the choices.")]
    if options["area_code"] and not _AREA_CODE.fullmatch(options["area_code"]):
        details["area_code"] = [_("An area code has two digits, such as 11.")]
    if not options["match"] or not set(options["match"]) <= set(KEYS):
        details["match"] = [_("Choose at least one way to recognize customers.")]
    if details:
        raise InvalidPayload(_("Some of the data does not fit."), details)


def _remember(run: ImportRun) -> None:
    layout = layout_of(run.headers)
    if layout is None:
        layout = ImportLayout(fingerprint=_fingerprint(run.headers))
        session.add(layout)
    layout.columns, layout.options = run.columns, run.options


def _fingerprint(headers: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(headers).encode()).hexdigest()
