"""Finding people: by the beginnings of their names' words, accents or not, and by phone."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import TextClause, text

from ramal.contacts.identity import PHONE, parse_phone, variants

#: At most this many people are looked at for one search.
MOST = 500
#: Arguments by which the search functions know a person; values by :func:`person_parameters`.
NAMES = "to_tsquery('simple', ramal_unaccent(:names))"
PERSON = f"{NAMES}, cast(:phones as text[]), :digits"

#: Fewer digits than this say nothing about a phone.
_MIN_DIGITS = 4
_MOST_WORDS = 10


def contact_hits(typed: str) -> TextClause:
    """A query for the ids of matching contacts, at most :data:`MOST`, with its parameters bound."""
    query = text(f"select ramal_contact_hits({PERSON}, :most)")
    return query.bindparams(**person_parameters(typed), most=MOST)


def person_parameters(typed: str) -> dict[str, Any]:
    """Values for the parameters in :data:`PERSON`."""
    digits = re.sub(r"[\s().+\-/]", "", typed)
    is_phone = digits.isascii() and digits.isdigit() and len(digits) >= _MIN_DIGITS
    words = [word for part in typed.split()[:_MOST_WORDS] for word in _lexemes(part)]
    return {
        "names": " & ".join(f"{word}:*" for word in words),
        "phones": list(_spellings(typed, digits)) if is_phone else [],
        "digits": digits if is_phone else "",
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
