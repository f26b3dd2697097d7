"""Take, assign, resolve, reopen, labels, priority, read: and who may not."""

from __future__ import annotations

import json
import threading

import pytest

from ramal.accounts.models import AuditEvent, Membership
from ramal.database.base import new_id, utcnow
from ramal.database.session import db, transaction, use_organization
from ramal.errors import Conflict
from ramal.events.connection import redis_link
from ramal.events.models import Event
from ramal.events.types import TYPES
from ramal.http.principal import Principal
from ramal.inbox import services
from ramal.inbox.models import Conversation, ConversationLabel, OutboxItem
from ramal.inbox.visibility import may_see


def act(caller, conversation, verb, body=None):
    return caller.post(f"/conversations/{conversation.id}/{verb}", body or {})


def told(type_):
    return [
        row.data
        for row in db.session.execute(db.select(Event).where(Event.type == type_).order_by(Event.seq)).scalars()
    ]


# --- take and assign --------------------------------------------------------------------------------


def test_take(api, agent, open_conversation, reload):
    conversation = open_conversation(status="pending", control="bot")
    answer = act(api(agent), conversation, "take")
    assert answer.status_code == 200
    assert answer.json["assignee"] == {"id": str(agent.id), "name": agent.name}
    now = reload(conversation)
    assert (now.assignee_id, now.control, now.status) == (agent.id, "human", "open")
    (event,) = told("conversation.assigned")
    assert (event["previous"], event["assignee"]["name"], event["actor"]["name"]) == (None, agent.name, agent.name)


def test_the_second_to_take_learns_the_winners_name(api, admin, agent, conversation, reload):
    act(api(agent), conversation, "take")
    answer = act(api(admin), conversation, "take")
    assert answer.status_code == 409
    assert agent.name in answer.json["error"]["message"]
    assert answer.json["error"]["details"]["assignee"] == {"id": str(agent.id), "name": agent.name}
    assert reload(conversation).assignee_id == agent.id


def test_taking_twice_is_taking_once(api, agent, conversation):
    assert [act(api(agent), conversation, "take").status_code for _ in range(2)] == [200, 200]
    assert len(told("conversation.assigned")) == 1


