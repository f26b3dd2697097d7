"""The inbox's list: tabs, filters, order, pages by key; and the tabs' counts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_

from ramal.database.session import db
from ramal.errors import NotFound
from ramal.http.pagination import Page, decode_cursor, encode_cursor
from ramal.i18n import gettext as _
from ramal.inbox.capabilities import (
    capabilities_json,
    capabilities_of,
    permission,
    permission_json,
    permissions,
)
from ramal.inbox.items import Subject, conversation_items, subjects_query
from ramal.inbox.models import Conversation, ConversationLabel
from ramal.inbox.queries.plugged import PluginFilters, plugin_conditions
from ramal.inbox.queries.search import search_condition
from ramal.inbox.visibility import visible

TABS = ("mine", "unassigned", "all")
STATUSES = ("open", "pending", "snoozed", "resolved", "archived")
SORTS = ("last_activity", "waiting", "created", "priority")
#: Counting stops here; the screen shows "99+".
COUNT_LIMIT = 100

_PRIORITY = case({"urgent": 4, "high": 3, "medium": 2, "low": 1}, value=Conversation.priority, else_=0)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. ``status`` may be ``all``; ``user_id`` is whose "mine" is."""

    user_id: uuid.UUID | None = None
    tab: str = "all"
    status: str = "open"
    channel_id: uuid.UUID | None = None
    label_id: uuid.UUID | None = None
    assignee_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None
    text: str | None = None
    plugins: PluginFilters = field(default_factory=dict)


def list_conversations(
    filters: Filters, *, sort: str = "last_activity", cursor: str | None = None, page_size: int = 20
) -> Page:
    """A page of items with ``can_send``; at most four queries, one more for a search."""
    # The page is cut before anything is joined to it.
    page = select(Conversation.id).where(*_conditions(filters), _tab_condition(filters.tab, filters.user_id))
    page = _from_cursor(page, sort, cursor).order_by(*_order(sort)).limit(page_size + 1)
    query = subjects_query().where(Conversation.id.in_(page)).order_by(*_order(sort))
    rows = [Subject.of(row) for row in db.session.execute(query)]
    more, rows = len(rows) > page_size, rows[:page_size]
    items = _with_permissions(rows)
    return Page(items, _cursor(rows[-1].conversation, sort) if more else None)


def count_conversations(filters: Filters) -> dict[str, int]:
    """How many each tab has, none above :data:`COUNT_LIMIT`; one query."""
    conditions = _conditions(filters)
    columns = []
    for tab in TABS:
        some = select(Conversation.id).where(*conditions, _tab_condition(tab, filters.user_id)).limit(COUNT_LIMIT)
        columns.append(select(func.count()).select_from(some.subquery()).scalar_subquery().label(tab))
    return dict(db.session.execute(select(*columns)).mappings().one())


def get_conversation(conversation_id: uuid.UUID) -> dict[str, Any]:
    """One item with ``can_send`` and ``capabilities``. NotFound."""
    subject = _visible_subject(conversation_id)
    item = conversation_items([subject])[0]
    item["can_send"] = permission_json(permission(subject))
    item["capabilities"] = capabilities_json(capabilities_of(subject.channel))
    return item


def conversation_data(conversation_id: uuid.UUID) -> dict[str, Any]:
    """One item as events carry it. NotFound."""
    return conversation_items([_visible_subject(conversation_id)])[0]


def conversations_of_contact(contact_id: uuid.UUID, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """A person's conversations on every channel, newest first."""
    return list_conversations(Filters(status="all", contact_id=contact_id), cursor=cursor, page_size=page_size)


def _visible_subject(conversation_id: uuid.UUID) -> Subject:
    row = db.session.execute(subjects_query().where(Conversation.id == conversation_id, visible())).first()
    if row is None:
        raise NotFound(_("There is no such conversation."))
    return Subject.of(row)


def _with_permissions(subjects: Sequence[Subject]) -> list[dict[str, Any]]:
    items = conversation_items(subjects)
    for item, found in zip(items, permissions(subjects), strict=True):
        item["can_send"] = permission_json(found)
    return items


def _conditions(filters: Filters) -> list[Any]:
    found: list[Any] = [visible()]
    if filters.status != "all":
        found.append(Conversation.status == filters.status)
    for column, value in (
        (Conversation.channel_id, filters.channel_id),
        (Conversation.assignee_id, filters.assignee_id),
        (Conversation.contact_id, filters.contact_id),
    ):
        if value is not None:
            found.append(column == value)
    if filters.label_id is not None:
        labelled = select(ConversationLabel.conversation_id).where(ConversationLabel.label_id == filters.label_id)
        found.append(Conversation.id.in_(labelled))
    if filters.text:
        wanted = search_condition(filters.text)
        if wanted is not None:
            found.append(wanted)
    return found + plugin_conditions(filters.plugins)


def _tab_condition(tab: str, user_id: uuid.UUID | None) -> ColumnElement[bool]:
    if tab == "mine":
        return Conversation.assignee_id == user_id
    if tab == "unassigned":
        return Conversation.assignee_id.is_(None)
    return visible()


def _order(sort: str) -> list[Any]:
    if sort == "waiting":
        # Those nobody waits in come last.
        return [Conversation.waiting_since.asc().nulls_last(), Conversation.id.asc()]
    return [key.desc() for key in _keys(sort)[0]]


def _from_cursor(query: Select[Any], sort: str, cursor: str | None) -> Select[Any]:
    if cursor is None:
        return query
    if sort == "waiting":
        return query.where(_waiting_less(*decode_cursor(cursor, datetime | None, uuid.UUID)))
    keys, types = _keys(sort)
    return query.where(tuple_(*keys) < tuple_(*decode_cursor(cursor, *types)))


def _keys(sort: str) -> tuple[list[Any], list[type[Any]]]:
    if sort == "created":
        return [Conversation.created_at, Conversation.id], [datetime, uuid.UUID]
    keys, types = [Conversation.last_message_at, Conversation.id], [datetime, uuid.UUID]
    return ([_PRIORITY, *keys], [int, *types]) if sort == "priority" else (keys, types)


def _waiting_less(since: datetime | None, last: uuid.UUID) -> ColumnElement[bool]:
    column, key = Conversation.waiting_since, Conversation.id
    if since is None:
        return column.is_(None) & (key > last)
    return or_(column > since, and_(column == since, key > last), column.is_(None))


def _cursor(last: Conversation, sort: str) -> str:
    if sort == "waiting":
        return encode_cursor(last.waiting_since, last.id)
    if sort == "created":
        return encode_cursor(last.created_at, last.id)
    place = (last.last_message_at, last.id)
    if sort == "priority":
        rank = {"urgent": 4, "high": 3, "medium": 2, "low": 1}.get(last.priority, 0)
        return encode_cursor(rank, *place)
    return encode_cursor(*place)
