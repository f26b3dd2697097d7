"""The variables of a template as fields: a line for each, and back to the JSON that a version keeps.

A field is named ``var.<key>.<field>``, of a column ``var.<key>.columns.<key>.<field>``; lines come in the order of the
page. ``was`` is the entry as it came, so that what no field shows (rows of examples, for one) stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from ramal.api import new_id
from ramal_documents.contracts import declared, guesses
from ramal_documents.contracts.variables import RANGED
from ramal_documents.services.problems import mistakes_of

_FIELD = re.compile(r"var\.([a-z0-9]{1,16})(?:\.columns\.([a-z0-9]{1,16}))?\.([a-z_]+)")
_TEXTS = ("label", "help")
_VALUES = ("min", "max", "default", "sample")
#: Of these, defaults and examples have an inside: the JSON view shows them.
STRUCTURED = frozenset({"rows", "address"})


@dataclass
class Line:
    """A variable, or a column of one: the entry without its columns, and what is said against it by field."""

    key: str
    entry: dict[str, Any]
    columns: list[Line] = field(default_factory=list)
    mistakes: dict[str, list[str]] = field(default_factory=dict)
    is_open: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """What the form shows."""
        return flat(self.entry)

    @property
    def was(self) -> str:
        """The entry as a hidden field."""
        return json.dumps(self.entry, ensure_ascii=False)

    @property
    def type(self) -> str:
        """Its kind."""
        return str(self.entry.get("type") or "text")

    def to_json(self) -> dict[str, Any]:
        """The entry with its columns."""
        if self.type != "rows":
            return self.entry
        return {**self.entry, "columns": [column.to_json() for column in self.columns]}


def lines_of(entries: Iterable[Mapping[str, Any]]) -> list[Line]:
    """A version's variables."""
    found = []
    for entry in entries:
        columns = entry.get("columns")
        right = isinstance(columns, list) and all(isinstance(each, Mapping) for each in columns)
        plain = {name: value for name, value in entry.items() if name != "columns" or not right}
        found.append(Line(_key(), plain, lines_of(columns) if right and columns else []))
    return found


def read(form: MultiDict[str, str]) -> list[Line]:
    """The lines as they were filled in."""
    given: dict[str, dict[str, dict[str, str]]] = {}
    for name in form:
        place = _FIELD.fullmatch(name)
        if place:
            # A tick sends its field twice, "no" first.
            given.setdefault(place[1], {}).setdefault(place[2] or "", {})[place[3]] = form.getlist(name)[-1]
    return [_line(key, parts) for key, parts in given.items()]


def entries_of(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """What a version keeps."""
    return [line.to_json() for line in lines]


def marked(lines: list[Line]) -> list[Line]:
    """The same lines with what is wrong at each field; those lie open."""
    for error in mistakes_of(lambda: declared.parse({"variables": entries_of(lines)})):
        line, rest = _found(lines, error.place)
        if line is not None:
            line.mistakes.setdefault(str(rest[0]) if rest else "name", []).append(error.sentence)
            lines[int(error.place[0])].is_open = True
    return lines


def change(lines: list[Line], do: str, at: str, source: str) -> None:
    """Do what a button says: ``add``, ``declare`` a name, or a line's own (``at`` its key, or key.key of a column)."""
    if do == "add":
        lines.append(Line(_key(), {"name": "", "type": "text"}, is_open=True))
    elif do == "declare":
        for name in at.split():
            _declare(lines, name, source)
    else:
        outer, _dot, inner = at.partition(".")
        line = next((each for each in lines if each.key == outer), None)
        if line is not None:
            line.is_open = bool(inner) or do in ("add_column", "type")
            _change_one(line.columns if inner else lines, line, inner or outer, do)


def flat(entry: Mapping[str, Any]) -> dict[str, str]:
    """An entry's fields, as texts."""
    found = {"name": str(entry.get("name") or ""), "type": str(entry.get("type") or "text")}
    for name in _TEXTS:
        found[f"{name}_pt"], found[f"{name}_en"] = _both(entry.get(name))
    found["required"] = "0" if entry.get("required") is False else "1"
    found |= {name: _scalar(entry.get(name)) for name in _VALUES}
    options = entry.get("options")
    found["options"] = "\n".join(map(_option, options)) if isinstance(options, list) else ""
    return found


def _line(key: str, parts: Mapping[str, Mapping[str, str]]) -> Line:
    own = parts.get("", {})
    entry = _entry(own)
    columns = [_line(inner, {"": fields}) for inner, fields in parts.items() if inner]
    if entry.get("type") == "rows" and not columns:
        columns = [Line(_key(), {"name": "item", "type": "text"})]
    return Line(key, entry, columns if entry.get("type") == "rows" else [])


def _entry(fields: Mapping[str, str]) -> dict[str, Any]:
    """What was kept, with what was changed in the form."""
    entry = _kept(fields.get("was", ""))
    before = flat(entry) if entry else {}
    changed = {name: value.strip() for name, value in fields.items() if value.strip() != before.get(name, "").strip()}
    type_ = fields.get("type") or str(entry.get("type") or "text")
    if "type" in changed:
        entry = _retyped(entry, type_)
    entry.update({"name": fields.get("name", "").strip(), "type": type_})
    for name in _TEXTS:
        if {f"{name}_pt", f"{name}_en"} & changed.keys():
            _put(entry, name, _texts(fields.get(f"{name}_pt", "").strip(), fields.get(f"{name}_en", "").strip()))
    if "required" in changed:
        _put(entry, "required", False if changed["required"] == "0" else None)
    for name in _VALUES:
        if name in changed:
            _put(entry, name, _value(changed[name], type_))
    if "options" in changed:
        _put(entry, "options", [_option_of(line) for line in changed["options"].splitlines() if line.strip()])
    return entry


def from_json(text: str) -> Any:
    """What the text says. ValueError (JSONDecodeError where it is no JSON) for what can't be kept: a NUL, half of a
    surrogate pair, or what nests too deep.
    """
    try:
        found = json.loads(text)
        if any(b"\0" in each.encode() for each in _texts_in(found)):
            raise ValueError("a NUL")
    except RecursionError:
        raise ValueError("nests too deep") from None
    return found


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts_in([*value, *value.values()])
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)


