"""Which customers rows speak of, a chunk of rows at a time; and what of those would change.

A customer is met by CPF or CNPJ, else by phone, else by e-mail, as far as the run's options say so. Two who have
different documents are never one, though they share a phone or an address; a document that only one of them has says
nothing against the other.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ARRAY, String, cast, func, select

from ramal.api import among, session
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import CompanyGroup, CustomerAddress
from ramal_crm.models import Customer as Table
from ramal_crm.services.customers.addresses import PARTS

KEYS = ("document", "phone", "email")
#: Columns that a row may change, those apart that are looked at more closely.
PLAIN = ("name", "legal_name", "document", "state_registration", "email", "phone", "birth_date", "website")
#: All columns that are written.
WRITTEN = ("kind", *PLAIN, "group_id", "tags", "custom")
#: A customer as a plain object with the columns below, and its main address as ``address``.
Customer = Any
_READ = ("id", "version", *WRITTEN)
_NAMED = 3


@dataclass(slots=True)
class Known:
    """Customers that a chunk of rows may mean, by what they are met by."""

    by_id: dict[uuid.UUID, Customer] = field(default_factory=dict)
    by_key: dict[tuple[str, str], list[Customer]] = field(default_factory=lambda: defaultdict(list))
    #: Name as a row has it → id of the group that there is, and id → name.
    groups: dict[str, uuid.UUID] = field(default_factory=dict)
    group_names: dict[uuid.UUID, str] = field(default_factory=dict)


def look_up(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], *, lock: bool = False) -> Known:
    """What the database knows about what these rows say; ``lock`` holds the customers until the transaction ends."""
    known = Known()
    ids: set[uuid.UUID] = set()
    # A document is one customer's, whether or not customers are met by it.
    for key in {"document", *keys}:
        given = {row[key] for row in rows if row.get(key)}
        if given:
            ids.update(session.execute(select(Table.id).where(among(getattr(Table, key), given))).scalars())
    for customer in read_customers(ids, lock=lock):
        known.by_id[customer.id] = customer
        for key in {"document", *keys}:
            if getattr(customer, key):
                known.by_key[key, getattr(customer, key)].append(customer)
    _look_up_groups(known, rows)
    return known


def read_customers(ids: Iterable[uuid.UUID], *, lock: bool = False) -> list[Customer]:
    """Plain objects with their main addresses, in order of id so that two who lock don't wait for each other."""
    query = select(*(getattr(Table, name) for name in _READ)).where(among(Table.id, ids)).order_by(Table.id)
    rows = session.execute(query.with_for_update() if lock else query)
    customers = [SimpleNamespace(**dict(zip(_READ, row, strict=True)), address=None) for row in rows]
    by_id = {customer.id: customer for customer in customers}
    parts = (getattr(CustomerAddress, part) for part in PARTS)
    main = select(CustomerAddress.customer_id, CustomerAddress.id, *parts).where(CustomerAddress.is_main)
    for owner, id_, *texts in session.execute(main.where(among(CustomerAddress.customer_id, by_id))):
        by_id[owner].address = dict(zip(PARTS, texts, strict=True))
        by_id[owner].address_id = id_
    return list(customers)


def customers_of(row: Mapping[str, Any], known: Known, keys: Sequence[str]) -> tuple[str, list[Customer]]:
    """(what they were met by, whom the row means): more than one where it can't be told."""
    for key in keys:
        met = [each for each in known.by_key.get((key, row.get(key) or ""), ()) if not _are_two(row, each.document)]
        if met:
            return key, met
    return "", []


def _are_two(row: Mapping[str, Any], document: str | None) -> bool:
    own = row.get("document")
    return bool(own and document and own != document)


