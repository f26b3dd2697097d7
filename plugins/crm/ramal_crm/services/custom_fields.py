"""Fields of the organization's own on customers and deals: defined, and what is in them read by their type."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from sqlalchemy import func, select

from ramal.api import Conflict, NotFound, audit, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm import numbers
from ramal_crm.models import CustomField
from ramal_crm.services.problems import Problems, refuse
from ramal_crm.services.unique import unique

ENTITIES = ("customer", "deal")
TYPES = ("text", "number", "date", "choice", "yes_no", "cpf_cnpj", "url")
_LONGEST_TEXT = 500
#: More digits than a JSON number keeps for every reader.
_MOST_DIGITS = 15
#: `1.234` is a thousand to one reader and little more than one to the other.
_AMBIGUOUS = re.compile(r"-?\d{1,3}(\.\d{3})+")
_YES, _NO = (
    frozenset({"1", "true", "on", "sim", "s", "yes", "y"}),
    frozenset({"0", "false", "off", "não", "nao", "n", "no"}),
)
_AUDITED = ("entity", "key", "label", "type", "options", "required", "position")


def list_fields(entity: str | None = None, *, archived: bool = False) -> Sequence[CustomField]:
    """In their order: few, so in one piece. Without the archived ones unless told."""
    query = select(CustomField).order_by(CustomField.entity, CustomField.position, CustomField.id)
    if entity is not None:
        query = query.where(CustomField.entity == entity)
    if not archived:
        query = query.where(CustomField.archived_at.is_(None))
    found: Sequence[CustomField] = session.execute(query).scalars().all()
    return found


def get_field(field_id: uuid.UUID) -> CustomField:
    """One. NotFound."""
    query = select(CustomField).where(CustomField.id == field_id).execution_options(populate_existing=True)
    found: CustomField | None = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such field."))
    return found


def create_field(values: Mapping[str, Any]) -> CustomField:
    """Define one. Its key comes from its label unless given, and never changes. Conflict for a known key."""
    key = _key(values.get("key") or values["label"])
    field = CustomField(
        entity=values["entity"],
        key=key,
        label=values["label"],
        type=values["type"],
        options=_options(values["type"], values.get("options") or ()),
        required=values.get("required", False),
    )
    known = _("There is a field with this key already.")
    with unique("uq_custom_field_organization_id_entity_key", known), transaction() as open_session:
        of_entity = select(CustomField).where(CustomField.entity == field.entity)
        if session.execute(of_entity.where(CustomField.key == key)).first() is not None:
            raise Conflict(known, {"key": [known]})
        last = session.execute(select(func.max(CustomField.position)).where(CustomField.entity == field.entity))
        field.position = (last.scalar() or 0) + 1
        open_session.add(field)
        open_session.flush()
        audit("crm.field.created", target=_target(field), after=_facts(field))
    return field


def update_field(field_id: uuid.UUID, changes: Mapping[str, Any]) -> CustomField:
    """Another label, other options, another place; archived ones come back with ``archived=False``.

    What customers have in it stays, also what is no option any more, until somebody changes it.
    """
    with transaction():
        field = get_field(field_id)
        before = _facts(field)
        for name in ("label", "required", "position"):
            if name in changes:
                setattr(field, name, changes[name])
        if "options" in changes:
            field.options = _options(field.type, changes["options"])
        if "archived" in changes:
            field.archived_at = utcnow() if changes["archived"] else None
        audit("crm.field.updated", target=_target(field), before=before, after=_facts(field))
    return field


def read(entity: str, given: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values to keep: ``given`` over ``before``, read by type; an empty one goes away.

    InvalidPayload by ``custom.<key>`` for what does not fit, is unknown, or is demanded and missing.
    """
    fields = {field.key: field for field in list_fields(entity)}
    problems, found = Problems(), dict(before or {})
    for key, value in given.items():
        if key not in fields:
            problems.add(f"custom.{key}", _("There is no such field."))
        elif _is_empty(value):
            found.pop(key, None)
        else:
            found[key] = problems.take(partial(read_value, fields[key], value))
    for key, field in fields.items():
        if field.required and key not in found:
            problems.add(f"custom.{key}", _("%(label)s must be filled in.", label=field.label))
    problems.end()
    return found


