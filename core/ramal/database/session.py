"""Sessions and transactions, and the ORM half of tenancy (the other half: ``database.rls``).

``db.session`` is one session per application context (a request, or one piece of work in a
worker), connected as the *app* role. It serves one organization: :func:`use_organization` names
it, every transaction tells PostgreSQL, and queries, inserts and updates are held to it.
:func:`system_transaction` opens the small all-seeing pool for the few things that come before an
organization is known.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption

from ramal.database.base import TenantMixin, metadata
from ramal.errors import RamalError


class TenancyError(RamalError):
    """Our own code asked for rows without saying whose, or mixed two organizations."""


class TransactionMisuse(RamalError):
    """A hook tried to end the transaction it runs in."""


class TenantSession(FlaskSession):
    """A session that serves one organization and refuses to end inside a hook."""

    def commit(self) -> None:
        self._refuse_inside_hook("commit")
        super().commit()

    def rollback(self) -> None:
        self._refuse_inside_hook("roll back")
        super().rollback()

    def close(self) -> None:
        self._refuse_inside_hook("close")
        super().close()

    def reset(self) -> None:
        self._refuse_inside_hook("reset")
        super().reset()

    def invalidate(self) -> None:
        self._refuse_inside_hook("invalidate")
        super().invalidate()

    def _refuse_inside_hook(self, verb: str) -> None:
        if self.info.get("hook_depth"):
            raise TransactionMisuse(f"a hook can't {verb} the session: its writes commit with the event they belong to")


db = SQLAlchemy(
    metadata=metadata,
    session_options={"class_": TenantSession, "expire_on_commit": False},
    disable_autonaming=True,
)


def organization_id_or_none() -> uuid.UUID | None:
    """The organization this session serves, if one was named."""
    value = db.session().info.get("organization_id")
    return value if isinstance(value, uuid.UUID) else None


def current_organization_id() -> uuid.UUID:
    """The organization this session serves; TenancyError where none was named."""
    value = organization_id_or_none()
    if value is None:
        raise TenancyError("no organization is active here")
    return value


def use_organization(organization_id: uuid.UUID | None) -> None:
    """Name the organization this session serves from now on. Not in the middle of a transaction."""
    session = db.session()
    if session.info.get("organization_id") == organization_id:
        return
    if session.in_transaction():
        raise TenancyError("the organization can't change in the middle of a transaction")
    session.expunge_all()
    session.info["organization_id"] = organization_id
    session.info.pop("organization_criteria", None)


@contextlib.contextmanager
def transaction() -> Iterator[Session]:
    """One use case: commit at the end, roll back on an error. An inner one joins the outer one."""
    session = db.session()
    if session.info.get("transaction_depth"):
        yield session
        return
    session.info["transaction_depth"] = 1
    try:
        yield session
        session.flush()
        session.info["transaction_depth"] = 0
        session.commit()
    except BaseException:
        session.info["transaction_depth"] = 0
        session.rollback()
        session.info.pop("after_commit", None)
        raise
    for action in session.info.pop("after_commit", []):
        action()


def after_commit(action: Callable[[], None]) -> None:
    """Run ``action`` once the open transaction has committed (doorbells); never if it rolls back."""
    session = db.session()
    if session.info.get("transaction_depth"):
        session.info.setdefault("after_commit", []).append(action)
    else:
        action()


@contextlib.contextmanager
def system_transaction() -> Iterator[Session]:
    """A transaction as the all-seeing *system* role, apart from ``db.session``.

    For the journal, logins, tokens, webhook URLs, event positions and the search for work only.
    """
    with Session(db.engines["system"], expire_on_commit=False) as session, session.begin():
        yield session


@event.listens_for(TenantSession, "after_begin")
def _tell_postgres(session: Session, trans: SessionTransaction, connection: Connection) -> None:
    organization_id = session.info.get("organization_id")
    if organization_id is not None and not trans.nested:
        connection.exec_driver_sql("select set_config('ramal.organization_id', %s, true)", (str(organization_id),))


@event.listens_for(TenantSession, "do_orm_execute")
def _hold_to_organization(state: ORMExecuteState) -> None:
    # Not gated on is_select: an ORM UPDATE or DELETE needs the criteria as much. Core statements take none.
    if not state.is_orm_statement:
        return
    organization_id = state.session.info.get("organization_id")
    if organization_id is None:
        if any(issubclass(mapper.class_, TenantMixin) for mapper in state.all_mappers):
            raise TenancyError("rows of an organization were asked for without naming it")
        return
    # Made once for an organization: it would be a tenth of the cost of a small query.
    criteria = state.session.info.get("organization_criteria")
    if criteria is None:
        criteria = state.session.info["organization_criteria"] = _criteria(organization_id)
    state.statement = state.statement.options(criteria)


def _criteria(organization_id: uuid.UUID) -> ExecutableOption:
    return with_loader_criteria(
        TenantMixin,
        lambda cls: cls.organization_id == organization_id,
        include_aliases=True,
    )


@event.listens_for(TenantSession, "before_flush")
def _check_rows(session: Session, _context: Any, _instances: Any) -> None:
    organization_id = session.info.get("organization_id")
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, TenantMixin):
            continue
        unset: uuid.UUID | None = row.organization_id
        if unset is None and organization_id is not None:
            row.organization_id = organization_id
        if row.organization_id != organization_id:
            raise TenancyError(f"{type(row).__name__} of another organization can't be written")
