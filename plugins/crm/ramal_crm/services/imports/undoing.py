"""Taking an import back: what it made goes, what it changed is as before, unless somebody changed it since."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, exists, select

from ramal.api import Conflict, among, audit, current_locale, enqueue, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import (
    Activity,
    CompanyGroup,
    Customer,
    CustomerContact,
    CustomerFile,
    Deal,
    ImportRow,
    ImportRun,
    Lead,
    Note,
)
from ramal_crm.services.imports import matching, writing
from ramal_crm.services.imports.files import get_import, stands_still, target
from ramal_crm.services.imports.matching import WRITTEN
from ramal_crm.services.imports.running import in_shifts, waiting

UNDO = "undo_import"
#: What people attach to a customer: one that has any of it is somebody's work by now.
_ATTACHED: tuple[Any, ...] = (Activity, CustomerContact, CustomerFile, Deal, Lead, Note)
_UNDOABLE = ("create", "update")


def undo(run_id: uuid.UUID) -> ImportRun:
    """Begin to take an import back. Conflict unless it is done, or stopped in the middle."""
    with transaction():
        run = get_import(run_id, locked=True)
        going_on = run.state == "undoing" and stands_still(run)
        if run.state not in ("done", "stopped") and not going_on:
            raise Conflict(_("Only an import that is done can be undone."), state=run.state)
        if not going_on:
            run.done = 0
        run.state, run.error, run.moved_at = "undoing", "", utcnow()
        audit("crm.import.undone", target=target(run), after=run.counts)
        enqueue(UNDO, plugin="crm", run_id=str(run.id), language=current_locale())
    return run


def undo_import(run_id: str, language: str) -> None:
    """Job. Takes chunks back until there are none, or until its shift is over and another goes on."""
    in_shifts(UNDO, uuid.UUID(run_id), language, _undo_chunk)


def _undo_chunk(run_id: uuid.UUID, last: int) -> int | None:
    with transaction():
        run = get_import(run_id, locked=True)
        if run.state != "undoing":
            return None
        found = waiting(run_id, _UNDOABLE, last, done=True)
        if not found:
            _drop_groups(run_id)
            run.state, run.finished_at = "undone", utcnow()
            return None
        kept = _take_back(found, writing.Author.of(run))
        run.counts = dict(Counter(run.counts) + Counter(undone=len(found) - kept, kept=kept))
        run.done += len(found)
        run.moved_at = utcnow()
    return found[-1].number


def _take_back(rows: Sequence[ImportRow], by: writing.Author) -> int:
    """Undo these rows; how many had to be kept."""
    ids = {row.customer_id for row in rows if row.customer_id}
    customers = {customer.id: customer for customer in matching.read_customers(ids, lock=True)}
    attached = _with_attached([row.customer_id for row in rows if row.action == "create" and row.customer_id])
    back: list[ImportRow] = []
    for row in rows:
        customer = customers.get(row.customer_id)
        reason = _reason_to_keep(row, customer, attached)
        if reason:
            error = {"column": "", "field": "", "rule": "kept", "sentence": reason}
            row.action, row.errors = "kept", [*row.errors, error]
        else:
            row.done_at = None
            back.append(row)
    _put_back([row for row in back if row.action == "update"], customers, by)
    gone = [row.customer_id for row in back if row.action == "create" and row.customer_id]
    session.execute(delete(Customer).where(among(Customer.id, gone)).execution_options(synchronize_session=False))
    writing.finish(rows, ("action", "errors", "done_at"))
    return len(rows) - len(back)


def _reason_to_keep(row: ImportRow, customer: Any, attached: set[uuid.UUID]) -> str:
    if customer is None:
        # Deleted, or merged into another: a customer that was made here is gone, as is wanted.
        return "" if row.action == "create" else _("The customer is gone.")
    if customer.version != row.version_after:
        return _("%(name)s was changed since; it stays as it is.", name=customer.name)
    if customer.id in attached:
        return _("%(name)s has contacts, deals, notes, files or activities by now; it stays.", name=customer.name)
    return ""


def _with_attached(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for table in _ATTACHED:
        query = select(table.customer_id).where(among(table.customer_id, ids)).distinct()
        found.update(session.execute(query).scalars())
    return found


def _put_back(rows: Sequence[ImportRow], customers: Mapping[uuid.UUID, Any], by: writing.Author) -> None:
    before: list[dict[str, Any]] = []
    addresses: dict[uuid.UUID, Mapping[str, str] | None] = {}
    groups = _groups_that_are(rows)
    for row in rows:
        customer = customers[row.customer_id] if row.customer_id else None
        kept = {name: value for name, value in row.before.items() if name in WRITTEN}
        if kept.get("group_id") and kept["group_id"] not in groups:
            kept["group_id"] = None
        before.append({name: getattr(customer, name) for name in ("id", "version", *WRITTEN)} | kept)
        if "address" in row.before and row.customer_id:
            addresses[row.customer_id] = row.before["address"]
    writing.put(before)
    writing.put_addresses(addresses.items())
    writing.note([(row, "customer.import_undone", {}) for row in rows], by, "import.undone")


def _groups_that_are(rows: Sequence[ImportRow]) -> set[str]:
    """Ids of the groups that customers were in and that nobody dissolved since; held until the transaction ends."""
    ids = [uuid.UUID(id_) for id_ in {row.before.get("group_id") for row in rows} - {None}]
    query = select(CompanyGroup.id).where(among(CompanyGroup.id, ids)).with_for_update(key_share=True)
    return {str(id_) for id_ in session.execute(query).scalars()} if ids else set()


def _drop_groups(run_id: uuid.UUID) -> None:
    """Groups that the import made and that are nobody's now."""
    made = select(ImportRow.before["group_made"].astext).where(
        ImportRow.run_id == run_id, ImportRow.before.has_key("group_made")
    )
    ids = [uuid.UUID(id_) for id_ in session.execute(made).scalars()]
    nobodys = ~exists().where(Customer.group_id == CompanyGroup.id)
    gone = delete(CompanyGroup).where(among(CompanyGroup.id, ids), nobodys)
    session.execute(gone.execution_options(synchronize_session=False))
