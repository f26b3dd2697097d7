"""Exports: a short one is made at once, a long one in the background, page by page into a file on disk."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import select

from ramal.api import (
    NotFound,
    Page,
    audit,
    current_locale,
    delete_file,
    enqueue,
    file_url,
    find_file,
    page_by_key,
    session,
    speaking,
    store_file,
    tables,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm.models import ExportRun
from ramal_crm.services import customers
from ramal_crm.services.actors import actor
from ramal_crm.services.deals.finding import Search, list_deals
from ramal_crm.services.exports.columns import Customers, Deals, Line

EXPORT, DROP = "make_export", "drop_exports"
#: Rows up to which nobody has to wait for a job.
AT_ONCE = 500
_PAGE = 500
_LARGEST = 512 * 1024 * 1024
#: An export is a copy of what is private, made to be saved: after that it is thrown away.
_KEPT = timedelta(days=1)
#: Work that has written nothing for so long has come to a halt.
_STILL = timedelta(minutes=5)
_WRITE: Mapping[str, Callable[[IO[bytes], Iterable[Line]], None]] = {
    "csv": tables.write_csv,
    "xlsx": tables.write_xlsx,
}
_IDS = ("group_id", "owner_id", "contact_id", "customer_id", "pipeline_id", "stage_id")


def begin_export(entity: str, format_: str, filters: Mapping[str, Any]) -> ExportRun:
    """Ask for a list as a file. ``filters`` are the list's own, by the names that its API has."""
    drop_old()
    kept = {
        name: str(value) if name in _IDS else value for name, value in filters.items() if value not in (None, "", False)
    }
    with transaction() as open_session:
        export = ExportRun(
            entity=entity, format=format_, filters=kept, state="making", moved_at=utcnow(), created_by=actor()[0]
        )
        open_session.add(export)
        open_session.flush()
        facts = {"entity": entity, "format": format_, "filters": kept}
        audit("crm.export.made", target=("export", export.id, entity), after=facts)
        # Whether or not anybody ever exports again.
        enqueue(DROP, plugin="crm", at=utcnow() + _KEPT + timedelta(minutes=1))
        if _page(export, None, AT_ONCE).next_cursor is not None:
            enqueue(EXPORT, plugin="crm", export_id=str(export.id), language=current_locale())
            return export
    _make(export.id)
    return get_export(export.id)


def get_export(export_id: uuid.UUID) -> ExportRun:
    """One. NotFound."""
    query = select(ExportRun).where(ExportRun.id == export_id).execution_options(populate_existing=True)
    found: ExportRun | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such export."))
    return found


def list_exports(*, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    return page_by_key(select(ExportRun), ((ExportRun.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def export_url(export: ExportRun, *, absolute: bool = True) -> str | None:
    """A signed link to the file; None until it is ready."""
    if export.state != "ready" or export.file_id is None:
        return None
    return file_url(find_file(export.file_id), absolute=absolute)


def stands_still(export: ExportRun) -> bool:
    """Whether it has come to a halt; then it is asked for anew."""
    return export.state == "making" and (export.moved_at is None or utcnow() - export.moved_at > _STILL)


def make_export(export_id: str, language: str) -> None:
    """Job. Headings are in the language of whoever asked."""
    with speaking(language):
        _make(uuid.UUID(export_id))


def _make(export_id: uuid.UUID) -> None:
    try:
        export = get_export(export_id)
    except NotFound:
        return
    if export.state != "making":
        return
    with tempfile.TemporaryFile() as file:
        _WRITE[export.format](file, _lines(export))
        file.seek(0)
        _keep(export_id, file)


def _lines(export: ExportRun) -> Iterator[Line]:
    """Each page in a transaction of its own: a file that takes minutes holds nothing back."""
    id_, cursor, rows = export.id, None, 0
    shape: Customers | Deals = Customers() if export.entity == "customers" else Deals()
    yield shape.headers()
    while True:
        with transaction() as open_session:
            export = get_export(id_)
            page = _page(export, cursor, _PAGE)
            lines = shape.lines(page.items)
            rows += len(lines)
            export.rows, export.moved_at = rows, utcnow()
            open_session.flush()
            # What is read stays in the session otherwise, all of it.
            open_session.expunge_all()
        yield from lines
        cursor = page.next_cursor
        if cursor is None:
            return


def _page(export: ExportRun, cursor: str | None, size: int) -> Page:
    given: dict[str, Any] = {
        name: uuid.UUID(value) if name in _IDS else value for name, value in export.filters.items() if name != "q"
    }
    text = export.filters.get("q", "")
    if export.entity == "customers":
        return customers.list_customers(customers.Filters(text=text, **given), cursor=cursor, page_size=size)
    return list_deals(Search(text=text, **given), cursor=cursor, page_size=size)


def _keep(export_id: uuid.UUID, file: IO[bytes]) -> None:
    with transaction():
        export = get_export(export_id)
        name = _("customers") if export.entity == "customers" else _("deals")
        filename = f"{name}-{export.created_at:%Y-%m-%d}.{export.format}"
        kept = store_file(file, filename, tables.TYPES[export.format], limit=_LARGEST, uploaded_by=export.created_by)
        export.file_id, export.state, export.moved_at = kept.id, "ready", utcnow()


def drop_old() -> None:
    """Job. Throw away what was kept long enough."""
    query = select(ExportRun).where(ExportRun.created_at < utcnow() - _KEPT).limit(100)
    for export in session.execute(query).scalars().all():
        kept = find_file(export.file_id) if export.file_id else None
        with transaction() as open_session:
            open_session.delete(export)
        if kept is not None:
            delete_file(kept)
