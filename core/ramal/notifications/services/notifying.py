"""Telling members: rows at the bell and events for their sockets, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import Insert, insert

from ramal.accounts.identity import language_of
from ramal.database.base import new_id, utcnow
from ramal.database.session import current_organization_id, db, transaction
from ramal.events.services import emit_event
from ramal.http.principal import Principal
from ramal.i18n import DEFAULT_LOCALE, LazyText, kept_text, speaking
from ramal.inbox.serialize import timestamp
from ramal.notifications.models import Notification
from ramal.notifications.serialize import notification_json
from ramal.notifications.services.recipients import Subject, choices, members, told
from ramal.notifications.types import kind_of
from ramal.plugins.contributions import NotificationType

#: Characters of a plain body that are kept: it is a glance, not the text.
BODY_LIMIT = 300
_URL_LIMIT, _KEY_LIMIT = 500, 200
_TABLE = cast(Table, Notification.__table__)
_UNIQUE = ("organization_id", "user_id", "code", "key")


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing to tell: to these members, or to all who hold ``permission``. See :func:`notify`."""

    code: str
    title: str | LazyText
    body: str | LazyText = ""
    url: str | None = None
    user_ids: Collection[uuid.UUID] = ()
    permission: str | None = None
    subject: Subject | None = None
    key: str | None = None
    #: How often it happened.
    count: int = 1


def notify(
    code: str,
    *,
    user_ids: Collection[uuid.UUID] = (),
    permission: str | None = None,
    title: str | LazyText,
    body: str | LazyText = "",
    url: str | None = None,
    subject: tuple[str, uuid.UUID] | None = None,
    key: str | None = None,
) -> int:
    """Tell members something, in the caller's transaction. Answers how many were told now.

    ``code``: declared with ``register_notifications``. Either ``user_ids``, or ``permission``: all
    who hold it. Left out is who is not an active member, lacks the permission of the kind, may not
    see the ``subject`` (``("conversation", id)``, ``("contact", id)``, or one of the plugin's own),
    or switched the kind off; and everybody, while the organization has the plugin disabled.

    ``title`` and ``body`` made by ``lazy_gettext`` are shown to each reader in their own language.
    ``url`` is a path of this site. The same ``key`` tells a member once; of a kind that coalesces, it
    updates what they have not read yet. ValueError for an unknown code and for what makes no sense.
    """
    about = None if subject is None else Subject(*subject)
    return deliver([Draft(code, title, body, url, user_ids, permission, about, key)])


def deliver(drafts: Sequence[Draft]) -> int:
    """Several at once, for a few statements in all. Two drafts of one kind have different keys, or none."""
    for draft in drafts:
        _check(draft)
    organization_id = current_organization_id()
    wanted = [draft for draft in drafts if kind_of(draft.code).active(organization_id)]
    if not wanted:
        return 0
    with transaction():
        rows, people = _rows(wanted)
        written = [
            row
            for coalesces in (False, True)
            for row in _write([row for row in rows if row["coalesces"] is coalesces], coalesces=coalesces)
        ]
        _tell(written, people)
    return len(written)


def _check(draft: Draft) -> None:
    if bool(draft.user_ids) and draft.permission is not None:
        raise ValueError("tell user_ids, or who holds a permission: not both")
    if draft.url is not None and not _is_path(draft.url):
        raise ValueError("the url of a notification is a path of this site")
    if len(draft.url or "") > _URL_LIMIT or len(draft.key or "") > _KEY_LIMIT:
        raise ValueError(f"a notification's url has up to {_URL_LIMIT} characters, its key up to {_KEY_LIMIT}")
    kind_of(draft.code)


def _is_path(url: str) -> bool:
    """Whether it stays on this site: browsers take a backslash for a slash, and skip control characters."""
    return url.startswith("/") and not url.startswith("//") and "\\" not in url and url.isprintable()


def _rows(drafts: Sequence[Draft]) -> tuple[list[dict[str, Any]], Mapping[uuid.UUID, Principal]]:
    """A row for each draft and member who is told, and who they all are."""
    named = {user_id for draft in drafts for user_id in draft.user_ids}
    people = members(named, {draft.permission for draft in drafts if draft.permission})
    chosen = choices(people.keys(), {draft.code for draft in drafts}) if people else {}
    rows = []
    for draft in drafts:
        type_ = kind_of(draft.code).type
        if draft.permission is None:
            candidates = [people[user_id] for user_id in sorted(set(draft.user_ids)) if user_id in people]
        else:
            candidates = [one for _id, one in sorted(people.items()) if one.can(draft.permission)]
        rows += [_row(draft, type_, one) for one in told(type_, draft.subject, candidates, chosen)]
    return rows, people


def _row(draft: Draft, type_: NotificationType, member: Principal) -> dict[str, Any]:
    about, now = draft.subject, utcnow()
    body = draft.body if isinstance(draft.body, LazyText) else draft.body[:BODY_LIMIT]
    return {
        "id": new_id(),
        "organization_id": member.organization_id,
        "created_at": now,
        "user_id": member.user_id,
        "code": type_.code,
        "key": draft.key,
        "coalesces": type_.coalesces,
        "title": kept_text(draft.title),
        "body": kept_text(body) if body else None,
        "url": draft.url,
        "subject_kind": about.kind if about else None,
        "subject_id": about.id if about else None,
        "conversation_id": about.id if about and about.kind == "conversation" else None,
        "contact_id": about.id if about and about.kind == "contact" else None,
        "count": draft.count,
        "at": now,
    }


def _write(rows: list[dict[str, Any]], *, coalesces: bool) -> list[dict[str, Any]]:
    """Insert them; answers the rows that are new or were updated, as they stand now."""
    if not rows:
        return []
    # In one order everywhere: two transactions that tell the same people wait, and don't deadlock.
    rows.sort(key=lambda row: (row["user_id"], row["code"], row["key"] or ""))
    statement = insert(_TABLE).values(rows)
    statement = _updating(statement) if coalesces else _once(statement)
    return [dict(row._mapping) for row in db.session.execute(statement.returning(*_TABLE.c))]  # noqa: SLF001 (SQLAlchemy's documented way)


def _once(statement: Insert) -> Insert:
    return statement.on_conflict_do_nothing(index_elements=_UNIQUE, index_where=text("not coalesces"))


def _updating(statement: Insert) -> Insert:
    new = statement.excluded
    kept = {name: new[name] for name in ("title", "body", "url", "at")}
    return statement.on_conflict_do_update(
        index_elements=_UNIQUE,
        index_where=text("coalesces and read_at is null"),
        set_={**kept, "count": _TABLE.c.count + new["count"]},
    )


def _tell(rows: Sequence[Mapping[str, Any]], people: Mapping[uuid.UUID, Principal]) -> None:
    """An event for each, in its reader's language."""
    default = ""
    for row in rows:
        locale = people[row["user_id"]].locale
        if locale is None:
            locale = default = default or _organization_language()
        with speaking(locale):
            item = notification_json(row)
        plain: dict[str, Any] = {"id": str(row["id"]), "at": timestamp(row["at"]), "read_at": timestamp(row["read_at"])}
        if item["subject"]:
            plain["subject"] = {**item["subject"], "id": str(row["subject_id"])}
        data = {"action": "created", "notification": {**item, **plain}}
        permission = kind_of(row["code"]).type.permission
        emit_event("notification", {**data, "user_id": str(row["user_id"]), "permission": permission})


def _organization_language() -> str:
    found = language_of(current_organization_id())
    return found[0] if found else DEFAULT_LOCALE
