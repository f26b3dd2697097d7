"""Searching conversations: by the person's name or phone, and by words of messages.

Portuguese is searched with and without accents: the index holds both spellings of each word, and
the question is asked in both, too. Typed without its accents, a plural stems to something that is
in neither (``reclamacoes``), so the usual endings are put back.
"""

from __future__ import annotations

import re
import uuid

from sqlalchemy import ColumnElement, or_, select, text

from ramal.contacts.search import contact_hits
from ramal.database.session import db
from ramal.inbox.models import Conversation, Message

#: A word in more messages than this is common: conversations are then looked through in their order.
RARE = 2000
_MIN_LENGTH = 2
_PREFIX_LENGTH = 3

_ENDINGS = ((r"coes\b", "ções"), (r"oes\b", "ões"), (r"caes\b", "cães"), (r"cao\b", "ção"), (r"ao\b", "ão"))

# As typed, without accents, with the usual accents put back, and with the last word unfinished.
_WORDS = (
    "(websearch_to_tsquery('portuguese', :words) || websearch_to_tsquery('portuguese', ramal_unaccent(:words))"
    " || websearch_to_tsquery('portuguese', :restored)"
    " || to_tsquery('portuguese', :unfinished) || to_tsquery('portuguese', ramal_unaccent(:unfinished)))"
)


def search_condition(typed: str) -> ColumnElement[bool] | None:
    """A condition on ``Conversation``: of that person, or with those words. None for less than two letters."""
    words = typed.replace("\x00", " ").strip()
    if len(words) < _MIN_LENGTH:
        return None
    return or_(Conversation.contact_id.in_(contact_hits(words)), _with_words(words))


def with_endings(words: str) -> str:
    """The words with Portuguese accents put back on the endings that people leave bare."""
    for ending, accented in _ENDINGS:
        words = re.sub(ending, accented, words, flags=re.IGNORECASE)
    return words


def _with_words(words: str) -> ColumnElement[bool]:
    parameters = {"words": words, "restored": with_endings(words), "unfinished": _unfinished(words)}
    query = text(f"select conversation_id from ramal_message_hits({_WORDS}, :most)")  # noqa: S608 - a constant
    found = db.session.execute(query, {**parameters, "most": RARE + 1}).scalars().all()
    if len(found) <= RARE:
        ids: set[uuid.UUID] = set(found)
        return Conversation.id.in_(ids)
    # So common that nearly every conversation has it: ask each in turn, newest first, until the page is full.
    matches = text(f"message.search @@ {_WORDS}").bindparams(**parameters)
    return select(Message.id).where(Message.conversation_id == Conversation.id, matches).exists()


def _unfinished(words: str) -> str:
    """The words with the last one as a beginning; nothing when the person uses the search's own signs."""
    found = re.findall(r"\w+", words)
    if not found or len(found[-1]) < _PREFIX_LENGTH or re.search(r"[\"\-]|\bor\b", words):
        return ""
    return " & ".join([*found[:-1], f"{found[-1]}:*"])
