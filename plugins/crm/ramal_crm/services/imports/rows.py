"""A row to what is known of a customer, and all that is wrong with it: by column, rule and sentence.

What is kept of a row is JSON: the customer's columns by name, ``group`` by its name, ``address`` and ``custom`` as
objects. The rules are those of customers typed by hand (``services.customers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from ramal.api import InvalidPayload, tables
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import CustomField, ImportRun
from ramal_crm.services import custom_fields
from ramal_crm.services.customers.addresses import read_address
from ramal_crm.services.customers.checking import read_column
from ramal_crm.services.imports.fields import IDENTIFYING, STAND_INS, Field
from ramal_crm.services.imports.phones import read_phone
from ramal_crm.services.tags import tidy_tags

_KINDS = {
    **dict.fromkeys(("person", "pessoa", "pf", "f", "fisica", "pessoa fisica", "individual"), "person"),
    **dict.fromkeys(("company", "pj", "j", "juridica", "pessoa juridica", "empresa", "business"), "company"),
}
_GROUP_WIDTH = 120
_CPF, _CNPJ, _CEP = 11, 14, 8
#: Digits that are left of a document which began with zeros, at least.
_LEAST = 8
#: The branch number in the CNPJ of a company's first establishment.
_HEAD_OFFICE = "0001"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of one file are read."""

    headers: Sequence[str]
    #: (field, place of its column), in the order of the columns.
    columns: Sequence[tuple[Field, int]]
    options: Mapping[str, Any]
    #: Place of a column → whether its numbers are written ``pt`` or ``en``, empty where nothing tells.
    numbers: Mapping[int, str]
    dates: str


@dataclass(slots=True)
class Reading:
    """What a row says; ``errors`` are JSON as rows keep it."""

    number: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)


def plan_of(run: ImportRun, fields: Mapping[str, Field], rows: Sequence[tables.Row]) -> Plan:
    """What was said about the file; where nothing was, what its columns tell."""
    columns = sorted(
        ((fields[name], place) for name, place in run.columns.items() if name in fields), key=itemgetter(1)
    )

    def cells(places: Iterable[int]) -> Iterator[tables.Cell]:
        return (row.cells[place] for place in places for row in rows)

    days = [place for field_, place in columns if _holds(field_, "date")]
    figures = [place for field_, place in columns if _holds(field_, "number")]
    return Plan(
        headers=run.headers,
        columns=columns,
        options=run.options,
        numbers={place: run.options["numbers"] or tables.numbers_of(cells([place])) for place in figures},
        dates=run.options["dates"] or tables.order_of(cells(days)),
    )


def read_row(row: tables.Row, plan: Plan) -> Reading:
    """Read a row. Whether it makes a new customer or changes one is not known yet."""
    reading = Reading(row.number, [tables.shown(cell) for cell in row.cells])
    address: dict[str, str] = {}
    for field_, place in plan.columns:
        cell = row.cells[place]
        if cell == "" or STAND_INS.get(field_.name) in reading.values:
            continue
        text = tables.unescaped(reading.cells[place])
        try:
            if field_.custom is not None:
                found = _own(field_.custom, cell, text, plan.numbers.get(place, ""), plan.dates)
                reading.values.setdefault("custom", {})[field_.custom.key] = found
            elif field_.part:
                address[field_.part] = _address_part(field_.part, cell, text)
            else:
                name = STAND_INS.get(field_.name, field_.name)
                reading.values[name] = _READERS.get(name, _plain)(name, cell, text, plan)
        except tables.CellError as error:
            reading.errors.append(problem(plan, field_.name, error.rule, error.sentence))
    _take_address(reading, address, plan)
    _judge(reading, plan)
    return reading


def problem(plan: Plan, name: str, rule: str, sentence: str) -> dict[str, str]:
    """What is wrong, as rows keep it."""
    column = next((plan.headers[place] for field_, place in plan.columns if field_.name == name), "")
    return {"column": column, "field": name, "rule": rule, "sentence": sentence}


def _holds(field_: Field, type_: str) -> bool:
    own = field_.custom is not None and field_.custom.type == type_
    return own or (type_ == "date" and field_.name == "birth_date")


def _judge(reading: Reading, plan: Plan) -> None:
    """What no single cell tells."""
    values, wrong = reading.values, {error["field"] for error in reading.errors}
    document, kind = values.get("document"), values.get("kind")
    if document and kind and numbers.kind_of(document) != kind:
        sentence = (
            _("This is a CNPJ, and persons have a CPF.")
            if kind == "person"
            else _("This is a CPF, and companies have a CNPJ.")
        )
        reading.errors.append(problem(plan, "document", "other_kind", sentence))
    if not wrong.intersection(IDENTIFYING) and not any(values.get(name) for name in IDENTIFYING):
        sentence = _("The row has no name and nothing by which a customer could be recognized.")
        reading.errors.append(problem(plan, "name", "missing", sentence))