def test_of_many_who_take_at_once_one_wins(app, organization, open_conversation, reload):
    conversation_id = open_conversation().id
    people = [organization.member("agent") for _ in range(8)]
    barrier, won, lost = threading.Barrier(len(people)), [], []

    def take(person):
        with app.app_context():
            use_organization(organization.id)
            barrier.wait(10)
            try:
                services.take(conversation_id, person.id)
                won.append(person)
            except Conflict as error:
                lost.append(error)

    threads = [threading.Thread(target=take, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    (winner,) = won
    assert len(lost) == len(people) - 1
    assert {error.details["assignee"]["name"] for error in lost} == {winner.name}
    db.session.rollback()
    assert db.session.get(Conversation, conversation_id, populate_existing=True).assignee_id == winner.id
    assert len(told("conversation.assigned")) == 1


def test_a_closed_conversation_is_not_taken(api, agent, open_conversation):
    answer = act(api(agent), open_conversation(status="resolved"), "take")
    assert answer.status_code == 409


def test_assign_and_release(api, admin, agent, conversation, reload):
    caller = api(admin)
    assert act(caller, conversation, "assign", {"assignee_id": str(agent.id)}).json["assignee_id"] == str(agent.id)
    assert act(caller, conversation, "assign", {"assignee_id": str(agent.id)}).status_code == 200
    assert act(caller, conversation, "assign", {"assignee_id": None}).json["assignee"] is None
    assert reload(conversation).assignee_id is None
    assigned, released = told("conversation.assigned")
    assert assigned["assignee"]["id"] == str(agent.id)
    assert (released["assignee"], released["previous"]["id"]) == (None, str(agent.id))


def test_assign_only_to_active_members(api, admin, agent, other_organization, conversation):
    caller = api(admin)
    with transaction() as session:
        row = session.execute(db.select(Membership).where(Membership.user_id == agent.id)).scalar_one()
        row.active = False
    for stranger in (agent.id, other_organization.agent.id, new_id()):
        answer = act(caller, conversation, "assign", {"assignee_id": str(stranger)})
        assert answer.status_code == 422
        assert "assignee_id" in answer.json["error"]["details"]
    assert act(caller, conversation, "assign", {}).status_code == 422


# --- resolve and reopen -----------------------------------------------------------------------------


def test_resolve_and_reopen(api, agent, open_conversation, reload):
    conversation = open_conversation(assignee_id=agent.id, control="human")
    answer = act(api(agent), conversation, "resolve")
    assert (answer.status_code, answer.json["status"]) == (200, "resolved")
    closed = reload(conversation)
    assert closed.waiting_since is None
    assert closed.resolved_at is not None
    assert act(api(agent), conversation, "resolve").status_code == 200
    assert len(told("conversation.closed")) == 1

    answer = act(api(agent), conversation, "reopen")
    assert (answer.json["status"], answer.json["assignee_id"]) == ("open", str(agent.id))
    assert reload(conversation).resolved_at is None
    assert act(api(agent), conversation, "reopen").status_code == 200
    assert len(told("conversation.reopened")) == 1


def test_a_plugin_may_object_to_closing(api, agent, conversation, desk_plugin, reload):
    desk_plugin.objects_to["close"] = "Falta a nota fiscal."
    answer = act(api(agent), conversation, "resolve")
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == "Falta a nota fiscal."
    assert reload(conversation).status == "open"
    assert told("conversation.closed") == []


def test_no_second_live_conversation_with_one_person(api, agent, open_conversation, make, reload):
    old = open_conversation(status="resolved")
    live = make.conversation(db.session.get(_party_class(), old.party_id))
    answer = act(api(agent), old, "reopen")
    assert answer.status_code == 409
    assert answer.json["error"]["details"]["conversation_id"] == str(live.id)
    assert reload(old).status == "resolved"


def test_reopening_while_a_new_one_begins_leaves_one_live(app, organization, open_conversation, make):
    old_id, party = _resolved(open_conversation)
    barrier, outcomes = threading.Barrier(2), []

    def run(work):
        with app.app_context():
            use_organization(organization.id)
            barrier.wait(10)
            try:
                work()
                outcomes.append("done")
            except Exception as error:
                db.session.rollback()
                outcomes.append(type(error).__name__)

    threads = [
        threading.Thread(target=run, args=(lambda: services.reopen(old_id),)),
        threading.Thread(target=run, args=(lambda: make.conversation(party),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("done") == 1
    assert set(outcomes) <= {"done", "Conflict", "IntegrityError"}
    db.session.rollback()
    query = db.select(db.func.count()).where(Conversation.party_id == party.id, Conversation.status == "open")
    assert db.session.execute(query).scalar_one() == 1


def test_whoever_left_does_not_get_old_conversations_back(api, admin, agent, open_conversation, reload):
    conversation = open_conversation(status="resolved", assignee_id=agent.id)
    with transaction() as session:
        row = session.execute(db.select(Membership).where(Membership.user_id == agent.id)).scalar_one()
        row.active = False
    assert act(api(admin), conversation, "reopen").json["assignee"] is None


# --- marks --------------------------------------------------------------------------------------------


def test_priority(api, agent, conversation):
    caller = api(agent)
    answer = caller.patch(f"/conversations/{conversation.id}", {"priority": "urgent"})
    assert (answer.status_code, answer.json["priority"]) == (200, "urgent")
    assert caller.patch(f"/conversations/{conversation.id}", {"priority": "whatever"}).status_code == 422
    assert caller.patch(f"/conversations/{conversation.id}", {"status": "resolved"}).status_code == 422
    assert [event["conversation"]["priority"] for event in told("conversation.updated")] == ["urgent"]


def test_labels_on_a_conversation(api, agent, conversation, make):
    caller, vip, late = api(agent), make.label("VIP"), make.label("Atrasado")
    path = f"/conversations/{conversation.id}/labels"
    answer = caller.put(path, {"label_ids": [str(vip.id), str(late.id)]})
    assert [label["name"] for label in answer.json["labels"]] == ["Atrasado", "VIP"]
    assert caller.put(path, {"label_ids": [str(vip.id), str(late.id)]}).status_code == 200
    answer = caller.put(path, {"label_ids": [str(vip.id)]})
    assert [label["name"] for label in answer.json["labels"]] == ["VIP"]
    assert len(told("conversation.updated")) == 2
    assert caller.put(path, {"label_ids": [str(new_id())]}).status_code == 422


def test_another_organizations_label_does_not_exist(api, agent, conversation, make, other_organization, acting_for):
    with acting_for(other_organization.id):
        theirs = make.label("Deles")
    answer = api(agent).put(f"/conversations/{conversation.id}/labels", {"label_ids": [str(theirs.id)]})
    assert answer.status_code == 422
    assert db.session.execute(db.select(ConversationLabel)).first() is None


def test_label_catalogue(api, admin, organization, conversation):
    caller = api(admin)
    made = caller.post("/labels", {"name": " Novo ", "color": "#123456"})
    assert made.status_code == 201
    assert made.json["name"] == "Novo"
    assert caller.post("/labels", {"name": "Novo"}).status_code == 409
    assert caller.post("/labels", {"name": "x", "color": "red"}).status_code == 422
    assert caller.post("/labels", {"name": ""}).status_code == 422
    path = f"/labels/{made.json['id']}"
    assert caller.patch(path, {"color": "#654321", "description": "d"}).json["color"] == "#654321"
    caller.put(f"/conversations/{conversation.id}/labels", {"label_ids": [made.json["id"]]})
    listed = caller.get("/labels").json
    assert (listed["total"], listed["items"][0]["description"]) == (1, "d")
    assert caller.delete(path).status_code == 204
    assert caller.delete(path).status_code == 404
    assert caller.get(f"/conversations/{conversation.id}").json["labels"] == []
    actions = db.session.execute(db.select(AuditEvent.action).order_by(AuditEvent.id)).scalars().all()
    assert actions == ["label.created", "label.updated", "label.deleted"]
    assert api(organization.member("viewer")).post("/labels", {"name": "y"}).status_code == 403


# --- read ---------------------------------------------------------------------------------------------


def receipts():
    query = db.select(OutboxItem).where(OutboxItem.kind == "read").order_by(OutboxItem.seq)
    return list(db.session.execute(query).scalars())


def test_reading_up_to_a_message(api, agent, open_conversation, make, messages_of, reload):
    conversation = open_conversation(unread_count=3)
    second = make.message(conversation, "dois", provider_id="in-2")
    make.message(conversation, "três", provider_id="in-3")
    caller = api(agent)

    answer = act(caller, conversation, "read", {"message_id": str(second.id)})
    assert (answer.status_code, answer.json["unread_count"]) == (200, 1)
    (receipt,) = receipts()
    assert receipt.payload == {"provider_id": "in-2"}
    assert told("conversation.updated")[-1]["conversation"]["unread_count"] == 1

    # A receipt still waiting names the newest message instead of a second one queueing behind it.
    third = messages_of(conversation)[-1]
    act(caller, conversation, "read", {"message_id": str(third.id)})
    assert reload(conversation).unread_count == 0
    (receipt,) = receipts()
    assert receipt.payload == {"provider_id": "in-3"}

    # Reading again, or an older one, changes nothing.
    act(caller, conversation, "read", {"message_id": str(second.id)})
    assert reload(conversation).unread_count == 0
    assert len(told("conversation.updated")) == 2


def test_no_receipt_where_the_channel_has_none(api, agent, make):
    party = make.party(make.channel("mute", settings={"secret": "s"}))
    conversation = make.conversation(party, unread_count=1)
    message = make.message(conversation, provider_id="in-1")
    assert act(api(agent), conversation, "read", {"message_id": str(message.id)}).json["unread_count"] == 0
    assert receipts() == []


def test_reading_needs_a_message_of_this_conversation(api, agent, open_conversation, messages_of):
    other = messages_of(open_conversation("Ana"))[0]
    conversation = open_conversation("Bia")
    assert act(api(agent), conversation, "read", {"message_id": str(other.id)}).status_code == 404
    assert act(api(agent), conversation, "read", {"message_id": str(new_id())}).status_code == 404


# --- others' ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("take", {}),
        ("assign", {"assignee_id": None}),
        ("resolve", {}),
        ("reopen", {}),
        ("read", {"message_id": str(new_id())}),
    ],
)
def test_another_organizations_conversation_does_not_exist(api, other_organization, conversation, verb, body):
    assert act(api(other_organization.admin), conversation, verb, body).status_code == 404


def test_a_viewer_changes_nothing(api, organization, conversation, messages_of):
    viewer = api(organization.member("viewer"))
    read = {"message_id": str(messages_of(conversation)[0].id)}
    for verb, body in (("take", {}), ("assign", {"assignee_id": None}), ("resolve", {}), ("read", read)):
        assert act(viewer, conversation, verb, body).status_code == 403


def test_typing_is_told_and_not_stored(api, agent, conversation, other_organization):
    body = {"conversation_id": str(conversation.id)}
    assert api(other_organization.admin).post("/typing", body).status_code == 404
    link = redis_link()
    with link.usable().pubsub() as ear:
        ear.subscribe(link.key("signals"))
        ear.get_message(timeout=5)
        assert api(agent).post("/typing", body).status_code == 204
        signal = json.loads(ear.get_message(timeout=5)["data"])
    assert signal["data"] == {"conversation_id": str(conversation.id), "by": "agent", "name": agent.name}
    assert signal["from"] == str(agent.id)
    assert db.session.execute(db.select(Event)).first() is None


def test_news_of_conversations_is_for_those_who_may_see_them(agent):
    reader = Principal("user", agent.id, agent.organization_id, "r", permissions=frozenset({"conversation.read"}))
    stranger = Principal("user", agent.id, agent.organization_id, "s", permissions=frozenset({"channel.read"}))
    for name in ("message.created", "message.updated", "message.status", "conversation.updated"):
        assert TYPES[name].shown_to(reader, {"conversation_id": "x"})
        assert not TYPES[name].shown_to(stranger, {"conversation_id": "x"})
    assert may_see(reader, {})
    assert not may_see(stranger, {})


def _party_class():
    from ramal.contacts.models import ChannelParty

    return ChannelParty


def _resolved(open_conversation):
    old = open_conversation(status="resolved", resolved_at=utcnow())
    return old.id, db.session.get(_party_class(), old.party_id)
