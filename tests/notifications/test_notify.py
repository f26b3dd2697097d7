"""Telling members: once by key, only whom it concerns, in each reader's language."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ramal.accounts.models import Membership, User
from ramal.api import Medium, NotificationType, gettext, lazy_gettext, notify
from ramal.contacts.models import Contact
from ramal.database.session import db, system_transaction, transaction
from ramal.inbox.models import Conversation
from ramal.notifications.types import registry

DEAL = "TEST_DEAL"


@pytest.fixture(autouse=True)
def kinds(app: Any) -> Iterator[None]:
    """Two kinds of the core's, for the test: one that coalesces and one that tells once."""
    found = registry().kinds
    before = dict(found)
    for type_ in (
        NotificationType(DEAL, "Deals"),
        NotificationType("TEST_SUM", "Sums", coalesces=True),
        NotificationType("TEST_SECRET", "Secrets", permission="plugin.manage"),
        NotificationType("TEST_OFF", "Off", media=(Medium.EMAIL,)),
        NotificationType("TEST_SEEN", "Seen", may_see=lambda principal, id_: principal.name.startswith("Ana")),
    ):
        found[type_.code] = type(found["NEW_MESSAGE"])(type_)
    yield
    found.clear()
    found.update(before)


def test_a_member_is_told(api, agent, admin, conversation):
    subject = ("conversation", conversation.id)
    assert notify(DEAL, user_ids=[agent.id], title="A deal", body="x" * 999, url="/p/deals/1", subject=subject) == 1
    answer = api(agent).get("/notifications").json
    (found,) = answer["items"]
    assert found["title"] == "A deal"
    assert len(found["body"]) == 300
    assert found["url"] == "/p/deals/1"
    assert found["subject"] == {"kind": "conversation", "id": str(conversation.id)}
    assert (found["code"], found["icon"], found["count"], found["read_at"]) == (DEAL, "bell", 1, None)
    assert answer["unread"] == 1
    assert answer["next_cursor"] is None
    assert api(admin).get("/notifications").json["items"] == []


def test_it_belongs_to_the_transaction_that_tells(api, agent):
    def tell_and_fail() -> None:
        with transaction():
            notify(DEAL, user_ids=[agent.id], title="A deal")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tell_and_fail()
    assert api(agent).get("/notifications").json["unread"] == 0


def test_who_holds_a_permission_is_told(api, agent, admin, organization):
    switched_off = organization.member("org_admin")
    api(admin).patch(f"/users/{switched_off.id}", {"active": False})
    assert notify(DEAL, permission="plugin.manage", title="For admins") == 1
    assert api(admin).get("/notifications").json["unread"] == 1
    assert api(agent).get("/notifications").json["unread"] == 0


def test_a_key_tells_once(agent, admin, api):
    assert notify(DEAL, user_ids=[agent.id], title="One", key="deal:1") == 1
    assert notify(DEAL, user_ids=[agent.id, admin.id], title="Two", key="deal:1") == 1
    api(agent).post("/notifications/read-all")
    assert notify(DEAL, user_ids=[agent.id], title="Three", key="deal:1") == 0
    assert notify(DEAL, user_ids=[agent.id], title="Four", key="deal:2") == 1
    assert [one["title"] for one in api(agent).get("/notifications").json["items"]] == ["Four", "One"]


def test_a_coalescing_key_updates_what_is_unread(agent, api):
    for title in ("One", "Two", "Three"):
        notify("TEST_SUM", user_ids=[agent.id], title=title, body="", url=f"/{title}", key="sum")
    notify("TEST_SUM", user_ids=[agent.id], title="Other", key="other")
    (_other, found) = api(agent).get("/notifications").json["items"]
    assert (found["title"], found["count"], found["url"]) == ("Three", 3, "/Three")
    api(agent).post(f"/notifications/{found['id']}/read")
    notify("TEST_SUM", user_ids=[agent.id], title="Four", key="sum")
    items = api(agent).get("/notifications").json["items"]
    assert [(one["title"], one["count"]) for one in items] == [("Four", 1), ("Other", 1), ("Three", 3)]
    # What is updated comes first again.
    notify("TEST_SUM", user_ids=[agent.id], title="Other again", key="other")
    assert api(agent).get("/notifications").json["items"][0]["title"] == "Other again"


def test_two_at_once_are_one(app, organization, agent, admin, api):
    from ramal.database.session import use_organization

    start = threading.Barrier(4)

    def tell(order: int) -> None:
        with app.app_context():
            use_organization(organization.id)
            start.wait()
            with transaction():
                people = [agent.id, admin.id] if order % 2 else [admin.id, agent.id]
                notify(DEAL, user_ids=people, title="One", key="race")
                notify("TEST_SUM", user_ids=people, title="Sum", key="race")

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for member in (agent, admin):
        items = api(member).get("/notifications").json["items"]
        assert sorted((one["code"], one["count"]) for one in items) == [(DEAL, 1), ("TEST_SUM", 4)]


def test_who_lacks_the_permission_is_not_told(agent, admin):
    assert notify("TEST_SECRET", user_ids=[agent.id, admin.id], title="Secret") == 1


