"""Who may speak for a session: one at a time, for a while, by compare-and-set in PostgreSQL and by its clock."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import timedelta

from sqlalchemy import func, or_, select, update

from ramal.api import session as database
from ramal.api import transaction
from ramal_whatsapp_web.drivers.base import LONGEST
from ramal_whatsapp_web.models import Session

#: It is renewed before each request to the provider, so it must outlast one, and the writing down after it.
LEASE = timedelta(seconds=LONGEST + 30)


class LeaseLost(Exception):
    """Somebody else drives the session now: what we learnt is not to be written down."""


def new_owner() -> str:
    """A name for one piece of work, of this process and no other's."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def take(session_id: uuid.UUID, owner: str) -> bool:
    """Take the lease unless somebody else holds it."""
    free = or_(Session.lease_until.is_(None), Session.lease_until < func.now())
    with transaction() as session:
        taken = session.scalar(
            update(Session)
            .where(Session.id == session_id, free)
            .values(lease_owner=owner, lease_until=func.now() + LEASE)
            .returning(Session.id)
            .execution_options(synchronize_session=False)
        )
    return taken is not None


def renew(session_id: uuid.UUID, owner: str) -> None:
    """Keep it for another while. LeaseLost if it ran out and somebody else took it."""
    with transaction() as session:
        kept = session.scalar(
            update(Session)
            .where(Session.id == session_id, Session.lease_owner == owner)
            .values(lease_until=func.now() + LEASE)
            .returning(Session.id)
            .execution_options(synchronize_session=False)
        )
    if kept is None:
        raise LeaseLost


def release(session_id: uuid.UUID, owner: str) -> None:
    """Give it back; nothing if it is not ours any more."""
    with transaction() as session:
        session.execute(
            update(Session)
            .where(Session.id == session_id, Session.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )


def hold(session_id: uuid.UUID, owner: str) -> Session:
    """The row, locked until the open transaction ends. LeaseLost if the lease is not ours any more."""
    query = (
        select(Session)
        .where(Session.id == session_id, Session.lease_owner == owner, Session.lease_until > func.now())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row: Session | None = database.execute(query).scalar_one_or_none()
    if row is None:
        raise LeaseLost
    return row
