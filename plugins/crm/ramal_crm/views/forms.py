"""Flat HTML forms to what services take, and back to fill them again."""

from __future__ import annotations

import re
from typing import Any

from flask import request

from ramal.api import RamalError
from ramal_crm import numbers
from ramal_crm.models import Customer
from ramal_crm.services.cep import formatted_cep
from ramal_crm.services.custom_fields import list_fields, shown
from ramal_crm.services.customers import addresses_of
from ramal_crm.services.customers.addresses import PARTS

_TEXTS = ("kind", "name", "legal_name", "document", "state_registration", "email", "phone", "website")
_ADDRESS = re.compile(r"addresses\.(\d{1,3})\.([a-z_]+)")
Flat = dict[str, str]


def sentences(error: RamalError) -> dict[str, list[str]]:
    """What is wrong by field, for a form; what an error says besides is for programs."""
    found = {name: said for name, said in error.details.items() if isinstance(said, list)}
    return found or {"_": [error.message]}


def given() -> Flat:
    """The form as it was sent, for showing it again."""
    return {name: request.form[name] for name in request.form if name != "csrf_token"}


def customer() -> dict[str, Any]:
    """A customer's form, for ``CustomerFields`` and its relatives."""
    form = request.form
    custom = {field.key: form.get(f"custom.{field.key}", "") for field in list_fields("customer")}
    return {
        **{name: form.get(name, "") for name in _TEXTS if name in form},
        **{name: form.get(name) or None for name in ("birth_date", "group_id", "owner_id")},
        "tags": form.get("tags", "").split(","),
        "custom": {key: value for key, value in custom.items() if f"custom.{key}" in form},
        "addresses": addresses(),
    }


def addresses() -> list[dict[str, Any]]:
    """The addresses of a form, in the order of the page; an empty one stays, so that places agree with errors."""
    rows: dict[int, dict[str, Any]] = {}
    for name in request.form:
        place = _ADDRESS.fullmatch(name)
        if place and place[2] in PARTS:
            rows.setdefault(int(place[1]), {})[place[2]] = request.form[name].strip()
    main = request.form.get("main_address", type=int)
    return [{**rows[place], "is_main": place == main} for place in sorted(rows)]


def flat(row: Customer) -> Flat:
    """A customer's fields on a form."""
    found = {name: str(getattr(row, name) or "") for name in (*_TEXTS, "birth_date", "group_id", "owner_id")}
    found |= {"document": numbers.formatted(row.document), "tags": ", ".join(row.tags), "version": str(row.version)}
    for field in list_fields("customer"):
        value = row.custom.get(field.key)
        raw = field.type in ("date", "url", "text", "choice")
        found[f"custom.{field.key}"] = str(value or "") if raw else shown(field, value)
        if field.type == "yes_no" and value is not None:
            found[f"custom.{field.key}"] = "1" if value else "0"
    for place, address in enumerate(addresses_of(row.id)):
        found |= {f"addresses.{place}.{part}": getattr(address, part) for part in PARTS}
        found[f"addresses.{place}.postal_code"] = formatted_cep(address.postal_code)
        if address.is_main:
            found["main_address"] = str(place)
    return found


def places(values: Flat) -> list[int]:
    """Which addresses a form shows: those that have something, and the first one."""
    used = {int(found[1]) for name in values if (found := _ADDRESS.fullmatch(name))}
    return sorted(used | {0})
