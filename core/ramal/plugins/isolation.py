"""One call into a plugin, held apart: its own savepoint, its own time limit, its errors its own.

It is isolation of faults, not a sandbox: a plugin is code that the operator chose to run.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from psycopg2.extensions import TRANSACTION_STATUS_INERROR
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ramal.database.session import TransactionMisuse, transaction
from ramal.errors import RamalError
from ramal.plugins.breadcrumb import Crumb, working_on
from ramal.plugins.limits import time_limit
from ramal.plugins.registry import PluginRecord

_Value = TypeVar("_Value")

#: Statements that would end or re-own the transaction which a hook only borrows.
_CONTROL = re.compile(
    r"\s*(commit|end|abort|begin|start\s+transaction|rollback(?!\s+to)|prepare\s+transaction|discard"
    r"|reset\s+(all|role|session)|set\s+(session|role))\b",
    re.IGNORECASE,
)

running: ContextVar[PluginRecord | None] = ContextVar("ramal_running_plugin", default=None)


class PluginFailed(RamalError):
    """A plugin's code raised, took too long or broke the rules; ``__cause__`` is what it raised."""

    def __init__(self, record: PluginRecord, error: BaseException) -> None:
        super().__init__(f"{record.name}: {type(error).__name__}: {error}")
        self.plugin = record.name


@contextlib.contextmanager
def inside_hook(session: Session, record: PluginRecord, seconds: float) -> Iterator[None]:
    """Mark the session and the context as lent to a plugin, for ``seconds`` at most."""
    token = running.set(record)
    session.info["hook_depth"] = session.info.get("hook_depth", 0) + 1
    crumb = Crumb("hook", record.name, str(session.info.get("organization_id") or ""), "", "a hook")
    try:
        with working_on(crumb, seconds), time_limit(seconds):
            yield
    finally:
        session.info["hook_depth"] -= 1
        running.reset(token)


def run_isolated(record: PluginRecord, call: Callable[[], _Value], seconds: float) -> _Value:
    """Call the plugin's code in a savepoint of its own. PluginFailed with the plugin's writes undone.

    What is not the plugin's fault (the database went away, our own writes before it do not fit)
    is raised as it is.
    """
    with transaction() as session:
        # Our own unwritten rows are flushed here, so that their errors are never the plugin's.
        savepoint = session.begin_nested()
        actions = len(session.info.get("after_commit", ()))
        organization = session.info.get("organization_id")
        try:
            with inside_hook(session, record, seconds):
                value = call()
                session.flush()
                _refuse_poisoned(session)
                savepoint.commit()
        except (Exception, SystemExit) as error:
            _undo(session, savepoint, actions)
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            raise PluginFailed(record, error) from error
        finally:
            session.info["organization_id"] = organization
        return value


def _refuse_poisoned(session: Session) -> None:
    """Notice an SQL error that the plugin swallowed: only a rollback to the savepoint mends it."""
    link = session.connection().connection.dbapi_connection
    if link is not None and link.info.transaction_status == TRANSACTION_STATUS_INERROR:
        raise TransactionMisuse("a hook left the transaction aborted by an SQL error that it did not raise")


def _undo(session: Session, savepoint: Any, actions: int) -> None:
    """Back to the savepoint: the rows, the objects, and the doorbells the plugin asked for."""
    if not session.in_transaction():
        raise TransactionMisuse("a hook ended the transaction it ran in")
    if savepoint.is_active or session.in_nested_transaction():
        savepoint.rollback()
    del session.info.get("after_commit", [])[actions:]


def watch_hooks(engine: Engine) -> None:
    """Refuse, on this engine, SQL by which a hook would end the transaction it runs in."""
    event.listen(engine, "before_cursor_execute", _refuse_control)


def _refuse_control(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    record = running.get()
    if record is not None and _CONTROL.match(statement):
        raise TransactionMisuse("a hook can't end the transaction: its writes commit with what they belong to")
