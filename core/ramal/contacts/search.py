"""Finding people: by the beginnings of their names' words, accents or not, and by phone."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import TextClause, text

from ramal.contacts.identity import PHONE, parse_phone, variants

#: At most this many people are looked at for one search.
MOST = 500
#: Fewer digits than this say nothing about a phone.
_MIN_DIGITS = 4

_HITS = (
    "select ramal_contact_hits(to_tsquery('simple', ramal_unaccent(:contact_words)),"
    " cast(:contact_phones as text[]), :contact_digits, :contact_most)"
)


def contact_hits(typed: str) -> TextClause:
    """A query for the ids of matching contacts, at most :data:`MOST`, with its parameters bound."""
    return text(_HITS).bindparams(**_parameters(typed))


def _parameters(typed: str) -> dict[str, Any]:
    digits = re.sub(r"[\s().+\-/]", "", typed)
    is_phone = digits.isascii() and digits.isdigit() and len(digits) >= _MIN_DIGITS
    words = [word for part in typed.split()[:10] for word in _lexemes(part)]
    return {
        "contact_words": " & ".join(f"{word}:*" for word in words),
        "contact_phones": list(_spellings(typed, digits)) if is_phone else [],
        "contact_digits": digits if is_phone else "",
        "contact_most": MOST,
    }


def _lexemes(part: str) -> list[str]:
    """What to_tsquery may be given: plain words, and an e-mail address as one, in quotes."""
    if re.fullmatch(r"[\w.+\-]+@[\w.\-]+", part):
        return [f"'{part}'"]
    return re.findall(r"\w+", part)


def _spellings(typed: str, digits: str) -> set[str]:
    """Every way the phone may be written, with and without the country code."""
    found = set(variants(PHONE, digits))
    try:
        found.update(variants(PHONE, parse_phone(typed)))
    except ValueError:
        pass
    return found
