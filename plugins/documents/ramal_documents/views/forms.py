"""Flat HTML forms to the API's nested bodies, and back to fill them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import request

from ramal.api import InvalidPayload, RamalError
from ramal_documents import ids, money

PARTY = ("name", "document", "street", "district", "city", "state", "postal_code")
DAYS = ("refuse_after", "protest_after", "report_after")
DISCOUNTS = 3
#: term → the kinds it comes in, in the order the form offers them.
KINDS = {"interest": ("monthly", "daily"), "fine": ("percent", "amount"), "discounts": ("percent", "amount")}

Form = Mapping[str, str]


def party(form: Form, prefix: str) -> dict[str, str] | None:
    """`payer.name`, `payer.document` …; None when nothing was filled in."""
    found = {name: form.get(f"{prefix}.{name}", "").strip() for name in PARTY}
    return found if any(found.values()) else None


def lines(form: Form, name: str) -> list[str]:
    """A text area's lines."""
    return [line.strip() for line in form.get(name, "").splitlines() if line.strip()]


def terms(form: Form, ends: str) -> dict[str, Any]:
    """Interest, fine, discounts, days; `ends` is the field that says how long a discount lasts."""
    days = {name: form.get(name) or None for name in DAYS}
    return {
        "interest": _one(form, "interest"),
        "fine": _one(form, "fine"),
        "discounts": [
            {**found, ends: form.get(f"discounts.{place}.{ends}", "")}
            for place in range(DISCOUNTS)
            if (found := _one(form, f"discounts.{place}"))
        ],
        **days,
    }


def flat_party(values: Mapping[str, Any] | None, prefix: str) -> dict[str, str]:
    """The fields of a person on a form."""
    found = {f"{prefix}.{name}": str((values or {}).get(name) or "") for name in PARTY}
    return {**found, f"{prefix}.document": ids.formatted(found[f"{prefix}.document"])}


def flat_terms(values: Mapping[str, Any], ends: str) -> dict[str, str]:
    """The fields of stored terms on a form."""
    found = {name: "" if values.get(name) is None else str(values[name]) for name in DAYS}
    for name in ("interest", "fine"):
        found |= _flat_one(values.get(name), name, name)
    for place, discount in enumerate(values.get("discounts") or ()):
        found |= _flat_one(discount, f"discounts.{place}", "discounts")
        found[f"discounts.{place}.{ends}"] = str(discount.get(ends, ""))
    return found


def attempt(act: Callable[[], Any]) -> tuple[Any, Mapping[str, Any]]:
    """(what it answers, {}), or (None, sentences by field)."""
    try:
        return act(), {}
    except InvalidPayload as error:
        return None, sentences(error)


def sentences(error: RamalError) -> dict[str, list[str]]:
    """What is wrong by field, for a form; what an error says besides is for programs."""
    found = {name: said for name, said in error.details.items() if isinstance(said, list)}
    return found or {"_": [error.message]}


def given() -> dict[str, str]:
    """The form as it was sent, for showing it again."""
    return {name: request.form[name] for name in request.form if name != "csrf_token"}


def _one(form: Form, prefix: str) -> dict[str, str] | None:
    kind, value = form.get(f"{prefix}.kind", ""), form.get(f"{prefix}.value", "").strip()
    return {kind: value} if kind in KINDS[prefix.partition(".")[0]] else None


def _flat_one(value: Mapping[str, Any] | None, prefix: str, term: str) -> dict[str, str]:
    for kind in KINDS[term]:
        if value and value.get(kind) is not None:
            return {f"{prefix}.kind": kind, f"{prefix}.value": money.formatted(Decimal(value[kind]))}
    return {}
