"""What of a person is kept elsewhere than with their customer: in deals, rows of imports and files. Erased, too."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from ramal.api import ContactInfo, session
from ramal_crm.models import Activity, Customer, Deal, DealChange, ExportRun, ImportRow, ImportRun, Note, TimelineEntry
from ramal_crm.services.customers.writing import forget_later
from ramal_crm.services.imports.matching import KEYS

#: What a person is called once it is erased; the same for all, in all languages.
ANONYMOUS = "—"
_BRAZILIAN = re.compile(r"55([1-9][1-9])(\d{8,9})")


def clean_deals(contact_id: uuid.UUID, names: Collection[str], customer_ids: Collection[uuid.UUID]) -> None:
    """Deals stay as the bookkeeping they are, but nobody's name is in their titles, nor what was written about them."""
    theirs = or_(Deal.contact_id == contact_id, Deal.customer_id.in_(customer_ids))
    deals = session.execute(select(Deal).where(theirs).order_by(Deal.id).with_for_update()).scalars().all()
    # A company's deals are about the company: of those, only the name goes.
    own = [deal for deal in deals if deal.customer_id is None or deal.customer_id in customer_ids]
    for deal in deals:
        deal.title = _without(deal.title, names)
        deal.contact_id = None if deal.contact_id == contact_id else deal.contact_id
        deal.version += 1
    for deal in own:
        deal.loss_note = ""
    ids = [deal.id for deal in own]
    session.execute(update(DealChange).where(DealChange.deal_id.in_(ids)).values(reason=""))
    for table in (Note, TimelineEntry, Activity):
        session.execute(delete(table).where(table.deal_id.in_(ids)))


def forget_copies(contact: ContactInfo, persons: Sequence[Customer]) -> None:
    """Rows of imports that speak of the contact or these persons are emptied; their files, and all exports, are thrown
    away.
    """
    rows = [
        ImportRow.customer_id.in_([person.id for person in persons]),
        *_named_by_key(persons),
        *_named_in_cells(contact, persons),
    ]
    spoken = session.execute(select(ImportRow.id, ImportRow.run_id).where(or_(*rows))).all()
    emptied: dict[str, Any] = {"cells": [], "values": {}, "before": {}, "errors": []}
    session.execute(update(ImportRow).where(ImportRow.id.in_([row.id for row in spoken])).values(**emptied))
    # What was started needs its file no more; a file that is only being looked at goes with its import.
    query = select(ImportRun).where(ImportRun.id.in_({row.run_id for row in spoken}), ImportRun.started_at.is_not(None))
    runs = session.execute(query.order_by(ImportRun.id).with_for_update()).scalars().all()
    exports = session.execute(select(ExportRun)).scalars().all()
    files = [*(run.file_id for run in runs), *(export.file_id for export in exports)]
    forget_later([file_id for file_id in files if file_id is not None])
    for run in runs:
        run.file_id, run.sample = None, []
    for export in exports:
        session.delete(export)


def _named_by_key(persons: Sequence[Customer]) -> list[ColumnElement[bool]]:
    """Rows that were not carried out, or were another's before they were merged, by CPF, phone and e-mail."""
    found = {key: [value for person in persons if (value := getattr(person, key))] for key in KEYS}
    return [ImportRow.values[key].astext.in_(values) for key, values in found.items() if values]


def _named_in_cells(contact: ContactInfo, persons: Sequence[Customer]) -> list[ColumnElement[bool]]:
    """Rows that could not be read have nothing but their cells: by CPF, phone, e-mail and full name in any of them.

    Rather one row too many than one too few: nothing came of these, and nothing needs them.
    """
    people: tuple[ContactInfo | Customer, ...] = (contact, *persons)
    cell = func.jsonb_array_elements_text(ImportRow.cells).table_valued("value", name="cell").render_derived()
    bare = func.upper(func.regexp_replace(cell.c.value, "[^0-9A-Za-z]", "", "g"))
    words = func.ramal_unaccent(func.regexp_replace(func.btrim(cell.c.value), r"\s+", " ", "g"))
    meant: list[ColumnElement[bool]] = []
    for document in {person.document for person in persons if person.document}:
        meant += [bare.contains(document), func.ltrim(bare, "0") == document.lstrip("0")]
    for phone in {person.phone for person in people if person.phone}:
        written, local = _spellings(phone)
        meant += [*(bare.contains(each) for each in written), bare.in_(local)]
    for email in {person.email.lower() for person in people if person.email}:
        pattern = rf"(^|[^a-z0-9._%+-]){re.escape(email)}($|[^a-z0-9-])"
        meant.append(func.lower(cell.c.value).regexp_match(pattern))
    for name in {" ".join(person.name.split()) for person in people}:
        if " " in name:  # a first name alone is anybody's
            meant.append(words == func.ramal_unaccent(name))
    unread = ImportRow.values == {}
    return [and_(unread, exists(select(1).select_from(cell).where(or_(*meant))))] if meant else []


def _spellings(phone: str) -> tuple[set[str], set[str]]:
    """Digits in which a number is contained however it was written, and those that are one without its area code."""
    digits = phone.removeprefix("+")
    national = _BRAZILIAN.fullmatch(digits)
    if national is None:
        return {digits}, set()
    area, local = national.groups()
    locals_ = {local, local[-8:]}  # without the ninth digit, too
    return {f"{area}{each}" for each in locals_}, locals_


def _without(title: str, names: Collection[str]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        title = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", ANONYMOUS, title, flags=re.IGNORECASE)
    return title
