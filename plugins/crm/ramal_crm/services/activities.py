"""Activities: what somebody has to do, by when; made, changed, done, found."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    Page,
    decode_cursor,
    encode_cursor,
    get_conversation,
    get_message,
    page_by_key,
    session,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_crm import days
from ramal_crm.models import Activity, CustomerContact, Deal
from ramal_crm.services import live, references, reminders, timeline
from ramal_crm.services.actors import actor

#: What a list may be narrowed to: all that is to be done, or some of it by its time, or what is done.
WHEN = ("open", "overdue", "today", "week", "done")
CHANGEABLE = ("type", "title", "note", "due_at", "remind_at", "assignee_id", "customer_id", "deal_id", "contact_id")


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which activities a list shows."""

    when: str = "open"
    assignee_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None
    deal_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None


def create_activity(values: Mapping[str, Any]) -> Activity:
    """Something to do, for whoever makes it unless ``assignee_id`` says another. NotFound for what it names.

    From ``message_id``, ``conversation_id`` or ``deal_id`` follow the contact and the customer that were not given.
    """
    given = dict(values)
    references.demand(given)
    with transaction() as open_session:
        _follow_message(given)
        _follow_links(given)
        given.setdefault("assignee_id", actor()[0])
        activity = Activity(**given, created_by=actor()[0])
        open_session.add(activity)
        open_session.flush()
        reminders.plan(activity)
        live.contact_changed(activity.contact_id)
    return activity


def change_activity(activity_id: uuid.UUID, changes: Mapping[str, Any]) -> Activity:
    """Write some of it anew; another reminder goes out again. Conflict once it is done; NotFound."""
    references.demand(changes)
    with transaction() as open_session:
        activity = get_activity(activity_id, locked=True)
        if activity.done_at is not None:
            raise Conflict(_("This activity is done; undo that first."))
        for name in CHANGEABLE:
            if name in changes:
                setattr(activity, name, changes[name])
        open_session.flush()
        if "remind_at" in changes:
            activity.reminded_at = None
            reminders.plan(activity)
        live.contact_changed(activity.contact_id)
    return activity


def finish(activity_id: uuid.UUID) -> Activity:
    """It is done; once more changes nothing."""
    with transaction():
        activity = get_activity(activity_id, locked=True)
        if activity.done_at is None:
            activity.done_at, activity.done_by = utcnow(), actor()[0]
            timeline.note_entry(
                "activity.done",
                _done_key(activity),
                {"title": activity.title, "type": activity.type},
                customer_id=activity.customer_id,
                contact_id=activity.contact_id,
                deal_id=activity.deal_id,
            )
            live.contact_changed(activity.contact_id)
    return activity


def undo(activity_id: uuid.UUID) -> Activity:
    """It is to be done after all."""
    with transaction():
        activity = get_activity(activity_id, locked=True)
        activity.done_at = activity.done_by = None
        timeline.forget_entry(_done_key(activity))
        reminders.plan(activity)
        live.contact_changed(activity.contact_id)
    return activity


def delete_activity(activity_id: uuid.UUID) -> None:
    """It was never to be done. What was done stays, as history. Conflict, NotFound."""
    with transaction() as open_session:
        activity = get_activity(activity_id, locked=True)
        if activity.done_at is not None:
            raise Conflict(_("This activity is done, and stays as history."))
        open_session.delete(activity)
        live.contact_changed(activity.contact_id)


def get_activity(activity_id: uuid.UUID, *, locked: bool = False) -> Activity:
    """One, held until the transaction ends if ``locked``. NotFound."""
    query = select(Activity).where(Activity.id == activity_id).execution_options(populate_existing=True)
    found: Activity | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such activity."))
    return found


def list_activities(search: Search, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """By key: what is due first comes first; of what is done, the last."""
    query = select(Activity).where(*_conditions(search))
    if search.when == "done":
        keys = ((Activity.done_at, datetime), (Activity.id, uuid.UUID))
        return page_by_key(query, keys, cursor=cursor, page_size=page_size)
    if cursor is not None:
        place = decode_cursor(cursor, datetime, uuid.UUID)
        query = query.where(tuple_(Activity.due_at, Activity.id) > tuple_(*place))
    rows = list(session.execute(query.order_by(Activity.due_at, Activity.id).limit(page_size + 1)).scalars())
    more, rows = len(rows) > page_size, rows[:page_size]
    return Page(rows, encode_cursor(rows[-1].due_at, rows[-1].id) if more else None)


def count_activities(search: Search, most: int = 100) -> int:
    """How many there are, none above ``most``."""
    some = select(Activity.id).where(*_conditions(search)).limit(most)
    return int(session.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def next_activity_of(
    *,
    contact_id: uuid.UUID | None = None,
    customer_id: uuid.UUID | None = None,
    deal_id: uuid.UUID | None = None,
) -> Activity | None:
    """What is due next with a contact, a customer or about a deal; what is overdue comes before it."""
    search = Search(contact_id=contact_id, customer_id=customer_id, deal_id=deal_id)
    found = list_activities(search, page_size=1).items
    return found[0] if found else None


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    conditions = [
        column == value
        for column, value in (
            (Activity.assignee_id, search.assignee_id),
            (Activity.customer_id, search.customer_id),
            (Activity.deal_id, search.deal_id),
            (Activity.contact_id, search.contact_id),
        )
        if value is not None
    ]
    if search.when == "done":
        return [*conditions, Activity.done_at.is_not(None)]
    conditions.append(Activity.done_at.is_(None))
    if search.when == "overdue":
        conditions.append(Activity.due_at < utcnow())
    elif search.when != "open":
        until = days.day_start(1 if search.when == "today" else 7)
        conditions += [Activity.due_at >= days.day_start(), Activity.due_at < until]
    return conditions


def _follow_message(given: dict[str, Any]) -> None:
    if given.get("message_id") is None:
        return
    conversation_id = uuid.UUID(get_message(given["message_id"])["conversation_id"])
    if given.get("conversation_id") not in (None, conversation_id):
        message = _("It is a message of another conversation.")
        raise InvalidPayload(message, {"message_id": [message]})
    given["conversation_id"] = conversation_id


def _follow_links(given: dict[str, Any]) -> None:
    """Whom it is about, where only the conversation or the deal was said."""
    if given.get("conversation_id") is not None and given.get("contact_id") is None:
        given["contact_id"] = uuid.UUID(get_conversation(given["conversation_id"])["contact"]["id"])
    if given.get("deal_id") is not None:
        query = select(Deal.customer_id, Deal.contact_id).where(Deal.id == given["deal_id"])
        found = session.execute(query).one_or_none()
        if found is None:  # deleted since it was looked up
            raise NotFound(_("There is no such deal."))
        customer_id, contact_id = found
        given["customer_id"] = given.get("customer_id") or customer_id
        given["contact_id"] = given.get("contact_id") or contact_id
    if given.get("contact_id") is not None and given.get("customer_id") is None:
        of_contact = select(CustomerContact.customer_id).where(CustomerContact.contact_id == given["contact_id"])
        customers = session.execute(of_contact.limit(2)).scalars().all()
        given["customer_id"] = customers[0] if len(customers) == 1 else None


def _done_key(activity: Activity) -> str:
    return f"activity:{activity.id}:done"