def _take_address(reading: Reading, given: Mapping[str, str], plan: Plan) -> None:
    if not given:
        return
    try:
        reading.values["address"] = read_address(given)
    except InvalidPayload as error:
        for part, sentences in error.details.items():
            reading.errors += [problem(plan, f"address.{part}", "not_allowed", sentence) for sentence in sentences]


def _plain(name: str, _cell: tables.Cell, text: str, _plan: Plan) -> Any:
    return _typed(name, text)


def _typed(name: str, value: Any, rule: str = "not_allowed") -> Any:
    """As it would be read from a form. CellError."""
    try:
        return read_column(name, value)
    except InvalidPayload as error:
        raise tables.CellError(rule, " ".join(error.details.get(name) or [error.message])) from None


def _document(_name: str, _cell: tables.Cell, typed: str, _plan: Plan) -> str:
    text = numbers.tidy(typed)
    found = text if numbers.is_valid(text) else _with_zeros(text)
    if found is not None:
        return found
    if len(text) not in (_CPF, _CNPJ):
        sentence = _("“%(text)s” has neither the 11 digits of a CPF nor the 14 of a CNPJ.", text=text)
        raise tables.CellError("length", sentence)
    called = "CPF" if len(text) == _CPF else "CNPJ"
    sentence = _("“%(text)s” is not a %(called)s: its check digits are wrong.", text=text, called=called)
    raise tables.CellError("check_digits", sentence)


def _with_zeros(text: str) -> str | None:
    """The CPF or CNPJ of which a spreadsheet made a number: its zeros are lost, the check digits tell which it was.

    A wrong CPF would pass for a CNPJ one time in a hundred, so that one has to be of a head office.
    """
    if not text.isdecimal() or len(text) < _LEAST:
        return None
    cpf, cnpj = text.zfill(_CPF), text.zfill(_CNPJ)
    if len(text) < _CPF and numbers.is_valid(cpf):
        return cpf
    head_office = len(text) > _CPF or cnpj[8:12] == _HEAD_OFFICE
    return cnpj if head_office and len(cnpj) == _CNPJ and numbers.is_valid(cnpj) else None


def _phone(_name: str, _cell: tables.Cell, text: str, plan: Plan) -> str:
    return read_phone(text, plan.options)


def _email(name: str, _cell: tables.Cell, text: str, _plan: Plan) -> Any:
    return _typed(name, text, "not_an_email")


def _birth_date(name: str, cell: tables.Cell, _text: str, plan: Plan) -> str:
    day: date = _typed(name, tables.day(cell, plan.dates))
    return day.isoformat()


def _kind(_name: str, _cell: tables.Cell, text: str, _plan: Plan) -> str:
    found = _KINDS.get(tables.fold(text))
    if found is None:
        sentence = _("“%(text)s” is neither a person (PF) nor a company (PJ).", text=text)
        raise tables.CellError("not_a_kind", sentence)
    return found


def _group(_name: str, _cell: tables.Cell, typed: str, _plan: Plan) -> str:
    text = " ".join(typed.split())
    if len(text) > _GROUP_WIDTH:
        raise tables.CellError("too_long", _("This has more than %(limit)s characters.", limit=_GROUP_WIDTH))
    return text


def _tags(_name: str, _cell: tables.Cell, text: str, _plan: Plan) -> list[str]:
    try:
        return tidy_tags(re.split(r"[,;|\n]", text))
    except InvalidPayload as error:
        raise tables.CellError("too_long", error.message) from None


def _address_part(part: str, cell: tables.Cell, text: str) -> str:
    lost_zero = part == "postal_code" and isinstance(cell, Decimal) and text.isdecimal()
    return text.zfill(_CEP) if lost_zero else text


def _own(own: CustomField, cell: tables.Cell, text: str, written: str, dates: str) -> Any:
    """What an organization's own field keeps."""
    value: Any = text
    if own.type == "date":
        value = tables.day(cell, dates)
    elif own.type == "number":
        value = cell if isinstance(cell, Decimal) else _figure(text, written)
    try:
        return custom_fields.read_value(own, value)
    except InvalidPayload as error:
        raise tables.CellError(
            "own_field", " ".join(error.details.get(f"custom.{own.key}") or [error.message])
        ) from None


def _figure(text: str, written: str) -> str:
    """A number as the field's reader takes it, thousands without a mark."""
    if written == "en":
        return text.replace(",", "")
    return text.replace(".", "") if written == "pt" else text


_READERS: Mapping[str, Any] = {
    "document": _document,
    "phone": _phone,
    "email": _email,
    "birth_date": _birth_date,
    "kind": _kind,
    "group": _group,
    "tags": _tags,
}
