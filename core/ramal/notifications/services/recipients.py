"""Who is told: active members who hold what the kind asks for, may see the subject and want to know."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from ramal.accounts.models import Membership, User
from ramal.accounts.permissions import ROLES, permissions_of
from ramal.contacts.models import Contact
from ramal.database.session import current_organization_id, db
from ramal.http.principal import Principal
from ramal.inbox.items import conversation_item
from ramal.inbox.models import Conversation
from ramal.inbox.visibility import may_see
from ramal.notifications.models import NotificationPreference
from ramal.notifications.types import PERMISSION, on_by_default
from ramal.plugins.contributions import Medium, NotificationType


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notification is about. ``item``: a conversation's JSON, where it is known already."""

    kind: str
    id: uuid.UUID
    item: Mapping[str, Any] | None = None


def members(user_ids: Collection[uuid.UUID], permissions: Collection[str]) -> dict[uuid.UUID, Principal]:
    """The active members among these, and all who hold one of the permissions."""
    roles = [role for role in ROLES if permissions_of(role) & set(permissions)]
    query = (
        select(Membership.user_id, Membership.role, User.name, User.locale)
        .join(User, User.id == Membership.user_id)
        .where(Membership.active, User.active, or_(Membership.user_id.in_(user_ids), Membership.role.in_(roles)))
    )
    organization_id = current_organization_id()
    return {
        row.user_id: Principal(
            "user",
            row.user_id,
            organization_id,
            row.name,
            role=row.role,
            permissions=permissions_of(row.role),
            locale=row.locale,
        )
        for row in db.session.execute(query)
    }


def choices(user_ids: Collection[uuid.UUID], codes: Collection[str]) -> dict[tuple[uuid.UUID, str], bool]:
    """(member, code) → whether they want it at the bell, of those who said so."""
    query = select(NotificationPreference.user_id, NotificationPreference.code, NotificationPreference.enabled).where(
        NotificationPreference.user_id.in_(user_ids),
        NotificationPreference.code.in_(codes),
        NotificationPreference.medium == Medium.IN_APP,
    )
    return {(user_id, code): enabled for user_id, code, enabled in db.session.execute(query)}


def told(
    type_: NotificationType,
    subject: Subject | None,
    candidates: Iterable[Principal],
    chosen: Mapping[tuple[uuid.UUID, str], bool],
) -> list[Principal]:
    """Those of the candidates who are told. Nobody, where the subject does not exist."""
    wanted = []
    for one in candidates:
        assert one.user_id is not None
        allowed = one.can(PERMISSION) and (type_.permission is None or one.can(type_.permission))
        if allowed and chosen.get((one.user_id, type_.code), on_by_default(type_, Medium.IN_APP)):
            wanted.append(one)
    return _who_see(type_, subject, wanted) if subject is not None and wanted else wanted


def _who_see(type_: NotificationType, subject: Subject, candidates: list[Principal]) -> list[Principal]:
    if subject.kind == "conversation":
        item = subject.item or _conversation(subject.id)
        return [] if item is None else [one for one in candidates if may_see(one, item)]
    if subject.kind == "contact":
        exists = db.session.execute(select(Contact.id).where(Contact.id == subject.id)).first() is not None
        return [one for one in candidates if exists and one.can("contact.read")]
    if type_.may_see is not None:
        return [one for one in candidates if type_.may_see(one, subject.id)]
    return candidates


def _conversation(conversation_id: uuid.UUID) -> Mapping[str, Any] | None:
    found = db.session.execute(select(Conversation).where(Conversation.id == conversation_id)).scalar_one_or_none()
    return None if found is None else conversation_item(found)
