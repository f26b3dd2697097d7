"""What becomes of a row: create, update, same, duplicate or bad. The dry run decides so, and so does the run itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ramal.api import gettext as _
from ramal_crm.models import CustomField
from ramal_crm.services.imports import matching
from ramal_crm.services.imports.matching import Customer, Known, Seen


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run meets customers, and what it may change of them."""

    keys: Sequence[str]
    overwrite: bool
    #: The organization's own fields that a new customer must have.
    required: Sequence[CustomField]
    #: Field → header of its column.
    headers: Mapping[str, str]


@dataclass(slots=True)
class Decision:
    """``changes`` by column and ``before`` what stands there, both as JSON; of a row that makes one, all of it."""

    action: str
    customer: Customer = None
    changes: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)


def decide(row: Mapping[str, Any], known: Known, rules: Rules, seen: Seen | None = None, number: int = 0) -> Decision:
    """What to do with a row that could be read. ``seen`` are the rows of its file before it, ``number`` its own."""
    key, met = matching.customers_of(row, known, rules.keys)
    if len(met) > 1:
        return _refused("duplicate", rules, key, "ambiguous", matching.ambiguous(key, met))
    customer = met[0] if met else None
    owner = matching.owner_of(row.get("document"), known)
    if owner is not None and owner is not customer:
        return _refused("duplicate", rules, "document", "taken", matching.taken(owner))
    earlier = seen.earlier(row, customer.id if customer else None) if seen else None
    if earlier is not None:
        return _refused("duplicate", rules, earlier[0], "repeated", matching.repeated(*earlier))
    decision = _of_new(row, rules) if customer is None else _of_known(row, customer, known, rules)
    if seen is not None and decision.action != "bad":
        seen.note(number, row, customer.id if customer else None)
    return decision


def _of_new(row: Mapping[str, Any], rules: Rules) -> Decision:
    if not (row.get("name") or row.get("legal_name")):
        return _refused("bad", rules, "name", "missing", _("A new customer needs a name."))
    missing = [own for own in rules.required if own.key not in row.get("custom", {})]
    if missing:
        found = Decision("bad")
        for own in missing:
            sentence = _("%(label)s must be filled in.", label=own.label)
            found.errors += _refused("bad", rules, f"custom.{own.key}", "missing", sentence).errors
        return found
    return Decision("create", changes=dict(row))


def _of_known(row: Mapping[str, Any], customer: Customer, known: Known, rules: Rules) -> Decision:
    changes = matching.changes_of(row, customer, known, overwrite=rules.overwrite)
    if not changes:
        return Decision("same", customer)
    return Decision("update", customer, changes, matching.before_of(changes, customer, known))


def _refused(action: str, rules: Rules, name: str, rule: str, sentence: str) -> Decision:
    error = {"column": rules.headers.get(name, ""), "field": name, "rule": rule, "sentence": sentence}
    return Decision(action, errors=[error])
