"""The audit trail: who did what to what, from where, written in the transaction that did it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import has_request_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from ramal.accounts.models import AuditEvent
from ramal.database.session import current_organization_id, db
from ramal.http.limits import client_ip
from ramal.http.logs import mask
from ramal.http.pagination import Page, page_by_key
from ramal.http.principal import principal_or_none
from ramal.http.request_id import request_id

#: (type, id, name) of what was acted upon.
Target = tuple[str, uuid.UUID | str | None, str | None]


def audit(
    action: str,
    *,
    target: Target | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    actor: tuple[uuid.UUID | None, str] | None = None,
    organization_id: uuid.UUID | None = None,
    session: Session | None = None,
) -> AuditEvent:
    """Write that ``action`` (such as ``user.created``) happened, in the current transaction.

    ``before`` and ``after`` are JSON data; values under secret names are masked. The actor is the
    caller unless given. With ``session`` (a system transaction) ``organization_id`` is needed too.
    """
    kind, id_, name = target or (None, None, None)
    row = AuditEvent(
        organization_id=organization_id or current_organization_id(),
        action=action,
        target_type=kind,
        target_id=str(id_) if id_ is not None else None,
        target_name=name[:200] if name else None,
        before=mask(before) if before is not None else None,
        after=mask(after) if after is not None else None,
        ip=client_ip() if has_request_context() else None,
        request_id=request_id(),
    )
    row.actor_id, row.actor_name = actor or _caller()
    (session or db.session()).add(row)
    return row


def _caller() -> tuple[uuid.UUID | None, str]:
    principal = principal_or_none()
    return (None, "system") if principal is None else (principal.user_id, principal.name)


def list_audit(
    *, action: str | None = None, actor_id: uuid.UUID | None = None, cursor: str | None = None, page_size: int = 20
) -> Page:
    """The active organization's trail, newest first."""
    query = select(AuditEvent)
    if action:
        query = query.where(AuditEvent.action == action)
    if actor_id:
        query = query.where(AuditEvent.actor_id == actor_id)
    columns = ((AuditEvent.created_at, datetime), (AuditEvent.id, uuid.UUID))
    return page_by_key(query, columns, cursor=cursor, page_size=page_size)