def test_who_loses_the_permission_sees_it_no_more(api, admin, organization):
    other = organization.member("org_admin")
    notify("TEST_SECRET", user_ids=[other.id], title="Secret")
    assert api(other).get("/notifications").json["unread"] == 1
    api(admin).patch(f"/users/{other.id}", {"role": "agent"})
    assert api(other).get("/notifications").json == {"items": [], "next_cursor": None, "unread": 0}


def test_nobody_hears_of_a_subject_they_may_not_see(agent, admin, other_organization, acting_for, make, monkeypatch):
    with acting_for(other_organization.id):
        foreign = make.conversation()
    for kind in ("conversation", "contact"):
        id_ = foreign.id if kind == "conversation" else foreign.contact_id
        assert notify(DEAL, user_ids=[agent.id], title="Foreign", subject=(kind, id_)) == 0
        assert notify(DEAL, user_ids=[agent.id], title="Nothing", subject=(kind, uuid.uuid4())) == 0
    mine = make.conversation()
    rule = lambda principal, item: principal.name.startswith("Ana") and item["id"] == str(mine.id)  # noqa: E731
    monkeypatch.setattr("ramal.notifications.services.recipients.may_see", rule)
    people = [agent.id, admin.id]
    assert notify(DEAL, user_ids=people, title="Only Ana", subject=("conversation", mine.id)) == 1
    assert notify(DEAL, user_ids=people, title="Both", subject=("contact", mine.contact_id)) == 2
    assert notify("TEST_SEEN", user_ids=people, title="Only Ana", subject=("deal", uuid.uuid4())) == 1
    assert notify(DEAL, user_ids=people, title="Both", subject=("deal", uuid.uuid4())) == 2


def test_what_may_no_longer_be_seen_is_gone_from_the_list(api, agent, conversation, monkeypatch):
    notify(DEAL, user_ids=[agent.id], title="Mine", subject=("conversation", conversation.id))
    monkeypatch.setattr("ramal.notifications.services.reading.visible", lambda: Conversation.assignee_id.is_(None))
    assert api(agent).get("/notifications").json["items"] == []
    assert api(agent).get("/notifications").json["unread"] == 0


def test_members_of_another_organization_are_not_told(agent, other_organization):
    assert notify(DEAL, user_ids=[other_organization.agent.id], title="Foreign") == 0
    assert notify(DEAL, user_ids=[], title="Nobody") == 0


def test_it_goes_with_the_conversation_and_the_member(rows, agent, admin, make, conversation, owner_engine):
    notify(DEAL, user_ids=[agent.id, admin.id], title="1", subject=("conversation", conversation.id))
    lonely = make.contact("Lonely")
    notify(DEAL, user_ids=[agent.id], title="2", subject=("contact", lonely.id))
    with transaction() as session:
        session.execute(db.delete(Conversation).where(Conversation.id == conversation.id))
        session.execute(db.delete(Contact).where(Contact.id == lonely.id))
    assert rows("select id from notification") == []
    notify(DEAL, user_ids=[agent.id, admin.id], title="3")
    with owner_engine.begin() as connection:
        connection.execute(db.delete(Membership).where(Membership.user_id == agent.id))
    assert [row.user_id for row in rows("select user_id from notification")] == [admin.id]


def test_each_reader_has_it_in_their_own_language(api, agent, admin):
    for member, locale in ((agent, "en"), (admin, "pt_BR")):
        api(member).patch("/me", {"locale": locale})
    title = lazy_gettext("The channel %(name)s needs attention", name=lazy_gettext("Inbox"))
    notify(DEAL, user_ids=[agent.id, admin.id], title=title, body=gettext("Inbox"))
    (english,) = api(agent).get("/notifications").json["items"]
    (portuguese,) = api(admin).get("/notifications").json["items"]
    assert english["title"] == "The channel Inbox needs attention"
    assert portuguese["title"] == "O canal Conversas precisa de atenção"
    # A plain text stays what it was.
    assert english["body"] == portuguese["body"]


def test_what_is_off_writes_nothing(rows, agent, admin, api):
    assert notify("TEST_OFF", user_ids=[agent.id], title="Only by e-mail, one day") == 0
    api(agent).put("/notifications/preferences", {"preferences": {DEAL: {"in_app": False}}})
    assert notify(DEAL, user_ids=[agent.id, admin.id], title="A deal") == 1
    assert [row.user_id for row in rows("select user_id from notification")] == [admin.id]


@pytest.mark.parametrize(
    "mistake",
    [
        {"code": "UNKNOWN"},
        {"permission": "plugin.manage"},
        {"url": "https://example.com"},
        {"url": "//example.com"},
        {"url": "/\\example.com"},
        {"url": "/\t/example.com"},
        {"url": "/" + "x" * 600},
        {"key": "x" * 201},
    ],
)
def test_mistakes_are_told_to_the_author(agent, mistake):
    given = {"code": DEAL, "user_ids": [agent.id], "title": "A deal", **mistake}
    with pytest.raises(ValueError, match=r"\w"):
        notify(given.pop("code"), **given)


def test_a_switched_off_user_is_not_told(agent):
    with system_transaction() as session:
        session.execute(db.update(User).where(User.id == agent.id).values(active=False))
    assert notify(DEAL, user_ids=[agent.id], title="A deal") == 0