def _kept(text: str) -> dict[str, Any]:
    try:
        found = from_json(text or "{}")
    except ValueError:
        return {}
    return dict(found) if isinstance(found, Mapping) else {}


def _retyped(entry: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """Without what the other type can't have."""
    gone = {"columns"} | (set() if type_ == "choice" else {"options"}) | (set() if type_ in RANGED else {"min", "max"})
    if STRUCTURED & {type_, entry.get("type")}:
        gone |= {"default", "sample", "min", "max"}
    return {name: value for name, value in entry.items() if name not in gone}


def _put(entry: dict[str, Any], name: str, value: Any) -> None:
    if value in (None, {}, []):
        entry.pop(name, None)
    else:
        entry[name] = value


def _both(value: Any) -> tuple[str, str]:
    if isinstance(value, Mapping):
        return str(value.get("pt") or ""), str(value.get("en") or "")
    return str(value or ""), ""


def _texts(portuguese: str, english: str) -> dict[str, str]:
    return {language: text for language, text in (("pt", portuguese), ("en", english)) if text}


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, (list, Mapping)) else str(value)


def _value(text: str, type_: str) -> Any:
    if not text:
        return None
    if type_ == "boolean":
        return text == "true"
    return int(text) if type_ in ("number", "rows") and re.fullmatch("-?[0-9]{1,15}", text) else text


def _option(option: Any) -> str:
    """`value | label in Portuguese | label in English`."""
    if not isinstance(option, Mapping):
        return str(option)
    return " | ".join(part for part in (str(option.get("value") or ""), *_both(option.get("label"))) if part)


def _option_of(line: str) -> Any:
    value, *labels = (part.strip() for part in line.split("|"))
    if not any(labels):
        return value
    return {"value": value, "label": _texts(labels[0], labels[1] if len(labels) > 1 else "")}


def _found(lines: list[Line], place: tuple[int | str, ...]) -> tuple[Line | None, tuple[int | str, ...]]:
    if not place or not isinstance(place[0], int) or place[0] >= len(lines):
        return None, ()
    line, rest = lines[place[0]], place[1:]
    inner = rest[1:2]
    if rest[:1] == ("columns",) and inner and isinstance(inner[0], int) and inner[0] < len(line.columns):
        return line.columns[inner[0]], rest[2:]
    return line, rest


def _declare(lines: list[Line], name: str, source: str) -> None:
    rows = next((line for line in lines if line.type == "rows" and name.startswith(f"{line.entry.get('name')}.")), None)
    if rows is not None:
        rows.columns += lines_of(_guessed_column(rows, name.rpartition(".")[2], source))
        rows.is_open = True
    elif all(line.entry.get("name") != name for line in lines):
        (line,) = lines_of([guesses.guess(source, name)])
        line.is_open = True
        lines.append(line)


def _guessed_column(rows: Line, column: str, source: str) -> list[dict[str, Any]]:
    if any(each.entry.get("name") == column for each in rows.columns):
        return []
    found = guesses.guess(source, str(rows.entry["name"])).get("columns", ())
    return [each for each in found if each["name"] == column] or [{"name": column, "type": "text"}]


def _change_one(siblings: list[Line], line: Line, key: str, do: str) -> None:
    place = next((place for place, each in enumerate(siblings) if each.key == key), None)
    if do == "add_column":
        line.columns.append(Line(_key(), {"name": "", "type": "text"}))
    elif place is None:
        return
    elif do == "remove":
        del siblings[place]
    elif do in ("up", "down"):
        other = place + (1 if do == "down" else -1)
        if 0 <= other < len(siblings):
            siblings[place], siblings[other] = siblings[other], siblings[place]


def _key() -> str:
    return new_id().hex[-12:]
