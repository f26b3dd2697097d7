"""Who is typing: told to those who look, and to the person where the channel can; never stored."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from ramal.database.session import db
from ramal.errors import NotFound
from ramal.events.signals import announce_typing
from ramal.http.principal import principal_or_none
from ramal.i18n import gettext as _
from ramal.inbox.models import Conversation
from ramal.inbox.visibility import visible


def tell_typing(conversation_id: uuid.UUID, name: str) -> None:
    """``name`` is typing in a conversation. NotFound if the caller can't see it."""
    query = select(Conversation.id).where(Conversation.id == conversation_id, visible())
    if db.session.execute(query).first() is None:
        raise NotFound(_("There is no such conversation."))
    principal = principal_or_none()
    announce_typing(conversation_id, by="agent", name=name, user_id=principal.user_id if principal else None)
