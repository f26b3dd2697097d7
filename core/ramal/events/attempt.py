"""One try at handing events to plugins: the call itself, and whether its transaction is still whole.

A plugin shares our transaction, so it can break it: end it behind our back, poison it by a failed
statement it swallowed, or lose its connection. Each shows in the driver's own state, which costs
no round trip; a transaction that was ended and begun anew shows by its id when we finish.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS
from sqlalchemy import text
from sqlalchemy.orm import Session

from ramal.config import current_settings
from ramal.database.session import use_organization
from ramal.events.types import TYPES
from ramal.http.locale import speak_for
from ramal.plugins import dispatch
from ramal.plugins.breadcrumb import Crumb, working_on
from ramal.plugins.registry import PluginRecord

_XID = "select pg_current_xact_id()::text"


class HookExited(Exception):
    """A plugin tried to end the process."""


class CarefulNeeded(Exception):
    """Something raised, or the transaction is not what it was: roll back, and go one by one."""


@contextlib.contextmanager
def own_session(organization_id: uuid.UUID) -> Iterator[None]:
    """A session of its own for the organization, and its language: what a plugin did to the last one is gone."""
    with current_app.app_context():
        use_organization(organization_id)
        speak_for(organization_id)
        yield


class Attempt:
    """Watches over the transaction that is open in ``session``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection()
        self._driver: Any = self._connection.connection.dbapi_connection
        self._transaction = session.get_transaction()
        self._xid = session.execute(text(_XID)).scalar_one()

    def whole(self) -> bool:
        """Whether the transaction is open and unharmed, as far as this side can see."""
        return (
            not self._driver.closed
            and self._driver.get_transaction_status() == TRANSACTION_STATUS_INTRANS
            and self._session.get_transaction() is self._transaction
            and self._session.get_nested_transaction() is None
        )

    def check(self) -> None:
        """CarefulNeeded unless it is whole."""
        if not self.whole():
            raise CarefulNeeded("a plugin broke the transaction")

    def same(self) -> bool:
        """Whether PostgreSQL also says that it is the transaction we began. One round trip."""
        return self.whole() and self._session.execute(text(_XID)).scalar_one() == self._xid

    def finish(self, ids: Sequence[uuid.UUID]) -> None:
        """Mark the events delivered; CarefulNeeded if this is no longer our transaction."""
        self.check()
        done = self._session.execute(
            text(
                "update event set delivered_at = now()"
                " where id = any(cast(:ids as uuid[])) and pg_current_xact_id()::text = :xid returning id"
            ),
            {"ids": [str(id_) for id_ in ids], "xid": self._xid},
        )
        if len(done.all()) != len(ids):
            raise CarefulNeeded("a plugin ended the transaction")


@dataclass(frozen=True, slots=True)
class HookCall:
    """An event as a hook: ``arguments`` makes a fresh set for each plugin."""

    event: Any
    hook: str
    arguments: Callable[[], Mapping[str, Any]]

    def implementers(self) -> list[PluginRecord]:
        """The active plugins that want it, in order."""
        return dispatch.implementers(self.hook)


def hook_call(event: Any) -> HookCall | None:
    """The call an event stands for; None if it stands for none."""
    type_ = TYPES.get(event.type)
    hook = type_.hook(event.data) if type_ else None
    if type_ is None or hook is None:
        return None
    return HookCall(event, hook, lambda: type_.arguments(event.data))


def call(record: PluginRecord, wanted: HookCall) -> None:
    """Call one plugin's implementation of an event hook, under its time limit."""
    seconds = current_settings().hook_time_limit
    event = wanted.event
    crumb = Crumb("event", record.name, str(event.organization_id), str(event.id), wanted.hook)
    try:
        with working_on(crumb, seconds):
            dispatch.call_one(record, wanted.hook, wanted.arguments())
    except (SystemExit, GeneratorExit) as error:
        raise HookExited(f"it raised {type(error).__name__}") from error
