"""Customers found: one by id or document, those of a contact, and the list with its filters."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB

from ramal.api import NotFound, Page, decode_cursor, encode_cursor, page_by_key, parse_phone, session
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import Customer, CustomerContact

_MOST_WORDS = 10
#: From so many hits on, rows stand so close in the list's order that reading along it is quicker than sorting them.
_MANY = 1000


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
    """By name, by key; what a text finds, newest first."""
    keys = (Customer.sort_name, Customer.id)
    query = matching(filters)
    if filters.text.strip():
        # In the order of names, those who have a common one stand together, far from where reading begins.
        return page_by_key(query, ((Customer.id, uuid.UUID),), cursor=cursor, page_size=page_size)
    if cursor is not None:
        query = query.where(tuple_(*keys) > tuple_(*decode_cursor(cursor, str, uuid.UUID)))
    rows = list(session.execute(query.order_by(*keys).limit(page_size + 1)).scalars())
    more, rows = len(rows) > page_size, rows[:page_size]
    return Page(rows, encode_cursor(rows[-1].sort_name, rows[-1].id) if more else None)


def matching(filters: Filters) -> Select[Any]:
    """A select of the customers that a list would show, for those who export or change them all."""
    query = select(Customer)
    query = query.where(Customer.archived_at.is_not(None) if filters.archived else Customer.archived_at.is_(None))
    for column, value in (
        (Customer.kind, filters.kind or None),
        (Customer.group_id, filters.group_id),
        (Customer.owner_id, filters.owner_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if filters.contact_id is not None:
        linked = select(CustomerContact.customer_id).where(CustomerContact.contact_id == filters.contact_id)
        query = query.where(Customer.id.in_(linked))
    if filters.text.strip() or filters.tag.strip():
        query = query.where(*_found(filters))
    return query


def suggestions(text: str, *, most: int = 8) -> Sequence[Customer]:
    """A few customers to choose from while somebody types."""
    found: Sequence[Customer] = list_customers(Filters(text=text), page_size=most).items
    return found


def _found(filters: Filters) -> list[ColumnElement[bool]]:
    """Text and tag: few hits by their ids; many, as the conditions themselves, which the list then meets soon."""
    text, tag = filters.text.strip(), filters.tag.strip().lower()
    typed = _typed(text)
    if text and not typed:
        return [Customer.id.is_(None)]
    words = func.to_tsquery("simple", func.ramal_unaccent(typed)) if typed else null()
    wanted = cast([tag], JSONB) if tag else null()
    hits = func.plugin_crm.customer_hits(words, wanted, filters.archived, _MANY, type_=ARRAY(Uuid))
    ids = session.execute(select(hits)).scalar_one()
    if ids is not None:
        return [Customer.id == any_(bindparam(None, ids, ARRAY(Uuid)))]
    found: list[ColumnElement[bool]] = [Customer.search.bool_op("@@")(words)] if typed else []
    if tag:
        found.append(Customer.tags.contains([tag]))
    # The planner takes words for rarer than they are and would read the whole table; of a "case" it expects half.
    return [case((and_(*found), True), else_=False)]


def _typed(text: str) -> str:
    """What to_tsquery takes: every word as the beginning of one, or all of it as a document or a phone."""
    document = numbers.tidy(text)
    words = [word for part in text.split()[:_MOST_WORDS] for word in _lexemes(part)]
    ways = [" & ".join(f"{word}:*" for word in words)] if words else []
    if re.fullmatch(r"[0-9A-Z]{11,14}", document):
        ways.append(document)
    try:
        ways.append(f"'{parse_phone(text)}'")
    except ValueError:
        pass
    return " | ".join(f"({way})" for way in ways)


def _lexemes(part: str) -> list[str]:
    """What to_tsquery may be given: plain words, an e-mail address as one, a document without its points."""
    if re.fullmatch(r"[\w.+\-]+@[\w.\-]+", part):
        return [f"'{part}'"]
    if re.fullmatch(r"[0-9A-Za-z]{2}[0-9A-Za-z./\-]*[./][0-9A-Za-z./\-]*", part) and part[0].isdigit():
        return [numbers.tidy(part)]
    return re.findall(r"\w+", part)
