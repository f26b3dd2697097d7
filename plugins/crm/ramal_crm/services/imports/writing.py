"""Many customers made and changed in a few statements: their columns, main addresses, groups and lines of the timeline.

What is written obeys the rules of customers typed by hand: the rows were read by them. In somebody else's transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from ramal.api import among, current_organization, insert_rows, new_id, session, update_rows, utcnow
from ramal_crm import numbers
from ramal_crm.models import CompanyGroup, Customer, CustomerAddress, ImportRow, ImportRun, TimelineEntry
from ramal_crm.services.imports.deciding import Decision
from ramal_crm.services.imports.matching import WRITTEN, Known, group_ids

Rows = Sequence[tuple[ImportRow, Decision]]
_EMPTY = {"legal_name": "", "state_registration": "", "website": "", "tags": [], "custom": {}}


@dataclass(frozen=True, slots=True)
class Author:
    """Who did it, and from which file; as the timeline keeps it."""

    id: uuid.UUID | None
    name: str
    filename: str

    @classmethod
    def of(cls, run: ImportRun) -> Author:
        """Whoever started the run."""
        return cls(run.started_by, run.started_by_name, run.filename)


def write(rows: Rows, known: Known, by: Author) -> None:
    """Carry decisions to create and to update out; each row keeps whom it means and what was there before."""
    made = _add_groups(rows, known)
    created = [(row, decision) for row, decision in rows if decision.action == "create"]
    updated = [(row, decision) for row, decision in rows if decision.action == "update"]
    for row, _decision in created:
        row.customer_id, row.before, row.version_after = new_id(), {}, 1
    insert_rows(session(), Customer, [_new(row, decision, known, by) for row, decision in created])
    for row, decision in updated:
        customer = decision.customer
        row.customer_id, row.before, row.version_after = customer.id, decision.before, customer.version + 1
    put([{**_as_is(decision.customer), **_columns(decision.changes, known)} for _row, decision in updated])
    put_addresses(
        (row.customer_id, decision.changes["address"])
        for row, decision in rows
        if row.customer_id and decision.changes.get("address")
    )
    for row, decision in rows:
        group_id = made.pop(decision.changes.get("group", ""), None)
        if group_id is not None:
            row.before = {**row.before, "group_made": str(group_id)}
    note(
        [(row, "customer.imported", {"fields": _named(decision)}) for row, decision in (*created, *updated)],
        by,
        "import",
    )


def put(customers: Sequence[Mapping[str, Any]]) -> None:
    """Write customers that are held, all columns of each, as another version."""
    now = utcnow()
    changed = [
        {**customer, "version": customer["version"] + 1, "updated_at": now, "custom": dict(customer["custom"])}
        for customer in customers
    ]
    update_rows(session(), Customer, changed)


def put_addresses(addresses: Iterable[tuple[uuid.UUID, Mapping[str, str] | None]]) -> None:
    """Give customers these main addresses instead of theirs; None takes it away."""
    wanted = dict(addresses)
    if not wanted:
        return
    main = CustomerAddress.is_main & among(CustomerAddress.customer_id, wanted)
    session.execute(delete(CustomerAddress).where(main).execution_options(synchronize_session=False))
    rows = [
        {"id": new_id(), "organization_id": current_organization(), "customer_id": id_, "is_main": True, **address}
        for id_, address in wanted.items()
        if address
    ]
    insert_rows(session(), CustomerAddress, rows)


def note(lines: Sequence[tuple[ImportRow, str, Mapping[str, Any]]], by: Author, story: str) -> None:
    """A line of each customer's timeline: (row, kind, data); once for each row and ``story``."""
    now = utcnow()
    insert_rows(
        session(),
        TimelineEntry,
        [_line(*line, by, f"{story}:{line[0].id}", now) for line in lines],
        skip_conflicts=True,
    )


def finish(rows: Sequence[ImportRow], names: Sequence[str]) -> None:
    """Write what became of rows: these of their columns."""
    update_rows(session(), ImportRow, [{name: getattr(row, name) for name in ("id", *names)} for row in rows])


def _line(row: ImportRow, kind: str, data: Mapping[str, Any], by: Author, key: str, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organization_id": current_organization(),
        "customer_id": row.customer_id,
        "kind": kind,
        "key": key,
        "data": {**data, "file": by.filename},
        "actor_id": by.id,
        "actor_name": by.name,
        "at": at,
    }


def _new(row: ImportRow, decision: Decision, known: Known, by: Author) -> dict[str, Any]:
    given = _columns(decision.changes, known)
    document = given.get("document")
    columns: dict[str, Any] = {**dict.fromkeys(WRITTEN), **_EMPTY, **given}
    columns["name"] = given.get("name") or given["legal_name"]
    columns["kind"] = numbers.kind_of(document) if document else given.get("kind") or _likely_kind(given)
    return {
        "id": row.customer_id,
        "organization_id": current_organization(),
        "version": 1,
        "created_by": by.id,
        "updated_at": utcnow(),
        **columns,
    }


def _likely_kind(given: Mapping[str, Any]) -> str:
    """What only companies have tells one."""
    return "company" if given.get("legal_name") or given.get("state_registration") else "person"


def _columns(changes: Mapping[str, Any], known: Known) -> dict[str, Any]:
    found = {name: changes[name] for name in WRITTEN if name in changes}
    if "group" in changes:
        found["group_id"] = known.groups[changes["group"]]
    return found


def _as_is(customer: Any) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in ("id", "version", *WRITTEN)}


def _named(decision: Decision) -> list[str]:
    """The fields that a known customer got, as the timeline names them."""
    names = {"group": "group_id", "address": "addresses"}
    return [names.get(name, name) for name in decision.changes] if decision.action == "update" else []


def _add_groups(rows: Rows, known: Known) -> dict[str, uuid.UUID]:
    """Make the groups that there are not; answers those made here, by the name that a row has first."""
    wanted = dict.fromkeys(name for _row, decision in rows if (name := decision.changes.get("group")))
    missing = [name for name in wanted if name not in known.groups]
    if not missing:
        return {}
    new = [{"id": new_id(), "organization_id": current_organization(), "name": name, "note": ""} for name in missing]
    added = insert_rows(session(), CompanyGroup, new, skip_conflicts=True, returning=("id", "name"))
    known.groups.update(group_ids(missing))
    return {row.name: row.id for row in added}
