"""Customers found: one by id or document, those of a contact, and the list with its filters."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from ramal.api import NotFound, Page, decode_cursor, encode_cursor, parse_phone, session
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import Customer, CustomerContact

_MOST_WORDS = 10


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which customers a list shows. ``text``: words of the name, a document, an e-mail or a phone, or how it begins."""

    text: str = ""
    kind: str = ""
    tag: str = ""
    group_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None
    archived: bool = False


def get_customer(customer_id: uuid.UUID, *, locked: bool = False) -> Customer:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(Customer).where(Customer.id == customer_id).execution_options(populate_existing=True)
    found: Customer | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such customer."))
    return found


def find_by_document(document: str) -> Customer | None:
    """The customer of a CPF or CNPJ, however it is written."""
    query = select(Customer).where(Customer.document == numbers.tidy(document))
    found: Customer | None = session.execute(query).scalar_one_or_none()
    return found


def customers_of_contact(contact_id: uuid.UUID) -> list[Customer]:
    """Whom a contact writes for, first those whose main contact they are, then as they were linked; none archived."""
    query = (
        select(Customer)
        .join(CustomerContact, CustomerContact.customer_id == Customer.id)
        .where(CustomerContact.contact_id == contact_id, Customer.archived_at.is_(None))
        .order_by(CustomerContact.is_main.desc(), CustomerContact.id)
    )
    return list(session.execute(query).scalars())


def list_customers(filters: Filters, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """By name, by key."""
    keys = (Customer.sort_name, Customer.id)
    query = _filtered(select(Customer), filters)
    if cursor is not None:
        query = query.where(tuple_(*keys) > tuple_(*decode_cursor(cursor, str, uuid.UUID)))
    rows = list(session.execute(query.order_by(*keys).limit(page_size + 1)).scalars())
    more, rows = len(rows) > page_size, rows[:page_size]
    return Page(rows, encode_cursor(rows[-1].sort_name, rows[-1].id) if more else None)


def matching(filters: Filters) -> Select[Any]:
    """The ids that a list would show, for those who export or change them all."""
    return _filtered(select(Customer.id), filters)


def suggestions(text: str, *, most: int = 8) -> Sequence[Customer]:
    """A few customers to choose from while somebody types."""
    found: Sequence[Customer] = list_customers(Filters(text=text), page_size=most).items
    return found


def _filtered(query: Select[Any], filters: Filters) -> Select[Any]:
    query = query.where(Customer.archived_at.is_not(None) if filters.archived else Customer.archived_at.is_(None))
    if filters.kind:
        query = query.where(Customer.kind == filters.kind)
    if filters.tag:
        query = query.where(Customer.tags.contains([filters.tag.strip().lower()]))
    if filters.group_id is not None:
        query = query.where(Customer.group_id == filters.group_id)
    if filters.owner_id is not None:
        query = query.where(Customer.owner_id == filters.owner_id)
    if filters.contact_id is not None:
        linked = select(CustomerContact.customer_id).where(CustomerContact.contact_id == filters.contact_id)
        query = query.where(Customer.id.in_(linked))
    return query.where(_matches(filters.text)) if filters.text.strip() else query


def _matches(text: str) -> ColumnElement[bool]:
    """A document or a phone as one, else every word as the beginning of one."""
    document = numbers.tidy(text)
    ways: list[ColumnElement[bool]] = []
    if re.fullmatch(r"[0-9A-Z]{11,14}", document) and any(sign.isdigit() for sign in document):
        ways.append(Customer.document == document)
    try:
        ways.append(Customer.phone == parse_phone(text))
    except ValueError:
        pass
    words = " & ".join(f"{word}:*" for part in text.split()[:_MOST_WORDS] for word in _lexemes(part))
    if words:
        ways.append(Customer.search.bool_op("@@")(func.to_tsquery("simple", func.ramal_unaccent(words))))
    # Nothing to look for finds nothing, rather than all.
    return or_(*ways) if ways else Customer.id.is_(None)


def _lexemes(part: str) -> list[str]:
    """What to_tsquery may be given: plain words, an e-mail address as one, a document without its points."""
    if re.fullmatch(r"[\w.+\-]+@[\w.\-]+", part):
        return [f"'{part}'"]
    if re.fullmatch(r"[0-9A-Za-z]{2}[0-9A-Za-z./\-]*[./][0-9A-Za-z./\-]*", part) and part[0].isdigit():
        return [numbers.tidy(part)]
    return re.findall(r"\w+", part)
