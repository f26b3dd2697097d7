"""Reacting, editing and deleting for everyone, as the people of the desk do them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ramal.database.base import utcnow
from ramal.database.session import db, transaction, use_organization
from ramal.events.models import Event
from ramal.inbox import services
from ramal.inbox.emoji import is_emoji, same_emoji
from ramal.inbox.models import OutboxItem


def outbox():
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.execute(db.select(OutboxItem).order_by(OutboxItem.seq)).scalars())


def told():
    query = db.select(Event).where(Event.type == "message.updated").order_by(Event.seq)
    return [event.data["message"] for event in db.session.execute(query).scalars()]


@pytest.fixture
def theirs(messages_of, conversation):
    (message,) = messages_of(conversation)
    return message


@pytest.fixture
def ours(make, conversation, agent):
    """``ours(body, …)``: a message of ours that arrived."""
    count = iter(range(100))

    def made(body="Chega amanhã", **columns):
        defaults = {"direction": "out", "status": "delivered", "provider_id": f"out-{next(count)}", "sent_at": utcnow()}
        return make.message(conversation, body, **(defaults | {"author_id": agent.id} | columns))

    return made


# --- queueing -----------------------------------------------------------------------------------------


def test_a_reaction_waits_in_the_outbox_and_shows_as_pending(api, agent, conversation, theirs, reload):
    caller = api(agent)
    answer = caller.put(f"/messages/{theirs.id}/reaction", {"emoji": "👍"})

    assert answer.status_code == 202
    assert (answer.json["pending"], answer.json["reactions"]) == ({"reaction": {"emoji": "👍"}}, [])
    (item,) = outbox()
    assert (item.kind, item.message_id, item.status, item.bucket) == (
        "reaction",
        theirs.id,
        "queued",
        conversation.bucket,
    )
    assert item.payload == {"emoji": "👍", "author_id": str(agent.id), "author": agent.name}
    (event,) = told()
    assert event["pending"] == {"reaction": {"emoji": "👍"}}
    # It takes no conversation, answers nothing, and survives a reload of the page.
    now = reload(conversation)
    assert (now.assignee_id, now.unread_count, now.waiting_since is None) == (None, 1, False)
    (shown,) = caller.get(f"/conversations/{conversation.id}/messages").json["items"]
    assert shown["pending"] == {"reaction": {"emoji": "👍"}}


def test_the_same_reaction_again_is_one_and_a_newer_one_takes_its_place(api, agent, theirs):
    caller, path = api(agent), f"/messages/{theirs.id}/reaction"
    for emoji in ("❤️", "❤️", "❤", "🙏"):
        assert caller.put(path, {"emoji": emoji}).status_code == 202
    (item,) = outbox()
    assert item.payload["emoji"] == "🙏"
    assert [message["pending"]["reaction"]["emoji"] for message in told()] == ["❤️", "🙏"]


def test_a_reaction_taken_back_before_it_left_never_leaves(api, agent, theirs):
    caller, path = api(agent), f"/messages/{theirs.id}/reaction"
    caller.put(path, {"emoji": "👍"})
    answer = caller.delete(path)

    assert (answer.status_code, answer.json["pending"]) == (202, {})
    assert [item.status for item in outbox()] == ["cancelled"]
    assert told()[-1]["pending"] == {}


def test_a_reaction_that_is_on_its_way_is_followed_by_its_end(api, agent, theirs):
    caller, path = api(agent), f"/messages/{theirs.id}/reaction"
    caller.put(path, {"emoji": "👍"})
    with transaction() as session:
        session.execute(db.update(OutboxItem).values(status="sending"))
    answer = caller.delete(path)

    assert answer.json["pending"] == {"reaction": {"emoji": None}}
    assert [(item.status, item.payload["emoji"]) for item in outbox()] == [("sending", "👍"), ("queued", None)]


def test_the_reaction_that_stands_is_not_sent_again(api, agent, ours):
    message = ours(reactions=[{"emoji": "👍", "by": "agent", "actor": "business", "name": None}])
    caller, path = api(agent), f"/messages/{message.id}/reaction"
    caller.put(path, {"emoji": "👍"})
    assert outbox() == []
    caller.delete(path)
    assert [item.payload["emoji"] for item in outbox()] == [None]


def test_clicks_at_the_same_moment_make_one_change(app, organization, agent, theirs):
    barrier, errors = threading.Barrier(6), []

    def click():
        try:
            with app.app_context():
                use_organization(organization.id)
                barrier.wait(10)
                services.react(theirs.id, "👍", agent.id)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert len(outbox()) == 1


def test_an_edit_waits_and_a_newer_one_takes_its_place(api, agent, ours):
    message, caller = ours("Chega amnhã"), api(agent)
    answer = caller.patch(f"/messages/{message.id}", {"body": "Chega amanhã"})

    assert answer.status_code == 202
    assert (answer.json["body"], answer.json["pending"]) == ("Chega amnhã", {"edit": {"body": "Chega amanhã"}})
    caller.patch(f"/messages/{message.id}", {"body": "Chega hoje"})
    (item,) = outbox()
    assert item.payload["body"] == "Chega hoje"
    caller.patch(f"/messages/{message.id}", {"body": "Chega amnhã"})
    assert [item.status for item in outbox()] == ["cancelled"]


def test_the_same_words_are_nothing_to_do(api, agent, ours, desk_plugin):
    message = ours("Chega amanhã")
    assert api(agent).patch(f"/messages/{message.id}", {"body": " Chega amanhã "}).json["pending"] == {}
    assert (outbox(), told(), desk_plugin.seen) == ([], [], [])


def test_a_deletion_waits_once_and_nothing_else_can_be_changed_meanwhile(api, agent, ours):
    message, caller = ours(), api(agent)
    answers = [caller.delete(f"/messages/{message.id}") for _ in range(2)]

    assert [answer.json["pending"] for answer in answers] == [{"revoke": {}}] * 2
    assert len(outbox()) == 1
    assert caller.patch(f"/messages/{message.id}", {"body": "x"}).status_code == 409
    assert caller.put(f"/messages/{message.id}/reaction", {"emoji": "👍"}).status_code == 409


def test_a_message_on_its_way_can_be_changed_already(api, agent, conversation, messages_of):
    from ramal.database.base import new_id

    sent = services.send_message(conversation.id, client_id=new_id(), body="Oi", author_id=agent.id)
    assert api(agent).patch(f"/messages/{sent.id}", {"body": "Olá"}).status_code == 202
    assert [item.kind for item in outbox()] == ["message", "edit"]


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "refused"),
    [
        ({"external": True, "author_id": None}, set()),
        ({"direction": "in", "status": None, "author_id": None}, {"edit", "revoke"}),
        ({"kind": "note", "status": None, "provider_id": None}, {"reaction", "edit", "revoke"}),
        ({"kind": "system", "status": None, "provider_id": None}, {"reaction", "edit", "revoke"}),
        ({"revoked_at": utcnow()}, {"reaction", "edit", "revoke"}),
        ({"status": "failed"}, {"reaction", "edit", "revoke"}),
        ({"status": "unknown", "provider_id": None}, {"reaction", "edit", "revoke"}),
        ({"status": "queued", "provider_id": None}, set()),
        ({"kind": "image", "body": "legenda"}, set()),
        ({"kind": "image", "body": None}, {"edit"}),
        ({"kind": "location", "body": None}, {"edit"}),
        ({"kind": "interactive"}, {"edit"}),
        ({"sent_at": utcnow() - timedelta(minutes=16)}, {"edit"}),
        ({"sent_at": utcnow() - timedelta(hours=61)}, {"edit", "revoke"}),
    ],
)
def test_what_can_be_changed(api, agent, ours, columns, refused):
    message, caller = ours(**columns), api(agent)
    answers = {
        "reaction": caller.put(f"/messages/{message.id}/reaction", {"emoji": "👍"}),
        "edit": caller.patch(f"/messages/{message.id}", {"body": "outra coisa"}),
        "revoke": caller.delete(f"/messages/{message.id}"),
    }
    assert {kind for kind, answer in answers.items() if answer.status_code == 409} == refused
    assert {answer.status_code for answer in answers.values()} <= {202, 409}
    assert len(outbox()) == 3 - len(refused)
    for kind in refused:
        assert answers[kind].json["error"]["message"]


def test_the_limits_are_told_in_words(api, agent, ours):
    old = ours(sent_at=utcnow() - timedelta(days=3))
    edit = api(agent).patch(f"/messages/{old.id}", {"body": "x"}).json["error"]["message"]
    revoke = api(agent).delete(f"/messages/{old.id}").json["error"]["message"]
    assert "15 minutes" in edit
    assert "60 hours" in revoke


def test_a_channel_that_can_not_change_messages_says_so(api, agent, make):
    conversation = make.conversation(
        make.party(make.channel("mute", settings={"secret": "s"}), window_opened_at=utcnow())
    )
    message = make.message(conversation, "Oi", direction="out", status="sent", provider_id="x")
    caller = api(agent)
    answers = [
        caller.put(f"/messages/{message.id}/reaction", {"emoji": "👍"}),
        caller.patch(f"/messages/{message.id}", {"body": "x"}),
        caller.delete(f"/messages/{message.id}"),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 409]
    able = caller.get(f"/conversations/{conversation.id}").json["capabilities"]
    assert (able["reactions"], able["edit"], able["revoke"]) == (False, False, False)


def test_a_conversation_says_what_can_be_changed(api, agent, conversation):
    able = api(agent).get(f"/conversations/{conversation.id}").json["capabilities"]
    names = ("reactions", "edit", "revoke", "edit_seconds", "revoke_seconds")
    assert [able[name] for name in names] == [True, True, True, 900, 216_000]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"status": "resolved"}, "closed"), ({"window": utcnow() - timedelta(hours=25)}, "The window is closed.")],
)
def test_where_nothing_can_be_sent_nothing_can_be_changed(api, agent, open_conversation, messages_of, changes, words):
    (message,) = messages_of(open_conversation(**changes))
    answer = api(agent).put(f"/messages/{message.id}/reaction", {"emoji": "👍"})
    assert answer.status_code == 409
    assert words in answer.json["error"]["message"]
    assert outbox() == []


@pytest.mark.parametrize("body", [{"body": ""}, {"body": "  "}, {"body": "x" * 101}, {}, {"body": "a\x00b"}])
def test_an_edit_that_does_not_fit(api, agent, ours, body):
    answer = api(agent).patch(f"/messages/{ours().id}", body)
    assert answer.status_code == 422
    assert "body" in answer.json["error"]["details"]


def test_a_caption_has_its_own_limit(api, agent, ours):
    message = ours("legenda", kind="image")
    assert api(agent).patch(f"/messages/{message.id}", {"body": "x" * 21}).status_code == 422
    assert api(agent).patch(f"/messages/{message.id}", {"body": "x" * 20}).status_code == 202


def test_an_empty_edit_is_refused_for_plugins_too(ours):
    from ramal.errors import InvalidPayload

    with pytest.raises(InvalidPayload):
        services.edit_message(ours().id, "")


def test_a_plugin_may_object_to_the_new_words(api, agent, ours, desk_plugin):
    desk_plugin.objects_to["send"] = "Sem palavrões."
    message = ours()
    answer = api(agent).patch(f"/messages/{message.id}", {"body": "palavrão"})
    assert (answer.status_code, answer.json["error"]["message"]) == (409, "Sem palavrões.")
    seen, about = desk_plugin.seen[0]
    assert (seen.id, seen.body, about.contact.name) == (message.id, "palavrão", "Carla Cliente")
    assert (outbox(), told()) == ([], [])


EMOJI = ["👍", "❤", "❤️", "🙏🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇧🇷", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🕵🏽‍♂️", "🫡", "☕"]
NO_EMOJI = ["", "a", "7", "👍👍", "ok", "👍!", "🏽", "🇧", " 👍", "<b>", "👍" * 41, "\u200d", "\ufe0f"]


@pytest.mark.parametrize(("text", "is_one"), [*((text, True) for text in EMOJI), *((text, False) for text in NO_EMOJI)])
def test_what_one_emoji_is(text, is_one):
    assert is_emoji(text) is is_one


def test_an_emoji_is_the_same_with_and_without_its_colour():
    assert same_emoji("❤️", "❤")
    assert same_emoji(None, None)
    assert not same_emoji("❤️", None)


@pytest.mark.parametrize("emoji", ["", "ok", "👍👍", None, 7, "👍" * 41])
def test_a_reaction_is_one_emoji(api, agent, theirs, emoji):
    answer = api(agent).put(f"/messages/{theirs.id}/reaction", {"emoji": emoji})
    assert answer.status_code == 422
    assert "emoji" in answer.json["error"]["details"]
    assert outbox() == []


def test_other_organizations_and_viewers_change_nothing(api, organization, other_organization, theirs, ours):
    message = ours()
    for caller, status in ((api(other_organization.admin), 404), (api(organization.member("viewer")), 403)):
        answers = [
            caller.put(f"/messages/{theirs.id}/reaction", {"emoji": "👍"}),
            caller.delete(f"/messages/{theirs.id}/reaction"),
            caller.patch(f"/messages/{message.id}", {"body": "x"}),
            caller.delete(f"/messages/{message.id}"),
        ]
        assert [answer.status_code for answer in answers] == [status] * 4
