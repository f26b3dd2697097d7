"""The variables that a template declares: from JSON to a `Schema`, with every mistake named.

A schema is plain JSON::

    {"variables": [
        {"name": "contrato.valor", "type": "money", "label": {"pt": "Valor", "en": "Value"}, "min": "0.01"},
        {"name": "contrato.foro", "type": "text", "label": "Foro", "required": false, "default": "São Paulo"},
        {"name": "contrato.parcelas", "type": "rows", "label": "Parcelas", "columns": [...]}
    ]}

A name is `group.name` or `name`. The `place` of a mistake leads to it: `(1, "min")`, `(2, "columns", 0, "name")`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ramal_documents.contracts import kinds
from ramal_documents.contracts.errors import ContractError, InvalidContract
from ramal_documents.contracts.kinds import KINDS
from ramal_documents.contracts.variables import MOST_ROWS, RANGED, Option, Schema, Variable
from ramal_documents.errors import DocumentsError
from ramal_documents.words import gettext as _

MOST_VARIABLES, MOST_COLUMNS = 200, 20
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}(?:\.[a-z][a-z0-9_]{0,40})?")
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,40}")
#: What a column of a table may be.
COLUMN_TYPES = tuple(name for name in kinds.NAMES if name not in {"rows", "address", "rich_text"})
_KEYS = {"name", "type", "label", "required", "default", "help", "options", "columns", "min", "max", "sample"}


def parse(source: Any) -> Schema:
    """The schema that this JSON (already decoded) declares; `InvalidContract` names each variable and rule."""
    listed = source.get("variables") if isinstance(source, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MOST_VARIABLES:
        sentence = _("A schema has a list “variables” of at most %(count)s entries.", count=MOST_VARIABLES)
        raise InvalidContract([ContractError("variables", sentence)])
    errors: list[DocumentsError] = []
    variables = tuple(_parsed(listed, _NAME, errors))
    errors.extend(_shadowed(listed, variables))
    if errors:
        raise InvalidContract(errors)
    return Schema(variables)


def _parsed(listed: Sequence[Any], pattern: re.Pattern[str], errors: list[DocumentsError]) -> Iterator[Variable]:
    seen: set[str] = set()
    for number, entry in enumerate(listed, 1):
        name = str(entry.get("name")) if isinstance(entry, Mapping) else ""
        try:
            with _within(number - 1):
                variable = _variable(entry, name or f"#{number}", pattern)
                _demand_new(variable.name, seen)
        except InvalidContract as error:
            errors.extend(error.errors)
        except DocumentsError as error:
            errors.append(error)
        else:
            seen.add(variable.name)
            yield variable


@contextmanager
def _within(*place: int | str) -> Iterator[None]:
    """What is found wrong inside stands at this place."""
    try:
        yield
    except DocumentsError as error:
        for each in error.errors if isinstance(error, InvalidContract) else (error,):
            each.place = (*place, *each.place)
        raise


def _demand_new(name: str, seen: set[str]) -> None:
    with _within("name"):
        if name in seen:
            raise ContractError(name, _("“%(name)s” is declared twice.", name=name))


def _shadowed(listed: Sequence[Any], variables: Sequence[Variable]) -> Iterator[DocumentsError]:
    groups = {variable.name.partition(".")[0] for variable in variables if "." in variable.name}
    places = {entry.get("name"): place for place, entry in enumerate(listed) if isinstance(entry, Mapping)}
    for variable in variables:
        if variable.name in groups:
            sentence = _("“%(name)s” is the name of a group and can't be a variable too.", name=variable.name)
            error = ContractError(variable.name, sentence)
            error.place = (places[variable.name], "name")
            yield error


def _variable(entry: Any, name: str, pattern: re.Pattern[str]) -> Variable:
    """One entry of the list, checked."""
    if not isinstance(entry, Mapping):
        raise ContractError(name, _("Variable %(name)s is not an object.", name=name))
    type_ = _type(entry, name, pattern)
    if not isinstance(entry.get("required", True), bool):
        raise ContractError(name, _("“required” of “%(name)s” is neither true nor false.", name=name))
    with _within("options"):
        options = _options(entry, name)
    with _within("columns"):
        columns = _columns(entry, name)
    bare = Variable(
        name=name,
        type=type_,
        label=_texts(entry, "label", name) or {"pt": name, "en": name},
        help=_texts(entry, "help", name),
        required=entry.get("required", True),
        options=options,
        columns=columns,
        minimum=_limit(entry, "min", name),
        maximum=_limit(entry, "max", name),
    )
    default, sample = _checked(bare, entry, "default"), _checked(bare, entry, "sample")
    return Variable(**{**vars(bare), "default": default, "sample": sample})


def _type(entry: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """Its type, once its name and its entries are right."""
    with _within("name"):
        if not pattern.fullmatch(name):
            sentence = _("“%(name)s” is not a name: small letters, digits and _, with one dot at most.", name=name)
            raise ContractError(name, sentence)
    if unknown := sorted(set(map(str, entry)) - _KEYS):
        raise ContractError(name, _("“%(name)s” has an unknown entry “%(key)s”.", name=name, key=unknown[0]))
    type_ = entry.get("type")
    with _within("type"):
        if type_ not in (COLUMN_TYPES if pattern is _COLUMN else kinds.NAMES):
            raise ContractError(name, _("“%(name)s” has the unknown type “%(type)s”.", name=name, type=type_))
    return str(type_)


def _texts(entry: Mapping[str, Any], key: str, name: str) -> dict[str, str]:
    """A text, or one in each language; where a language lacks, the other stands in."""
    value = entry.get(key)
    if value is None:
        return {}
    if isinstance(value, str):
        value = {"pt": value}
    if isinstance(value, Mapping) and value and set(value) <= {"pt", "en"}:
        texts = [str(text) for text in value.values()]
        return {language: str(value.get(language, texts[0])) for language in ("pt", "en")}
    with _within(key):
        raise ContractError(name, _("“%(key)s” of “%(name)s” is a text, or one in pt and en.", key=key, name=name))


def _options(entry: Mapping[str, Any], name: str) -> tuple[Option, ...]:
    listed = entry.get("options")
    if (entry.get("type") == "choice") != bool(listed):
        raise ContractError(name, _("“%(name)s”: a choice, and only a choice, has options.", name=name))
    if not listed:
        return ()
    if not isinstance(listed, list):
        raise ContractError(name, _("The options of “%(name)s” are not a list.", name=name))
    pairs = [option if isinstance(option, Mapping) else {"value": option} for option in listed]
    options = tuple(
        Option(str(pair.get("value")), _texts(pair, "label", name) or dict.fromkeys(("pt", "en"), str(pair["value"])))
        for pair in pairs
        if pair.get("value") is not None
    )
    if len({option.value for option in options}) != len(listed):
        raise ContractError(name, _("The options of “%(name)s” need different values.", name=name))
    return options


def _columns(entry: Mapping[str, Any], name: str) -> tuple[Variable, ...]:
    listed = entry.get("columns")
    if (entry.get("type") == "rows") != bool(listed):
        raise ContractError(name, _("“%(name)s”: rows, and only rows, have columns.", name=name))
    if not listed:
        return ()
    if not isinstance(listed, list) or len(listed) > MOST_COLUMNS:
        sentence = _("The columns of “%(name)s” are a list of at most %(count)s.", name=name, count=MOST_COLUMNS)
        raise ContractError(name, sentence)
    errors: list[DocumentsError] = []
    columns = tuple(_parsed(listed, _COLUMN, errors))
    if errors:
        raise InvalidContract([_of_column(name, error) for error in errors])
    return columns


def _of_column(name: str, error: DocumentsError) -> ContractError:
    found = ContractError(f"{name}.{error.field}", error.sentence)
    found.place = error.place
    return found


def _limit(entry: Mapping[str, Any], key: str, name: str) -> Any:
    value = entry.get(key)
    if value is None:
        return None
    type_ = str(entry.get("type"))
    with _within(key):
        if type_ not in RANGED:
            raise ContractError(name, _("“%(name)s” can't have “%(key)s”.", name=name, key=key))
        found = KINDS["number" if type_ == "rows" else type_].read(value, name)
        if type_ == "rows" and not (isinstance(found, int) and 0 <= found <= MOST_ROWS):
            raise ContractError(name, _("It may have at most %(count)s rows.", count=MOST_ROWS))
    return found


def _checked(variable: Variable, entry: Mapping[str, Any], key: str) -> Any:
    """A default or sample is read as any value is."""
    value = entry.get(key)
    if value is None:
        return None
    try:
        return variable.read(value)
    except DocumentsError as error:
        sentence = _("“%(key)s” of “%(name)s”: %(why)s", key=key, name=variable.name, why=error.sentence)
        with _within(key):
            raise ContractError(variable.name, sentence) from error
