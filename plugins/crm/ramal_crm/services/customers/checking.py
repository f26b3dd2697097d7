"""What somebody typed about a customer, read into what is kept, with everything wrong told at once."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from ramal.api import NotFound, get_member, parse_phone
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import Customer
from ramal_crm.models.customers import KINDS
from ramal_crm.services import custom_fields, groups
from ramal_crm.services.problems import Problems, refuse
from ramal_crm.services.tags import tidy_tags

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
#: Plain texts and how long they may be.
_WIDTHS = {"name": 160, "legal_name": 160, "state_registration": 20, "website": 200, "email": 254}
#: What ``create_customer`` and ``update_customer`` take, addresses and contacts apart.
COLUMNS = (
    "kind",
    "name",
    "legal_name",
    "document",
    "state_registration",
    "email",
    "phone",
    "birth_date",
    "website",
    "group_id",
    "owner_id",
    "tags",
    "custom",
)


def checked(values: Mapping[str, Any], before: Customer | None = None) -> dict[str, Any]:
    """The columns to write: all of a new customer, of a known one those that ``values`` names.

    A CPF or CNPJ says the kind where ``kind`` is left out. InvalidPayload by field.
    """
    problems = Problems()
    found: dict[str, Any] = {}
    for name in COLUMNS:
        if name in values and name not in ("kind", "custom"):
            found[name] = problems.take(partial(read_column, name, values[name]))
    found["kind"] = values.get("kind") or (before.kind if before else _kind_by(found.get("document")))
    _check_kind(found, before, problems)
    if before is None and not found.get("name"):
        problems.add("name", _("Write a name."))
    if "custom" in values or before is None:
        kept = before.custom if before else {}
        given = values.get("custom") or {}
        found["custom"] = problems.take(lambda: custom_fields.read("customer", given, kept))
    problems.end()
    return found


def _kind_by(document: str | None) -> str:
    return numbers.kind_of(document) if document else "person"


def _check_kind(found: Mapping[str, Any], before: Customer | None, problems: Problems) -> None:
    kind, document = found["kind"], found.get("document", before.document if before else None)
    if kind not in KINDS:
        problems.add("kind", _("A customer is a person or a company."))
    elif document and numbers.kind_of(document) != kind:
        sentence = (
            _("This is a CNPJ, and persons have a CPF.")
            if kind == "person"
            else _("This is a CPF, and companies have a CNPJ.")
        )
        problems.add("document", sentence)


def read_column(name: str, value: Any) -> Any:
    """One of ``COLUMNS``, ``kind`` and ``custom`` apart, as it is kept. InvalidPayload."""
    reader = _READERS.get(name)
    if reader is not None:
        return reader(value)
    text = " ".join(str(value or "").split())
    if len(text) > _WIDTHS[name]:
        raise refuse(name, _("At most %(most)s characters.", most=_WIDTHS[name]))
    if name == "name" and not text:
        raise refuse("name", _("Write a name."))
    return text


def _document(value: Any) -> str | None:
    document = numbers.tidy(str(value or ""))
    if document and not numbers.is_valid(document):
        raise refuse("document", _("This CPF or CNPJ is not right; look at its digits again."))
    return document or None


def _email(value: Any) -> str | None:
    email = str(value or "").strip().lower()
    if email and (len(email) > _WIDTHS["email"] or not _EMAIL.fullmatch(email)):
        raise refuse("email", _("This is not an e-mail address."))
    return email or None


def _phone(value: Any) -> str | None:
    typed = str(value or "").strip()
    try:
        return parse_phone(typed) if typed else None
    except ValueError:
        message = _("This is not a phone number. Write it with area code, such as 11 98765-4321.")
        raise refuse("phone", message) from None


def _birth_date(value: Any) -> date | None:
    if not value:
        return None
    if not isinstance(value, date):
        raise refuse("birth_date", _("Write a day."))
    if not date(1850, 1, 1) <= value <= date.today():  # noqa: DTZ011 (a day of birth has no time zone)
        raise refuse("birth_date", _("Nobody who is alive was born on this day."))
    return value


def _group(value: Any) -> uuid.UUID | None:
    return groups.get_group(value).id if value else None


def _owner(value: Any) -> uuid.UUID | None:
    if not value:
        return None
    member = get_member(value)
    if not member.active:
        raise NotFound(_("There is no such member."))
    return member.id


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "document": _document,
    "email": _email,
    "phone": _phone,
    "birth_date": _birth_date,
    "group_id": _group,
    "owner_id": _owner,
    "tags": lambda value: tidy_tags(value or ()),
}
