"""A member's own notifications: the list, how many are unread, and marking them read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update

from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.errors import Forbidden, NotFound
from ramal.events.services import emit_event
from ramal.http.pagination import Page, page_by_key
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.inbox.models import Conversation
from ramal.inbox.visibility import visible
from ramal.notifications.models import Notification
from ramal.notifications.serialize import notification_json
from ramal.notifications.types import kinds_for

#: Unread notifications are counted up to here; more are "99+".
MOST = 100
_ORDER: Sequence[Any] = ((Notification.at, datetime), (Notification.id, uuid.UUID))


def list_notifications(*, unread: bool = False, cursor: str | None = None, page_size: int = 20) -> Page:
    """The caller's, newest first, as JSON in their language."""
    query = select(Notification).where(*_own())
    if unread:
        query = query.where(Notification.read_at.is_(None))
    page = page_by_key(query, _ORDER, cursor=cursor, page_size=page_size)
    return Page([_json(row) for row in page.items], page.next_cursor)


def count_unread() -> int:
    """How many the caller has not read, up to 100. One query."""
    some = select(Notification.id).where(*_own(), Notification.read_at.is_(None)).limit(MOST)
    return int(db.session.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def mark_read(notification_id: uuid.UUID) -> dict[str, Any]:
    """Mark one of the caller's read, in every tab. NotFound for anybody else's."""
    with transaction():
        query: Select[Any] = select(Notification).where(*_own(), Notification.id == notification_id)
        row = db.session.execute(query.with_for_update()).scalar_one_or_none()
        if row is None:
            raise NotFound(_("There is no such notification."))
        if row.read_at is None:
            row.read_at = utcnow()
            _tell([row.id])
    return _json(row)


def mark_all_read(conversation_id: uuid.UUID | None = None) -> int:
    """Mark all of the caller's read, or those about one conversation. Answers how many there were.

    NotFound for a conversation that the caller can't see.
    """
    conditions = [Notification.user_id == _me(), Notification.read_at.is_(None)]
    with transaction() as session:
        if conversation_id is not None:
            _require_conversation(conversation_id)
            conditions.append(Notification.conversation_id == conversation_id)
        statement = update(Notification).where(*conditions).values(read_at=utcnow()).returning(Notification.id)
        # What is loaded is not looked at again in this request.
        marked = list(session.execute(statement.execution_options(synchronize_session=False)).scalars())
        if marked:
            _tell(None if conversation_id is None else marked)
    return len(marked)


def _own() -> tuple[ColumnElement[bool], ...]:
    """The caller's, of kinds that concern them, about what they may see."""
    codes = [kind.type.code for kind in kinds_for(current_principal())]
    conversation = select(Conversation.id).where(Conversation.id == Notification.conversation_id, visible())
    return (
        Notification.user_id == _me(),
        Notification.code.in_(codes),
        or_(Notification.conversation_id.is_(None), conversation.exists()),
    )


def _me() -> uuid.UUID:
    user_id = current_principal().user_id
    if user_id is None:
        raise Forbidden(_("Only for members of a team."))
    return user_id


def _require_conversation(conversation_id: uuid.UUID) -> None:
    query = select(Conversation.id).where(Conversation.id == conversation_id, visible())
    if db.session.execute(query).first() is None:
        raise NotFound(_("There is no such conversation."))


def _json(row: Notification) -> dict[str, Any]:
    return notification_json({column.key: getattr(row, column.key) for column in Notification.__table__.columns})


def _tell(ids: list[uuid.UUID] | None) -> None:
    data = {"action": "read", "ids": None if ids is None else [str(id_) for id_ in ids]}
    emit_event("notification", {**data, "user_id": str(_me()), "permission": None})
