"""The pages as a server answers them: the bell's list, the whole list, the switches, and what the bell costs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from ramal.database.session import db, transaction
from ramal.notifications.services import notify
from ramal.testing.factories import Member

CODE = "CONVERSATION_ASSIGNED"


@pytest.fixture
def browser_of(client: FlaskClient, login: Callable[[FlaskClient, Member], FlaskClient]) -> Callable[..., FlaskClient]:
    return lambda member: login(client, member)


@pytest.fixture
def statements() -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    @contextlib.contextmanager
    def watch() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return watch


def test_the_bell_costs_a_page_one_query(browser_of, agent, statements):
    page = browser_of(agent)
    with transaction():
        for number in range(120):
            notify(CODE, user_ids=[agent.id], title=str(number))
    with statements() as seen:
        answer = page.get("/settings/profile")
    assert 'data-bell-unread="100"' in answer.text
    assert ">99+<" in answer.text
    assert len([one for one in seen if "notification" in one]) == 1
    with statements() as seen:
        page.get("/notifications/recent")
    assert len([one for one in seen if "notification" in one]) == 1, "a piece of a page has no bell"


def test_whoever_may_not_read_notifications_has_no_bell(browser_of, agent, monkeypatch):
    from ramal.accounts.permissions import permission_registry

    registry = permission_registry()
    kept = registry.permissions["notification.read"]
    registry.add("notification.read", "x", ())
    try:
        page = browser_of(agent).get("/settings/profile")
        assert "bell-menu" not in page.text
        assert "settings-notifications" not in page.text
    finally:
        registry.add("notification.read", kept.title, kept.roles)


def test_the_list_comes_as_long_as_it_is_shown(browser_of, agent):
    with transaction():
        for number in range(110):
            notify(CODE, user_ids=[agent.id], title=str(number))
    page = browser_of(agent)
    sizes = {
        size: page.get(f"/notifications/recent?size={size}").text.count('<li class="notice ') for size in (0, 12, 999)
    }
    assert sizes == {0: 8, 12: 12, 999: 100}
    assert page.get("/notifications/recent?size=many").text.count('<li class="notice ') == 8


def test_words_of_customers_are_text(browser_of, agent):
    notify(CODE, user_ids=[agent.id], title="<b>Marina</b>", body="<script>alert(1)</script>")
    for path in ("/notifications/recent", "/notifications"):
        answer = browser_of(agent).get(path)
        assert "&lt;b&gt;Marina&lt;/b&gt;" in answer.text
        assert "<script>alert" not in answer.text


def test_the_whole_list_and_the_unread(browser_of, agent, api):
    notify(CODE, user_ids=[agent.id], title="Lida")
    api(agent).post("/notifications/read-all")
    notify(CODE, user_ids=[agent.id], title="Nova")
    page = browser_of(agent)
    assert ("Lida" in page.get("/notifications").text, "Nova" in page.get("/notifications").text) == (True, True)
    unread = page.get("/notifications?unread=1").text
    assert "Nova" in unread
    assert "Lida" not in unread
    answer = page.post("/notifications/read-all", follow_redirects=True)
    assert "All notifications were marked as read." in answer.text
    assert "Nothing new" in page.get("/notifications?unread=1").text


def test_switches_are_kept(browser_of, agent, api):
    page = browser_of(agent)
    form = {"shown": ["NEW_MESSAGE", "UNKNOWN"], "CONVERSATION_ASSIGNED:in_app": "1"}
    answer = page.post("/settings/notifications", data=form, follow_redirects=True)
    assert "Your choices were saved." in answer.text
    preferences = api(agent).get("/notifications/preferences").json["preferences"]
    # What the form did not show stays as it was.
    assert {one["code"]: one["media"]["in_app"] for one in preferences} == {
        "NEW_MESSAGE": False,
        "CONVERSATION_ASSIGNED": True,
    }
