"""Over the API: pages, the unread, marking, preferences, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ramal.database.base import utcnow
from ramal.database.session import db, transaction
from ramal.notifications.models import Notification
from ramal.notifications.services import KEEP_READ, forget_read, notify
from ramal.pipeline.worker.cleaning import clean

CODE = "CONVERSATION_ASSIGNED"


@pytest.fixture
def tell(agent):
    def write(*titles: str, **more):
        for title in titles:
            notify(CODE, user_ids=[agent.id], title=title, **more)

    return write


def titles(answer):
    return [one["title"] for one in answer.json["items"]]


def test_pages_follow_each_other_by_key(api, agent, tell):
    tell(*"abcde")
    first = api(agent).get("/notifications", page_size=2)
    tell("new")
    second = api(agent).get("/notifications", page_size=2, cursor=first.json["next_cursor"])
    third = api(agent).get("/notifications", page_size=2, cursor=second.json["next_cursor"])
    assert [titles(page) for page in (first, second, third)] == [["e", "d"], ["c", "b"], ["a"]]
    assert third.json["next_cursor"] is None
    assert third.json["unread"] == 6


def test_the_unread(api, agent, tell):
    tell(*"abc")
    (_c, b, _a) = api(agent).get("/notifications").json["items"]
    answer = api(agent).post(f"/notifications/{b['id']}/read")
    assert answer.json["read_at"] is not None
    again = api(agent).post(f"/notifications/{b['id']}/read")
    assert again.json["read_at"] == answer.json["read_at"]
    unread = api(agent).get("/notifications", unread="true")
    assert titles(unread) == ["c", "a"]
    assert unread.json["unread"] == 2
    assert api(agent).post("/notifications/read-all").json == {"marked": 2}
    assert api(agent).post("/notifications/read-all").json == {"marked": 0}
    assert titles(api(agent).get("/notifications")) == ["c", "b", "a"]


def test_the_unread_are_counted_up_to_a_hundred(api, agent, tell):
    with transaction():
        tell(*map(str, range(103)))
    assert api(agent).get("/notifications").json["unread"] == 100


def test_those_about_one_conversation_are_marked(api, agent, tell, conversation, make):
    other = make.conversation()
    tell("this", subject=("conversation", conversation.id))
    tell("other", subject=("conversation", other.id))
    assert api(agent).post("/notifications/read-all", {"conversation_id": str(conversation.id)}).json == {"marked": 1}
    assert titles(api(agent).get("/notifications", unread="true")) == ["other"]


def test_nobody_marks_anybody_elses(api, agent, admin, tell):
    tell("a")
    (found,) = api(agent).get("/notifications").json["items"]
    assert api(admin).post(f"/notifications/{found['id']}/read").status_code == 404
    api(admin).post("/notifications/read-all")
    assert api(agent).get("/notifications").json["unread"] == 1


def test_a_token_needs_the_scope(api, agent, tell):
    tell("a")
    made = api(agent).post("/api-tokens", {"name": "Robot", "scopes": ["conversation.read"]})
    from ramal.testing.client import JsonClient

    robot = JsonClient(api(agent)._app, agent, token=made.json["token"])
    assert robot.get("/notifications").status_code == 403


def test_a_cursor_of_somebody_elses_making_is_refused(api, agent):
    assert api(agent).get("/notifications", cursor="nonsense").status_code == 422


def test_switches(api, agent, admin):
    answer = api(agent).get("/notifications/preferences").json
    assert [medium["name"] for medium in answer["media"] if medium["available"]] == ["in_app"]
    assert [medium["name"] for medium in answer["media"]] == ["in_app", "desktop", "push", "email"]
    kinds = {one["code"]: one for one in answer["preferences"]}
    # An agent manages no channels.
    assert set(kinds) == {"CONVERSATION_ASSIGNED", "NEW_MESSAGE"}
    assert kinds["NEW_MESSAGE"]["media"] == {"in_app": True}
    assert kinds["NEW_MESSAGE"]["title"]
    off = api(agent).put("/notifications/preferences", {"preferences": {"NEW_MESSAGE": {"in_app": False}}})
    kept = {one["code"]: one["media"]["in_app"] for one in off.json["preferences"]}
    assert kept == {"CONVERSATION_ASSIGNED": True, "NEW_MESSAGE": False}
    assert api(agent).put("/notifications/preferences", {"preferences": {}}).json == off.json
    on = api(agent).put("/notifications/preferences", {"preferences": {"NEW_MESSAGE": {"in_app": True}}})
    assert on.json == answer
    assert {"CHANNEL_ATTENTION", "PLUGIN_SUSPENDED"} < {
        one["code"] for one in api(admin).get("/notifications/preferences").json["preferences"]
    }


@pytest.mark.parametrize(
    ("preferences", "field"),
    [
        ({"UNKNOWN": {"in_app": True}}, "UNKNOWN"),
        ({"CHANNEL_ATTENTION": {"in_app": True}}, "CHANNEL_ATTENTION"),
        ({"NEW_MESSAGE": {"email": True}}, "NEW_MESSAGE"),
        ({"NEW_MESSAGE": {"pigeon": True}}, "preferences"),
    ],
)
def test_switches_that_make_no_sense(api, agent, preferences, field):
    answer = api(agent).put("/notifications/preferences", {"preferences": preferences})
    assert answer.status_code == 422
    assert any(key.startswith(field) for key in answer.json["error"]["details"])


def test_what_was_read_long_ago_is_forgotten(api, agent, tell):
    tell(*"abc")
    long_ago = utcnow() - KEEP_READ - timedelta(minutes=1)
    for title, read_at in (("a", long_ago), ("b", utcnow())):
        with transaction() as session:
            query = db.select(Notification).where(Notification.title["text"].as_string() == title)
            session.execute(query).scalar_one().read_at = read_at
    with transaction() as session:
        session.execute(db.select(Notification)).scalars().first().at = long_ago
    assert clean() == 1
    assert sorted(titles(api(agent).get("/notifications"))) == ["b", "c"]
    assert forget_read() == 0
