"""Plain data: what a template may see, and its one canonical writing as JSON.

A template gets texts, numbers, dates, lists and dictionaries of these; never an object with methods of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from ramal_documents.contracts.errors import ContractError
from ramal_documents.words import gettext as _

DEEPEST = 6
# Controls, and the private characters that mark a reference to a clause while a template is filled.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ue000-\uf8ff\ufffe\uffff]")


def plain(value: Any, name: str = "data", depth: int = 0) -> Any:
    """A copy with plain values only; `ContractError` names what is not one."""
    if value is None or type(value) in (bool, int, Decimal, date):
        return value
    if isinstance(value, Markup):
        return Markup(clean(value))  # noqa: S704 - it was markup before
    if isinstance(value, str):
        return clean(value)
    if depth < DEEPEST and isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {str(key): plain(item, f"{name}.{key}", depth + 1) for key, item in value.items()}
    if depth < DEEPEST and isinstance(value, (list, tuple)):
        return [plain(item, f"{name}.{number}", depth + 1) for number, item in enumerate(value, 1)]
    raise ContractError(name, _("%(name)s holds what a template may not see.", name=name))


def clean(text: str) -> str:
    """Without control characters and such as no font has."""
    return _HIDDEN.sub("", str(text))


def to_json(data: Any) -> str:
    """The one writing of `data`: keys in order, money as text, dates as ISO 8601."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_written)


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no plain data")
