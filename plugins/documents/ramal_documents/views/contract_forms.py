"""A contract's form, which its template's variables make: read into values, and filled with them again.

Every field is named ``v.`` and the variable; of an address ``v.<variable>.<part>``, of a row
``v.<variable>.<key>.<column>``, where the key is any text and rows come in the order of the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from ramal.api import gettext as _
from ramal_documents import ids, money
from ramal_documents.contracts.kinds import ADDRESS_PARTS
from ramal_documents.contracts.variables import Schema, Variable
from ramal_documents.errors import DocumentsError

#: Rows that a form offers at first, and beyond those that are filled.
_FIRST_ROWS, _SPARE_ROWS = 2, 1
Row = tuple[str, dict[str, str]]


def read(form: MultiDict[str, str], schema: Schema) -> dict[str, Any]:
    """The values by name, as they were typed; what was left empty is left out."""
    found = {variable.name: _given(form, variable) for variable in schema.variables}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def filled(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """What each field shows: a text, of an address its parts, of rows the rows with their keys."""
    return {variable.name: _shown(variable, _found(values, variable.name)) for variable in schema.variables}


def row_of(variable: Variable, key: str, row: Mapping[str, Any]) -> Row:
    """One row as the form shows it."""
    return key, {column.name: _text(column, row.get(column.name)) for column in variable.columns}


def groups(schema: Schema) -> list[tuple[str, Sequence[str]]]:
    """(title, names of variables) in the order of the template."""
    found: dict[str, list[str]] = {}
    for variable in schema.variables:
        group = variable.name.partition(".")[0] if "." in variable.name else ""
        found.setdefault(group, []).append(variable.name)
    titles = {"contato": _("Customer"), "empresa": _("Our company"), "contrato": _("Contract"), "": _("Values")}
    return [(titles.get(group) or group.replace("_", " ").capitalize(), names) for group, names in found.items()]


def _given(form: MultiDict[str, str], variable: Variable) -> Any:
    name = f"v.{variable.name}"
    if variable.type == "address":
        parts = {part: form.get(f"{name}.{part}", "").strip() for part in ADDRESS_PARTS}
        return parts if any(parts.values()) else None
    if variable.type == "rows":
        return _rows(form, variable)
    # A tick sends its field twice: once for "no", which always comes, and once for "yes".
    return (form.getlist(name) or [""])[-1].strip()


def _rows(form: MultiDict[str, str], variable: Variable) -> list[dict[str, str]]:
    pattern = re.compile(rf"v\.{re.escape(variable.name)}\.([a-z0-9]{{1,16}})\.([a-z0-9_]+)")
    columns = {column.name for column in variable.columns}
    rows: dict[str, dict[str, str]] = {}
    for field in form:
        place = pattern.fullmatch(field)
        if place and place[2] in columns:
            rows.setdefault(place[1], {})[place[2]] = form[field].strip()
    return [row for row in rows.values() if any(row.values())]


def _found(values: Mapping[str, Any], name: str) -> Any:
    if name in values:
        return values[name]
    group, _dot, last = name.partition(".")
    inner = values.get(group)
    return inner.get(last) if isinstance(inner, Mapping) else None


def _shown(variable: Variable, value: Any) -> Any:
    if variable.type == "address":
        given = value if isinstance(value, Mapping) else {}
        return {part: str(given.get(part) or "") for part in ADDRESS_PARTS}
    if variable.type == "rows":
        rows = value if isinstance(value, list) else variable.default or []
        wanted = max(_FIRST_ROWS, len(rows) + _SPARE_ROWS)
        padded = [*rows, *({} for _place in range(wanted - len(rows)))]
        return [row_of(variable, str(place), row) for place, row in enumerate(padded, 1)]
    return _text(variable, variable.default if value is None else value)


def _text(variable: Variable, value: Any) -> str:
    """As people type it: 1.234,56; a day as its field wants it."""
    if value is None:
        return ""
    if variable.type == "boolean":
        return "1" if str(value).lower() in ("1", "true", "sim", "on") else "0"
    if variable.type in ("money", "date"):
        try:
            read = variable.read(value)
        except DocumentsError:
            return str(value)
        return money.formatted(read) if variable.type == "money" else read.isoformat()
    if variable.type in ("cpf", "cnpj", "cpf_cnpj"):
        return ids.formatted(str(value))
    return str(value).replace(".", ",") if variable.type == "number" else str(value)
