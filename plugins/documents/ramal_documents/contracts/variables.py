"""What a template wants to know, once its schema is parsed (`declared`): the form made from it, and the data checked.

A template gets the data as dictionaries, by the dots in the names. What is optional and not given is None (no rows: an
empty list), so a template can ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ramal_documents import dates, money
from ramal_documents.contracts.errors import ContractError, InvalidContract
from ramal_documents.contracts.kinds import KINDS
from ramal_documents.contracts.plain import plain
from ramal_documents.errors import DocumentsError
from ramal_documents.words import gettext as _

MOST_ROWS = 500
RANGED = {"number", "money", "date", "rows"}


@dataclass(frozen=True)
class Option:
    """One of the answers to a choice."""

    value: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Variable:
    """One thing that a template wants to know; `columns` of rows are variables too."""

    name: str
    type: str
    label: Mapping[str, str]
    help: Mapping[str, str]
    required: bool = True
    default: Any = None
    sample: Any = None
    options: tuple[Option, ...] = ()
    columns: tuple[Variable, ...] = ()
    minimum: Any = None
    maximum: Any = None

    def read(self, value: Any, name: str = "") -> Any:
        """The plain value; `DocumentsError` (of rows `InvalidContract` with all of them) says what is wrong."""
        name = name or self.name
        if self.type == "rows":
            return self._read_rows(value, name)
        found = self._read_choice(value, name) if self.type == "choice" else KINDS[self.type].read(value, name)
        if self.type in RANGED:
            self._check_range(found, name)
        return found

    def empty(self) -> Any:
        """What a template gets where nothing was given."""
        return [] if self.type == "rows" else None

    def example(self) -> Any:
        """A value for a preview."""
        if self.sample is not None:
            return self.sample
        if self.default is not None:
            return self.default
        if self.type == "rows":
            row = {column.name: column.example() for column in self.columns}
            return [dict(row) for _number in range(max(2, self.minimum or 0))]
        if self.type == "choice":
            return self.options[0].value
        kind = KINDS[self.type]
        return kind.read(self._in_range(kind.sample), self.name)

    def _in_range(self, value: Any) -> Any:
        if self.minimum is not None and value < self.minimum:
            return self.minimum
        return self.maximum if self.maximum is not None and value > self.maximum else value

    def _read_choice(self, value: Any, name: str) -> str:
        for option in self.options:
            if str(value) == option.value:
                return option.value
        allowed = ", ".join(option.value for option in self.options)
        raise ContractError(name, _("It must be one of: %(allowed)s.", allowed=allowed))

    def _read_rows(self, value: Any, name: str) -> list[dict[str, Any]]:
        if not isinstance(value, (list, tuple)) or not all(isinstance(row, Mapping) for row in value):
            raise ContractError(name, _("It must be a list of rows."))
        if len(value) > (self.maximum or MOST_ROWS):
            raise ContractError(name, _("It may have at most %(count)s rows.", count=self.maximum or MOST_ROWS))
        self._check_range(len(value), name)
        errors: list[DocumentsError] = []
        rows = [read_all(self.columns, row, f"{name}.{number}.", errors) for number, row in enumerate(value, 1)]
        if errors:
            raise InvalidContract(errors)
        return rows

    def _check_range(self, value: Any, name: str) -> None:
        shown = self._printed(value)
        if self.minimum is not None and value < self.minimum:
            limit = self._printed(self.minimum)
            raise ContractError(name, _("%(value)s is less than %(limit)s.", value=shown, limit=limit))
        if self.maximum is not None and value > self.maximum:
            limit = self._printed(self.maximum)
            raise ContractError(name, _("%(value)s is more than %(limit)s.", value=shown, limit=limit))

    def _printed(self, value: Any) -> str:
        if self.type == "money":
            return money.with_symbol(value)
        return dates.short(value) if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Schema:
    """All variables of a template, in the order of its form."""

    variables: tuple[Variable, ...]

    def find(self, name: str) -> Variable | None:
        """The variable of that name."""
        return next((variable for variable in self.variables if variable.name == name), None)

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data that a template gets; `InvalidContract` with every problem.

        `data` is nested by group, or flat with dotted names, as forms and tables have it.
        """
        errors: list[DocumentsError] = []
        flat = dict(self._flat(data, errors))
        found = read_all(self.variables, flat, "", errors)
        if errors:
            raise InvalidContract(errors)
        return nested(found)

    def missing(self, data: Mapping[str, Any]) -> tuple[Variable, ...]:
        """The required variables without a value and without a default."""
        flat = dict(self._flat(data, []))
        return tuple(
            variable
            for variable in self.variables
            if variable.required and variable.default is None and _is_blank(flat.get(variable.name))
        )

    def sample(self, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Data for a preview: what is given and right, and examples for the rest."""
        flat = dict(self._flat(data or {}, []))
        return nested({variable.name: _or_example(variable, flat.get(variable.name)) for variable in self.variables})

    def form(self, language: str = "pt") -> list[dict[str, Any]]:
        """What a form is generated from: a field for each variable, with texts in `language`."""
        return [_field(variable, language) for variable in self.variables]

    def _flat(self, data: Mapping[str, Any], errors: list[DocumentsError]) -> Iterator[tuple[str, Any]]:
        names = {variable.name for variable in self.variables}
        groups = {name.partition(".")[0] for name in names if "." in name}
        for key, value in data.items():
            if key in names:
                yield key, value
            elif key in groups and isinstance(value, Mapping):
                yield from self._flat({f"{key}.{name}": item for name, item in value.items()}, errors)
            else:
                errors.append(ContractError(str(key), _("The template has no variable “%(name)s”.", name=key)))


def read_all(
    variables: Sequence[Variable], values: Mapping[str, Any], prefix: str, errors: list[DocumentsError]
) -> dict[str, Any]:
    """The plain values by name; what is wrong goes into `errors`."""
    found = {}
    for variable in variables:
        value = values.get(variable.name)
        try:
            found[variable.name] = _read(variable, variable.default if _is_blank(value) else value, prefix)
        except InvalidContract as error:
            errors.extend(error.errors)
        except DocumentsError as error:
            errors.append(error)
    if prefix:
        known = {variable.name for variable in variables}
        errors.extend(
            ContractError(f"{prefix}{name}", _("There is no column “%(name)s”.", name=name))
            for name in values
            if name not in known
        )
    return found


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`."""
    data: dict[str, Any] = {}
    for name, value in flat.items():
        group, dot, last = name.rpartition(".")
        (data.setdefault(group, {}) if dot else data)[last] = value
    return data


def _read(variable: Variable, value: Any, prefix: str) -> Any:
    name = f"{prefix}{variable.name}"
    if not _is_blank(value):
        return variable.read(value, name)
    if variable.required:
        raise ContractError(name, _("“%(label)s” is missing.", label=variable.label["pt"]))
    return variable.empty()


def _or_example(variable: Variable, value: Any) -> Any:
    if not _is_blank(value):
        try:
            return variable.read(value)
        except DocumentsError:
            pass
    return plain(variable.example())


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def _field(variable: Variable, language: str) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": variable.name,
        "type": variable.type,
        "widget": {"choice": "select", "rows": "rows"}.get(variable.type) or KINDS[variable.type].widget,
        "label": variable.label.get(language, variable.name),
        "help": variable.help.get(language, ""),
        "required": variable.required,
        "default": _jsonable(variable.default),
    }
    limits = {"min": variable.minimum, "max": variable.maximum}
    field.update({key: _jsonable(value) for key, value in limits.items() if value is not None})
    if variable.options:
        field["options"] = [{"value": option.value, "label": option.label[language]} for option in variable.options]
    if variable.columns:
        field["columns"] = [_field(column, language) for column in variable.columns]
    return field


def _jsonable(value: Any) -> Any:
    if isinstance(value, list):
        return [{key: _jsonable(item) for key, item in row.items()} for row in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
