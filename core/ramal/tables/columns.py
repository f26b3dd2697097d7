"""Which column of somebody's table holds what: guessed from the headers, remembered, looked over."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ramal.i18n import gettext as _


def guess(
    headers: Sequence[str], known: Mapping[str, Iterable[str]], remembered: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Field → place of its column, from 0. ``known`` are the headers that a field has, folded, those of the first
    field going first; ``remembered`` the very headers that an earlier file had.
    """
    folded = [fold(header) for header in headers]
    found: dict[str, int] = {}
    for name, header in (remembered or {}).items():
        if name in known and header in headers:
            found[name] = headers.index(header)
    for matches in (_same, _within):
        for name, texts in known.items():
            taken = set(found.values())
            place = next((at for at, text in enumerate(folded) if at not in taken and matches(text, texts)), None)
            if name not in found and place is not None:
                found[name] = place
    return found


def wrong_columns(
    columns: Mapping[str, int], headers: Sequence[str], fields: Collection[str], required: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """(field, sentence) of what can't be. ``required`` are titles by field."""
    places = list(columns.values())
    for name, place in columns.items():
        if name not in fields:
            yield name, _("There is no such field.")
        elif not 0 <= place < len(headers):
            yield name, _("There is no such column.")
        elif places.count(place) > 1:
            yield name, _("This column is used twice.")
    for name, title in required.items():
        if name not in columns:
            yield name, _("Say which column holds this: %(field)s.", field=title)


def fold(text: str) -> str:
    """Small letters without accents, words apart by one space."""
    bare = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _same(text: str, known: Iterable[str]) -> bool:
    return text in known


def _within(text: str, known: Iterable[str]) -> bool:
    """`Valor total (R$)` begins as a known one does."""
    return any(text.startswith(f"{each} ") for each in known)
