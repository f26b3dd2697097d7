"""An HTML form made from any marshmallow schema: what to draw for each field, and how to read it back.

Used for plugins' and channels' settings. The template is ``settings_form.html``'s macro. A field
says more about itself in its ``metadata``: ``label``, ``description``, ``secret``, ``placeholder``,
``multiline``, ``input`` ("color", …), ``choices`` ({value: text}).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema, fields, missing, validate
from werkzeug.datastructures import MultiDict

Kind = Literal[
    "text", "textarea", "number", "checkbox", "select", "list", "secret", "secret_list", "url", "email", "color"
]


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as the template draws it. ``value`` is text, a list of lines, or a bool; never a secret."""

    name: str
    label: str
    kind: Kind
    value: Any
    required: bool = False
    help: str = ""
    placeholder: str = ""
    options: tuple[tuple[str, str], ...] = ()
    #: For secrets: how many values are stored.
    stored: int = 0
    errors: tuple[str, ...] = ()

    @property
    def demanded(self) -> bool:
        """Whether someone must fill it in: a switch, a colour and a choice without a blank always have a value.

        HTML allows ``required`` on just these; on a switch it would mean "must be on".
        """
        if self.kind == "select":
            return self.required and bool(self.options) and self.options[0][0] == ""
        return self.required and self.kind not in ("checkbox", "color")


def settings_form(
    schema: type[Schema],
    values: Mapping[str, Any] | None = None,
    *,
    secrets: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
) -> list[FormField]:
    """The fields in the schema's order. ``secrets`` are used for counting only."""
    return [
        _described(name, field, (values or {}), (secrets or {}), tuple((errors or {}).get(name, ())))
        for name, field in schema().fields.items()
        if not field.dump_only
    ]


def read_form(schema: type[Schema], form: MultiDict[str, str]) -> dict[str, Any]:
    """What the form says, as the schema loads it. Empty optional fields are left out."""
    given: dict[str, Any] = {}
    for name, field in schema().fields.items():
        if field.dump_only:
            continue
        value = _read(kind_of(field), form, name)
        if value not in ("", [], None) or (field.required and not _secret(field)):
            given[name] = value
    return given


def kind_of(field: fields.Field[Any]) -> Kind:
    """How to draw a field."""
    if _secret(field):
        return "secret_list" if isinstance(field, fields.List) else "secret"
    if field.metadata.get("multiline"):
        return "textarea"
    if named := field.metadata.get("input"):
        return named  # type: ignore[no-any-return]
    if field.metadata.get("choices") or _one_of(field):
        return "select"
    for class_, kind in _KINDS:
        if isinstance(field, class_):
            return kind
    return "text"


#: Subclasses before their bases.
_KINDS: tuple[tuple[type[fields.Field[Any]], Kind], ...] = (
    (fields.Boolean, "checkbox"),
    (fields.Number, "number"),
    (fields.List, "list"),
    (fields.Url, "url"),
    (fields.Email, "email"),
)


def _described(
    name: str, field: fields.Field[Any], values: Mapping[str, Any], secrets: Mapping[str, Any], errors: tuple[str, ...]
) -> FormField:
    metadata = field.metadata
    kind = kind_of(field)
    stored = secrets.get(name)
    return FormField(
        name=name,
        label=str(metadata.get("label") or name.replace("_", " ").capitalize()),
        kind=kind,
        value=_shown(kind, field, values.get(name, missing)),
        required=bool(field.required) and not stored,
        help=str(metadata.get("description") or metadata.get("help") or ""),
        placeholder=str(metadata.get("placeholder") or ""),
        options=_options(field),
        stored=(len(stored) if isinstance(stored, (list, tuple)) else int(bool(stored))) if _secret(field) else 0,
        errors=errors,
    )


def _secret(field: fields.Field[Any]) -> bool:
    return bool(field.metadata.get("secret"))


def _shown(kind: Kind, field: fields.Field[Any], value: Any) -> Any:
    if kind in ("secret", "secret_list"):
        return ""
    if value is missing:
        value = field.load_default() if callable(field.load_default) else field.load_default
    if value is missing or value is None:
        return {"checkbox": False, "list": ()}.get(kind, "")
    if kind == "list":
        return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()
    return bool(value) if kind == "checkbox" else str(value)


def _options(field: fields.Field[Any]) -> tuple[tuple[str, str], ...]:
    choices: Mapping[Any, Any] | None = field.metadata.get("choices")
    if choices:
        return tuple((str(value), str(text)) for value, text in choices.items())
    one_of = _one_of(field)
    if one_of is None:
        return ()
    labels = list(one_of.labels) or list(one_of.choices)
    return tuple((str(value), str(text)) for value, text in zip(one_of.choices, labels, strict=False))


def _one_of(field: fields.Field[Any]) -> validate.OneOf | None:
    return next((validator for validator in field.validators if isinstance(validator, validate.OneOf)), None)


def _read(kind: Kind, form: MultiDict[str, str], name: str) -> Any:
    if kind == "checkbox":
        return name in form
    text = form.get(name, "").strip()
    if kind in ("list", "secret_list"):
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text
