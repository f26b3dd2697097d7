"""Who is typing: told to those who look, never stored."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from ramal.database.session import db
from ramal.errors import NotFound
from ramal.events.signals import announce_typing
from ramal.i18n import gettext as _
from ramal.inbox.models import Conversation
from ramal.inbox.visibility import visible


def tell_typing(conversation_id: uuid.UUID, name: str, user_id: uuid.UUID | None = None) -> None:
    """``name`` is typing in a conversation. NotFound if the caller can't see it."""
    query = select(Conversation.id).where(Conversation.id == conversation_id, visible())
    if db.session.execute(query).first() is None:
        raise NotFound(_("There is no such conversation."))
    announce_typing(conversation_id, by="agent", name=name, user_id=user_id)
