"""A row to what a boleto takes, and all that is wrong with it: by column, rule and sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from ramal.api import InvalidPayload, tables
from ramal.api import gettext as _
from ramal_documents import dates, ids
from ramal_documents.boleto.code import LARGEST_CENTS
from ramal_documents.models import Batch, Charge, IssuingAccount
from ramal_documents.services import charges
from ramal_documents.services.batches.fields import FIELDS, Field

#: Lines of instructions or statement in one cell, apart by a line break or a bar.
_LINES = 8
_COMPARED = ("agency", "account")
#: The branch number in the CNPJ of a company's first establishment.
_HEAD_OFFICE = "0001"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of one file are read."""

    headers: Sequence[str]
    columns: Mapping[str, int]
    numbers: str
    dates: str


@dataclass(slots=True)
class Reading:
    """What a row says; ``errors`` are JSON as rows keep it."""

    given: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)


def plan_of(batch: Batch, rows: Sequence[tables.Row]) -> Plan:
    """What was said about the file; where nothing was, what its columns tell."""

    def cells(kind: str) -> Iterator[tables.Cell]:
        places = [batch.columns[name] for name in batch.columns if FIELDS[name].kind == kind]
        return (row.cells[place] for row in rows for place in places)

    return Plan(
        headers=batch.headers,
        columns=batch.columns,
        numbers=batch.numbers or tables.numbers_of(cells("amount")),
        dates=batch.dates or tables.order_of(cells("date")),
    )


def read_row(row: tables.Row, plan: Plan, account: IssuingAccount) -> Reading:
    """Read a row and try its boleto."""
    reading = Reading()
    for name, place in sorted(plan.columns.items(), key=itemgetter(1)):
        try:
            found = _read(FIELDS[name], row.cells[place], plan)
        except tables.CellError as error:
            reading.errors.append(_error(plan, name, error.rule, error.sentence))
            continue
        if found is not None:
            reading.given[name] = found
    wrong = {error["field"] for error in reading.errors}
    for name, rule, sentence in _judged(reading.given, account):
        # A field that could not be read is missing only because of that.
        if name not in wrong:
            reading.errors.append(_error(plan, name, rule, sentence))
    return reading


def charge_of(given: Mapping[str, Any], account: IssuingAccount) -> Charge:
    """The boleto of a row, not yet in the database. InvalidPayload when it may not be issued today."""
    charge = charges.prepared(account, _values(given))
    charges.checked(charge, account)
    return charge


def stored(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was read, as JSON."""
    return {name: str(value) if isinstance(value, (Decimal, date)) else value for name, value in given.items()}


def restored(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The same back from JSON."""
    make: Mapping[str, Callable[[Any], Any]] = {"amount": Decimal, "date": date.fromisoformat}
    return {name: make[kind](value) if (kind := FIELDS[name].kind) in make else value for name, value in kept.items()}


def refused(error: InvalidPayload, headers: Sequence[str], columns: Mapping[str, int]) -> list[dict[str, str]]:
    """What an attempt to issue said, as rows keep it."""
    plan = Plan(headers, columns, "", "")
    return [
        _error(plan, name, "refused", sentence) for name, sentences in error.details.items() for sentence in sentences
    ]


def _read(field_: Field, cell: tables.Cell, plan: Plan) -> Any:
    """The cell's value, None when it is empty."""
    if cell == "":
        if field_.required:
            raise tables.CellError("missing", _("%(field)s is missing.", field=field_.title))
        return None
    if field_.kind == "amount":
        return tables.amount(cell, plan.numbers)
    if field_.kind == "date":
        return tables.day(cell, plan.dates)
    text = _document(cell) if field_.kind == "document" else tables.shown(cell)
    if field_.kind == "lines":
        return _lines(text, field_)
    text = " ".join(text.split())
    if len(text) > field_.longest:
        raise _too_long(field_)
    return text


def _lines(text: str, field_: Field) -> list[str]:
    lines = [" ".join(line.split()) for part in text.splitlines() for line in part.split("|")]
    found = [line for line in lines if line]
    if len(found) > _LINES:
        raise tables.CellError("too_long", _("There are more than %(limit)s lines.", limit=_LINES))
    if any(len(line) > field_.longest for line in found):
        raise _too_long(field_)
    return found


def _too_long(field_: Field) -> tables.CellError:
    return tables.CellError("too_long", _("This has more than %(limit)s characters.", limit=field_.longest))


def _document(cell: tables.Cell) -> str:
    """A CPF or CNPJ. One that a spreadsheet took for a number lost its zeros; the check digits tell which it was.

    The digits of a CPF that begins with 0 check as a CNPJ's too; it is taken for one only if it could be a head office.
    """
    text = tables.shown(cell)
    if not isinstance(cell, Decimal) or not text.isdecimal():
        return text
    cpf, cnpj = text.zfill(11), text.zfill(14)
    if not ids.is_cpf(cpf):
        return cnpj if ids.is_cnpj(cnpj) else text
    return text if cnpj[8:12] == _HEAD_OFFICE and ids.is_cnpj(cnpj) else cpf


def _judged(given: Mapping[str, Any], account: IssuingAccount) -> Iterator[tuple[str, str, str]]:
    """(field, rule, sentence) of what the bank or the law would not accept."""
    charge = charges.prepared(account, _values(given))
    for name in _COMPARED:
        if name in given:
            charge.issuer = {**charge.issuer, name: given[name]}
    said: Mapping[str, Any] = {}
    try:
        charges.checked(charge, account)
    except InvalidPayload as error:
        said = error.details
    for name, sentences in said.items():
        # One sentence a field: what else is said of it follows from that (a day in the past is before today's date).
        yield name, _rule(name, given), sentences[0]
    for name in _COMPARED:
        if name in given and name not in said and _bare(given[name]) != _bare(getattr(account, name)):
            own = getattr(account, name)
            sentence = _("“%(given)s” is not the issuing account's, which is %(own)s.", given=given[name], own=own)
            yield name, "other_account", sentence


def _bare(number: str) -> str:
    return ids.tidy(number).lstrip("0")


def _rule(name: str, given: Mapping[str, Any]) -> str:
    """A name for what was broken, of which the sentence says more."""
    value = given.get(name)
    if value is None or value == "":
        return "missing"
    if name == "amount":
        return _amount_rule(value)
    if name == "due_date":
        return "past" if value < dates.today() else "not_allowed"
    if name == "payer.document":
        return "check_digits" if ids.kind(value) else "length"
    return "not_digits" if name in _COMPARED else "not_allowed"


def _amount_rule(value: Decimal) -> str:
    if value == 0:
        return "zero"
    if value < 0:
        return "negative"
    if value * 100 > LARGEST_CENTS:
        return "too_large"
    return "cents"


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """As ``services.charges`` takes them. What could not be read is replaced, so that the rest can be tried."""
    party = {name.partition(".")[2]: text for name, text in given.items() if name.startswith("payer.")}
    plain = {name: value for name, value in given.items() if "." not in name and name not in _COMPARED}
    stand_ins = {"amount": Decimal(1), "due_date": dates.today()}
    return {**stand_ins, **plain, "payer": {"name": "-", "document": _ANYBODY, **party}}


#: A CPF that checks, where the row's own is wrong already.
_ANYBODY = "52998224725"


def _error(plan: Plan, name: str, rule: str, sentence: str) -> dict[str, str]:
    place = plan.columns.get(name)
    column = plan.headers[place] if place is not None else ""
    return {"column": column, "field": name, "rule": rule, "sentence": sentence}