def read_value(field: CustomField, value: Any) -> Any:
    """A value as JSON keeps it. InvalidPayload by ``custom.<key>``."""
    try:
        return _READERS[field.type](field, value)
    except _Unfit as unfit:
        raise refuse(f"custom.{field.key}", f"{field.label}: {unfit}") from None


def shown(field: CustomField, value: Any) -> str:
    """A kept value as people read it."""
    if value is None or value == "":
        return ""
    if field.type == "yes_no":
        return _("Yes") if value else _("No")
    if field.type == "date":
        return "/".join(reversed(str(value).split("-")))
    if field.type == "cpf_cnpj":
        return numbers.formatted(value)
    return str(value).replace(".", ",") if field.type == "number" else str(value)


class _Unfit(Exception):
    """A sentence about a value."""


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(_field: CustomField, value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool) or "\0" in str(value):
        raise _Unfit(_("write a text."))
    text = str(value).strip()
    if len(text) > _LONGEST_TEXT:
        raise _Unfit(_("at most %(most)s characters.", most=_LONGEST_TEXT))
    return text


def _number(_field: CustomField, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise _Unfit(_("write a number."))
    typed = str(value).strip()
    if isinstance(value, str) and _AMBIGUOUS.fullmatch(typed):
        raise _Unfit(_("write thousands without a point, and cents after a comma."))
    if "," in typed:
        typed = typed.replace(".", "").replace(",", ".")
    try:
        number = Decimal(typed)
    except InvalidOperation:
        raise _Unfit(_("write a number.")) from None
    if not number.is_finite() or len(number.as_tuple().digits) > _MOST_DIGITS or abs(number) >= 10**_MOST_DIGITS:
        raise _Unfit(_("at most %(most)s digits.", most=_MOST_DIGITS))
    return int(number) if number == number.to_integral_value() else float(number)


def _date(_field: CustomField, value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    typed = str(value).strip()
    brazilian = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", typed)
    try:
        if brazilian:
            return date(int(brazilian[3]), int(brazilian[2]), int(brazilian[1])).isoformat()
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        raise _Unfit(_("write a day, such as 31/12/2026.")) from None


def _choice(field: CustomField, value: Any) -> str:
    wanted = str(value).strip().casefold()
    for option in field.options:
        if option.casefold() == wanted:
            return option
    raise _Unfit(_("choose one of: %(options)s.", options=", ".join(field.options)))


def _yes_no(_field: CustomField, value: Any) -> bool:
    typed = str(value).strip().casefold()
    if typed in _YES or typed in _NO:
        return typed in _YES
    raise _Unfit(_("write yes or no."))


def _document(_field: CustomField, value: Any) -> str:
    document = numbers.tidy(str(value))
    if not numbers.is_valid(document):
        raise _Unfit(_("this CPF or CNPJ is not right; look at its digits again."))
    return document


def _url(field: CustomField, value: Any) -> str:
    url = _text(field, value)
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", url, re.IGNORECASE):
        raise _Unfit(_("write an address that begins with https://."))
    return url


_READERS: Mapping[str, Callable[[CustomField, Any], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "yes_no": _yes_no,
    "cpf_cnpj": _document,
    "url": _url,
}


def _key(typed: str) -> str:
    plain = session.execute(select(func.ramal_unaccent(typed))).scalar_one()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40]
    if not key:
        raise refuse("key", _("A key has small letters, digits and underscores."))
    return key


def _options(type_: str, given: Sequence[str]) -> list[str]:
    if type_ != "choice":
        return []
    options = list(dict.fromkeys(text for option in given if (text := option.strip())))
    if len(options) < 2 or any(len(option) > 80 for option in options):
        raise refuse("options", _("Write at least two options, of at most %(most)s characters.", most=80))
    return options


def _facts(field: CustomField) -> dict[str, Any]:
    return {**{name: getattr(field, name) for name in _AUDITED}, "archived": field.archived_at is not None}


def _target(field: CustomField) -> tuple[str, uuid.UUID, str]:
    return "custom_field", field.id, field.label
