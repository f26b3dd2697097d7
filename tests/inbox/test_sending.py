"""Sending, notes and retries, as the people of the desk do them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from ramal.database.base import new_id, utcnow
from ramal.database.session import db, transaction, use_organization
from ramal.events.models import Event
from ramal.inbox import services
from ramal.inbox.models import Message, OutboxItem


def outbox():
    return list(db.session.execute(db.select(OutboxItem).order_by(OutboxItem.seq)).scalars())


def events(type_):
    """The events of a type, in order; not those of system lines."""
    found = db.session.execute(db.select(Event).where(Event.type == type_).order_by(Event.seq)).scalars()
    return [event for event in found if event.data.get("message", {}).get("kind") != "system"]


def post(caller, conversation, **body):
    body = {"client_id": str(new_id()), "kind": "text", "body": "Oi", **body}
    return caller.post(f"/conversations/{conversation.id}/messages", body)


def test_an_answer_is_queued_once_and_told(api, agent, conversation, reload, messages_of):
    answer = post(api(agent), conversation, body="Bom dia!")

    assert answer.status_code == 202
    assert answer.json["status"] == "queued"
    sent = messages_of(conversation)[-1]
    assert (str(sent.id), sent.body, sent.direction, sent.author_id) == (answer.json["id"], "Bom dia!", "out", agent.id)
    (item,) = outbox()
    assert (item.message_id, item.kind, item.status) == (sent.id, "message", "queued")
    (told,) = events("message.created")
    assert told.data["message"]["body"] == "Bom dia!"
    assert told.data["message"]["author"] == {"id": str(agent.id), "name": agent.name}
    assert told.data["conversation"]["last_message"]["body"] == "Bom dia!"
    assert told.bucket == conversation.bucket
    now = reload(conversation)
    assert (now.waiting_since, now.unread_count, now.last_message["id"]) == (None, 0, str(sent.id))


def test_answering_takes_an_unassigned_conversation(api, agent, conversation, reload):
    post(api(agent), conversation)

    now = reload(conversation)
    assert (now.assignee_id, now.control) == (agent.id, "human")
    (told,) = events("conversation.assigned")
    assert told.data["assignee"]["name"] == agent.name


def test_answering_in_someone_elses_conversation_leaves_it_theirs(api, admin, agent, open_conversation, reload):
    conversation = open_conversation(assignee_id=admin.id)
    post(api(agent), conversation)
    assert reload(conversation).assignee_id == admin.id
    assert events("conversation.assigned") == []


def test_a_plugins_message_leaves_the_customer_waiting_for_a_person(open_conversation, reload):
    conversation = open_conversation(control="bot", status="pending")
    services.send_message(conversation.id, client_id=new_id(), body="Olá, sou o robô")
    now = reload(conversation)
    assert now.waiting_since is not None
    assert (now.assignee_id, now.control, now.status) == (None, "bot", "pending")


def test_the_same_client_id_is_the_same_message(api, agent, conversation, messages_of):
    caller, client_id = api(agent), str(new_id())
    first = post(caller, conversation, client_id=client_id, body="uma vez")
    second = post(caller, conversation, client_id=client_id, body="uma vez")

    assert first.status_code == second.status_code == 202
    assert first.json == second.json
    assert len(messages_of(conversation)) == 2
    assert len(outbox()) == 1


def test_the_same_client_id_answers_even_after_the_window_closed(api, agent, conversation, make):
    caller, client_id = api(agent), str(new_id())
    first = post(caller, conversation, client_id=client_id)
    with transaction() as session:
        party = session.merge(_party(conversation))
        party.window_opened_at = utcnow() - timedelta(hours=25)
    assert post(caller, conversation, client_id=client_id).json == first.json


def test_a_client_id_of_another_conversation_is_refused(api, agent, open_conversation):
    caller, client_id = api(agent), str(new_id())
    post(caller, open_conversation("Ana"), client_id=client_id)
    answer = post(caller, open_conversation("Bia"), client_id=client_id)
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "CONFLICT"


def test_clicks_at_the_same_moment_make_one_message(app, organization, agent, conversation, messages_of):
    client_id, barrier, ids, errors = new_id(), threading.Barrier(8), [], []

    def click():
        try:
            with app.app_context():
                use_organization(organization.id)
                barrier.wait(10)
                message = services.send_message(conversation.id, client_id=client_id, body="clique", author_id=agent.id)
                ids.append(message.id)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert errors == []
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert [message.body for message in messages_of(conversation)] == ["Olá", "clique"]
    assert len(outbox()) == 1
    assert len(events("message.created")) == 1


def test_the_same_client_id_in_two_conversations_at_once_is_one_message(app, organization, agent, open_conversation):
    targets = [open_conversation("Ana").id, open_conversation("Bia").id]
    client_id, barrier, outcomes = new_id(), threading.Barrier(2), []

    def send(target):
        with app.app_context():
            use_organization(organization.id)
            barrier.wait(10)
            try:
                services.send_message(target, client_id=client_id, body="x", author_id=agent.id)
                outcomes.append("sent")
            except Exception as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=send, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["Conflict", "sent"]


def test_an_answer_never_sorts_before_what_it_answers(api, agent, conversation, make, messages_of):
    ahead = utcnow() + timedelta(minutes=2)
    make.message(conversation, "do futuro", sent_at=ahead)
    post(api(agent), conversation, body="resposta")
    assert [message.body for message in messages_of(conversation)] == ["Olá", "do futuro", "resposta"]


def test_a_closed_window_refuses_with_the_channels_words(api, agent, open_conversation, messages_of):
    conversation = open_conversation(window=utcnow() - timedelta(hours=25))
    answer = post(api(agent), conversation)
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == "The window is closed."
    assert len(messages_of(conversation)) == 1
    assert outbox() == []


def test_a_plugins_veto_refuses_and_leaves_nothing(api, agent, conversation, desk_plugin, messages_of):
    desk_plugin.objects_to["send"] = "Sem palavrões."
    answer = post(api(agent), conversation, body="palavrão")
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == "Sem palavrões."
    message, about = desk_plugin.seen[0]
    assert (message.body, message.author_id) == ("palavrão", agent.id)
    assert about.contact.name == "Carla Cliente"
    assert len(messages_of(conversation)) == 1
    assert outbox() == []
    assert events("message.created") == []


@pytest.mark.parametrize("status", ["resolved", "archived"])
def test_a_closed_conversation_takes_notes_but_no_messages(api, agent, open_conversation, status):
    conversation = open_conversation(status=status)
    answer = post(api(agent), conversation)
    assert answer.status_code == 409
    assert answer.json["error"]["details"]["status"] == status
    assert post(api(agent), conversation, kind="note", body="ligar amanhã").status_code == 202


def test_a_note_never_reaches_the_channel(api, agent, open_conversation, messages_of, reload, desk_plugin):
    conversation = open_conversation(window=None)
    answer = post(api(agent), conversation, kind="note", body="cliente antigo")

    assert answer.status_code == 202
    assert answer.json["status"] is None
    assert outbox() == []
    assert desk_plugin.seen == []
    now = reload(conversation)
    assert now.waiting_since is not None
    assert now.assignee_id is None
    assert now.last_message["is_note"] is True
    note = messages_of(conversation)[-1]
    assert (note.kind, note.status) == ("note", None)


def test_a_note_twice_is_one_note(api, agent, conversation, messages_of):
    client_id = str(new_id())
    answers = [post(api(agent), conversation, kind="note", body="n", client_id=client_id).json for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(messages_of(conversation)) == 2


def test_a_quote_keeps_the_words(api, agent, conversation, messages_of):
    (original,) = messages_of(conversation)
    post(api(agent), conversation, reply_to=str(original.id))
    reply = messages_of(conversation)[-1]
    assert reply.reply_to_id == original.id
    assert reply.reply_to_provider_id == original.provider_id
    assert reply.reply_snippet == {"kind": "text", "body": "Olá", "direction": "in"}


def test_a_message_of_another_conversation_can_not_be_quoted(api, agent, open_conversation, messages_of):
    other = messages_of(open_conversation("Ana"))[0]
    answer = post(api(agent), open_conversation("Bia"), reply_to=str(other.id))
    assert answer.status_code == 422
    assert "reply_to" in answer.json["error"]["details"]


def test_a_note_can_not_be_quoted_to_the_customer(api, agent, conversation):
    note = post(api(agent), conversation, kind="note", body="segredo")
    assert post(api(agent), conversation, reply_to=note.json["id"]).status_code == 422


BUTTONS = {"type": "button", "buttons": [{"id": "y", "title": "Sim"}, {"id": "n", "title": "Não"}]}
ROWS = [{"id": str(number), "title": f"Opção {number}"} for number in range(10)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "interactive", "body": "Confirma?", "payload": BUTTONS}, 202),
        ({"kind": "interactive", "body": "", "payload": BUTTONS}, 422),
        ({"kind": "interactive", "body": "?", "payload": {"type": "button"}}, 422),
        ({"kind": "interactive", "body": "?", "payload": {"type": "list", "sections": [{"rows": ROWS}]}}, 422),
        (
            {
                "kind": "interactive",
                "body": "Escolha",
                "payload": {"type": "list", "button": "Ver", "sections": [{"title": "A", "rows": ROWS}]},
            },
            202,
        ),
        (
            {
                "kind": "interactive",
                "body": "?",
                "payload": {
                    "type": "list",
                    "button": "Ver",
                    "sections": [{"rows": [*ROWS, {"id": "x", "title": "x"}]}],
                },
            },
            422,
        ),
        (
            {
                "kind": "interactive",
                "body": "?",
                "payload": {"type": "button", "buttons": [{"id": str(n), "title": "x"} for n in range(4)]},
            },
            422,
        ),
        (
            {
                "kind": "interactive",
                "body": "?",
                "payload": {"type": "button", "buttons": [{"id": "1", "title": "x"}, {"id": "1", "title": "y"}]},
            },
            422,
        ),
        ({"kind": "location", "payload": {"latitude": -23.5, "longitude": -46.6, "name": "Sé"}}, 202),
        ({"kind": "location", "payload": {"latitude": 91, "longitude": 0}}, 422),
        ({"kind": "location", "payload": {}}, 422),
        ({"kind": "contact", "payload": {"contacts": [{"name": "Zé", "phones": ["+5511987654321"]}]}}, 202),
        ({"kind": "contact", "payload": {"contacts": []}}, 422),
        ({"kind": "text", "body": ""}, 422),
        ({"kind": "text", "body": None}, 422),
        ({"kind": "text", "body": "x" * 100}, 202),
        ({"kind": "text", "body": "x" * 101}, 422),
        ({"kind": "text", "attachment_ids": ["0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d11"]}, 422),
        ({"kind": "image"}, 422),
        ({"kind": "video"}, 422),
        ({"kind": "system"}, 422),
        ({"kind": "unsupported"}, 422),
        ({"kind": "note", "body": ""}, 422),
        ({"kind": "nonsense"}, 422),
        ({"client_id": "not-an-id"}, 422),
        ({"surprise": 1}, 422),
        ({"body": "a\x00b"}, 422),
        ({"payload": {"a": ["\x00"]}}, 422),
        ({"payload": {"a": "x" * 70_000}}, 422),
    ],
)
def test_what_fits_the_channel(api, agent, conversation, body, status):
    answer = post(api(agent), conversation, **body)
    assert answer.status_code == status, answer.json
    assert len(outbox()) == (1 if status == 202 else 0)
    if status == 422:
        assert answer.json["error"]["code"] == "INVALID_PAYLOAD"


def test_a_channel_without_quotes_or_captions_says_so(api, agent, make, conversation, messages_of):
    channel = make.channel("mute", settings={"secret": "s"})
    party = make.party(channel, window_opened_at=utcnow())
    plain = make.conversation(party)
    original = make.message(plain)
    answer = post(api(agent), plain, reply_to=str(original.id))
    assert answer.status_code == 422
    assert "reply_to" in answer.json["error"]["details"]


def test_a_switched_off_channel_refuses(api, agent, conversation, channel):
    with transaction() as session:
        session.merge(channel).enabled = False
    answer = post(api(agent), conversation)
    assert answer.status_code == 409


@pytest.mark.parametrize("status", ["failed", "unknown"])
def test_retry_makes_a_new_message(api, agent, conversation, make, messages_of, status):
    broken = make.message(conversation, "perdida", direction="out", status=status, author_id=agent.id)
    body = {"client_id": str(new_id())}
    answer = api(agent).post(f"/messages/{broken.id}/retry", body)
    again = api(agent).post(f"/messages/{broken.id}/retry", body)

    assert answer.status_code == again.status_code == 202
    assert answer.json == again.json
    assert answer.json["id"] != str(broken.id)
    assert [message.body for message in messages_of(conversation)] == ["Olá", "perdida", "perdida"]
    assert len(outbox()) == 1


@pytest.mark.parametrize("status", ["queued", "sent", "read"])
def test_what_did_not_fail_is_not_sent_again(api, agent, conversation, make, status):
    fine = make.message(conversation, "chegou", direction="out", status=status)
    answer = api(agent).post(f"/messages/{fine.id}/retry", {"client_id": str(new_id())})
    assert answer.status_code == 409
    assert outbox() == []


def test_inbound_messages_are_not_sent_again(api, agent, conversation, messages_of):
    (inbound,) = messages_of(conversation)
    answer = api(agent).post(f"/messages/{inbound.id}/retry", {"client_id": str(new_id())})
    assert answer.status_code == 409


def test_another_organizations_conversation_does_not_exist(
    api, other_organization, conversation, messages_of, acting_for
):
    message = messages_of(conversation)[0]
    stranger = api(other_organization.admin)
    assert post(stranger, conversation).status_code == 404
    assert post(stranger, conversation, kind="note", body="x").status_code == 404
    answer = stranger.post(f"/messages/{message.id}/retry", {"client_id": str(new_id())})
    assert answer.status_code == 404
    with acting_for(conversation.organization_id):
        assert len(messages_of(conversation)) == 1


def test_a_viewer_may_read_and_not_write(api, organization, conversation):
    viewer = api(organization.member("viewer"))
    assert viewer.get(f"/conversations/{conversation.id}").status_code == 200
    assert post(viewer, conversation).status_code == 403


def test_nobody_in_particular_is_asked_to_log_in(client, conversation):
    assert client.post(f"/api/v1/conversations/{conversation.id}/messages", json={}).status_code == 401


def _party(conversation):
    from ramal.contacts.models import ChannelParty

    return db.session.get(ChannelParty, conversation.party_id)


def test_the_author_of_a_message_is_a_person_of_this_organization(app, other_organization, conversation):
    with pytest.raises(IntegrityError, match="membership"):
        services.send_message(conversation.id, client_id=new_id(), body="x", author_id=other_organization.agent.id)
    db.session.rollback()
    assert db.session.execute(db.select(Message).where(Message.direction == "out")).first() is None