class Seen:
    """Rows of the same file so far, by what they are met by."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(key for key in KEYS if key == "document" or key in keys)
        self._rows: dict[tuple[str, str], list[tuple[int, str | None]]] = defaultdict(list)
        self._customers: dict[uuid.UUID, int] = {}

    def earlier(self, row: Mapping[str, Any], customer_id: uuid.UUID | None) -> tuple[str, int] | None:
        """(what they share, number) of an earlier row that means the same customer."""
        for key in self._keys:
            for number, document in self._rows.get((key, row.get(key) or ""), ()):
                if not _are_two(row, document):
                    return key, number
        changed = self._customers.get(customer_id) if customer_id else None
        return ("customer", changed) if changed else None

    def note(self, number: int, row: Mapping[str, Any], customer_id: uuid.UUID | None) -> None:
        """Remember a row that makes or changes a customer."""
        for key in self._keys:
            if row.get(key):
                self._rows[key, row[key]].append((number, row.get("document")))
        if customer_id is not None:
            self._customers[customer_id] = number


def changes_of(row: Mapping[str, Any], customer: Customer, known: Known, *, overwrite: bool) -> dict[str, Any]:
    """What a row changes of a customer: by column, ``address`` whole, ``group`` by name.

    Without ``overwrite`` only what is empty is filled. Tags are added, never taken away.
    """
    changes = {
        name: row[name]
        for name in PLAIN
        if row.get(name) and row[name] != _plain(getattr(customer, name)) and (overwrite or not getattr(customer, name))
    }
    kind = _kind_of(row, changes, customer, overwrite=overwrite)
    if kind != customer.kind:
        changes["kind"] = kind
    tags = sorted({*customer.tags, *row.get("tags", ())})
    if tags != customer.tags:
        changes["tags"] = tags
    own = {key: value for key, value in row.get("custom", {}).items() if overwrite or key not in customer.custom}
    if any(customer.custom.get(key) != value for key, value in own.items()):
        changes["custom"] = {**customer.custom, **own}
    group = row.get("group")
    if group and known.groups.get(group, "") != customer.group_id and (overwrite or customer.group_id is None):
        changes["group"] = group
    address = row.get("address")
    if address and address != customer.address and (overwrite or customer.address is None):
        # Nothing that the file does not know is taken away from an address that it does know.
        stands = customer.address or dict.fromkeys(PARTS, "")
        changes["address"] = {**stands, **{part: text for part, text in address.items() if text}}
        if changes["address"] == customer.address:
            del changes["address"]
    return changes


def before_of(changes: Mapping[str, Any], customer: Customer, known: Known) -> dict[str, Any]:
    """What stands now where ``changes`` would go, as JSON."""
    before = {name: _plain(getattr(customer, name)) for name in changes if name != "group"}
    if "group" in changes:
        before["group"] = known.group_names.get(customer.group_id)
        before["group_id"] = str(customer.group_id) if customer.group_id else None
    return before


def group_ids(names: Iterable[str]) -> dict[str, uuid.UUID]:
    """Ids of the groups that there are, by the name as it is given."""
    # PostgreSQL makes both small: it and Python don't agree on every letter.
    given = func.unnest(cast(list(names), ARRAY(String))).column_valued("given")
    same = func.lower(CompanyGroup.name) == func.lower(given)
    found = session.execute(select(given, CompanyGroup.id).join(CompanyGroup, same))
    return {row[0]: row[1] for row in found}


def owner_of(document: str | None, known: Known) -> Customer | None:
    """Whose CPF or CNPJ this is."""
    return next(iter(known.by_key.get(("document", document or ""), ())), None)


def taken(owner: Customer) -> str:
    """A sentence about a document that is another's."""
    return _("%(name)s has this CPF or CNPJ already.", name=owner.name)


def ambiguous(key: str, met: Sequence[Customer]) -> str:
    """A sentence about several customers of whom a row may mean any."""
    names = ", ".join(customer.name for customer in met[:_NAMED]) + (" …" if len(met) > _NAMED else "")
    if key == "phone":
        return _("%(count)s customers have this phone: %(names)s.", count=len(met), names=names)
    return _("%(count)s customers have this e-mail: %(names)s.", count=len(met), names=names)


def repeated(key: str, number: int) -> str:
    """A sentence about an earlier row that means the same customer."""
    sentences = {
        "document": _("Row %(number)s has the same CPF or CNPJ.", number=number),
        "phone": _("Row %(number)s has the same phone.", number=number),
        "email": _("Row %(number)s has the same e-mail.", number=number),
    }
    return sentences.get(key) or _("Row %(number)s means the same customer.", number=number)


def _kind_of(row: Mapping[str, Any], changes: Mapping[str, Any], customer: Customer, *, overwrite: bool) -> str:
    """A document says what somebody is; only without one the row may."""
    document = changes.get("document") or customer.document
    if document:
        return numbers.kind_of(document)
    kind: str = row.get("kind") or customer.kind
    return kind if overwrite else str(customer.kind)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _look_up_groups(known: Known, rows: Iterable[Mapping[str, Any]]) -> None:
    wanted = {row["group"] for row in rows if row.get("group")}
    if wanted:
        known.groups = group_ids(wanted)
        ids = {customer.group_id for customer in known.by_id.values()} - {None}
        named = select(CompanyGroup.id, CompanyGroup.name).where(among(CompanyGroup.id, ids))
        known.group_names = {row.id: row.name for row in session.execute(named)}
