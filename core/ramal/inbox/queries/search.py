"""Searching conversations: by the person's name or phone, and by words of messages.

Portuguese is searched with and without accents: the index holds both spellings of each word, and
the question is asked in both, too. Typed without its accents, a plural stems to something that is
in neither (``reclamacoes``), so the usual endings are put back.

A rare word is looked up in the indexes. A common one would give more conversations than any page
shows, so they are asked one by one, in the order of the list, until the page is full.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, TextClause, text

from ramal.contacts.search import NAMES, PERSON, person_parameters
from ramal.database.session import db
from ramal.inbox.models import Conversation

#: Words in more rows than this, over all organizations, are common.
RARE = 2000
#: A rare word is followed this far: what the planner is sure of may have grown since.
_MOST = 20_000
_MIN_LENGTH = 2
_PREFIX_LENGTH = 3

_ENDINGS = ((r"coes\b", "ções"), (r"oes\b", "ões"), (r"caes\b", "cães"), (r"cao\b", "ção"), (r"ao\b", "ão"))

# As typed, without accents, with the usual accents put back, and with the last word unfinished.
_WORDS = (
    "(websearch_to_tsquery('portuguese', :words) || websearch_to_tsquery('portuguese', ramal_unaccent(:words))"
    " || websearch_to_tsquery('portuguese', :restored)"
    " || to_tsquery('portuguese', :unfinished) || to_tsquery('portuguese', ramal_unaccent(:unfinished)))"
)
_SIZE = text(f"select ramal_search_size({_WORDS}, {NAMES}, :most)")
_HITS = text(f"select ramal_conversation_hits({_WORDS}, {PERSON}, :most)")
_MATCHES = f"ramal_conversation_matches(conversation.id, conversation.contact_id, {_WORDS}, {PERSON})"


def search_condition(typed: str) -> ColumnElement[bool] | TextClause | None:
    """A condition on ``Conversation``: of that person, or with those words. None for less than two letters."""
    words = typed.strip()
    if len(words) < _MIN_LENGTH:
        return None
    parameters = {
        "words": words,
        "restored": with_endings(words),
        "unfinished": _unfinished(words),
        **person_parameters(words),
    }
    if db.session.execute(_SIZE, {**parameters, "most": RARE}).scalar_one() > RARE:
        return text(_MATCHES).bindparams(**parameters)
    return Conversation.id.in_(_HITS.bindparams(**parameters, most=_MOST))


def with_endings(words: str) -> str:
    """The words with Portuguese accents put back on the endings that people leave bare."""
    for ending, accented in _ENDINGS:
        words = re.sub(ending, accented, words, flags=re.IGNORECASE)
    return words


def _unfinished(words: str) -> str:
    """The words with the last one as a beginning; nothing when the person uses the search's own signs."""
    found = re.findall(r"\w+", words)
    if not found or len(found[-1]) < _PREFIX_LENGTH or re.search(r"[\"\-]|\bor\b", words):
        return ""
    return " & ".join([*found[:-1], f"{found[-1]}:*"])
