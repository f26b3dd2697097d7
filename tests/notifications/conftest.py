"""Conversations with an assignee, and a log that is read when the test says so."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from ramal.database.session import db
from ramal.events.worker_steps import drain_events_once
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, Member, TestOrganization

Api = Callable[[Member | None], JsonClient]


@pytest.fixture
def colleague(organization: TestOrganization) -> Member:
    return organization.member("agent", name="Caio Colega")


@pytest.fixture
def bell(api: Api) -> Callable[[Member], list[tuple[str, int]]]:
    """``bell(member)``: title and count of each of their notifications, newest first; the log is read before."""

    def look(member: Member) -> list[tuple[str, int]]:
        drain_events_once()
        return [(one["title"], one["count"]) for one in api(member).get("/notifications").json["items"]]

    return look


@pytest.fixture
def conversation(make: Factory, agent: Member) -> Any:
    """Marina's, and the agent's."""
    contact = make.contact("Marina Exemplo")
    return make.conversation(make.party(contact=contact), assignee_id=agent.id)


@pytest.fixture
def rows(owner_engine: Engine) -> Callable[[str], list[Any]]:
    """Any query, as the owner of the tables sees it."""

    def ask(query: str) -> list[Any]:
        with owner_engine.connect() as connection:
            return list(connection.execute(text(query)).all())

    return ask


@pytest.fixture
def queries() -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """``with queries() as seen: …``: the statements about notifications that went to the database as the app role."""

    @contextlib.contextmanager
    def watch() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "notification" in statement:
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return watch
