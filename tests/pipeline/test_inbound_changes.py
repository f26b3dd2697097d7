"""Statuses, edits, revocations, reactions, identity changes, notices: any order, one final state."""

import itertools

import pytest

from ramal.testing.channels import message, status

ANA = "5511987654321"


def edit(key, target, body, at):
    return {"type": "edit", "key": key, "target": target, "body": body, "from": ANA, "at": at}


def revoke(key, target, at):
    return {"type": "revoke", "key": key, "target": target, "from": ANA, "at": at}


def react(key, target, emoji, at, sender=ANA):
    return {"type": "reaction", "key": key, "target": target, "emoji": emoji, "from": sender, "at": at}


@pytest.mark.parametrize(
    ("reports", "final"),
    [
        (["sent", "delivered", "read"], "read"),
        (["failed", "sent"], "failed"),
        (["failed", "delivered"], "delivered"),
        (["played", "read"], "played"),
    ],
)
def test_statuses_in_any_order_end_alike(connect, reports, final):
    for number, order in enumerate(itertools.permutations(reports)):
        wire = connect(f"{final} {number}")
        items = [status("e1", word, at=5, error={"message": "no"} if word == "failed" else None) for word in order]
        wire.deliver(*items[:1], message("e1", direction="out"), *items[1:])
        wire.deliver(*items)
        row = wire.one("select status, error from message where channel_id = :id", id=wire.channel.id)
        assert row.status == final
        assert row.error == ({"message": "no"} if final == "failed" else None)
        kept = wire.one("select count(*) as n from message_status where channel_id = :id", id=wire.channel.id)
        assert kept.n == len(reports)


def test_a_tick_is_told_once_and_shown_in_the_list(wire):
    wire.deliver(message("e1", direction="out"))
    wire.deliver(status("e1", "read"), status("e1", "delivered"), status("e1", "read"))
    wire.deliver(status("e1", "delivered"))

    events = wire.rows("select data from event where type = 'message.status'")
    assert [event.data["status"] for event in events] == ["read"]
    assert wire.one("select last_message from conversation").last_message["status"] == "read"


def test_a_status_of_an_unknown_message_waits_for_it(wire):
    wire.deliver(status("e1", "delivered"))
    assert wire.one("select message_id from message_status").message_id is None
    wire.deliver(message("e1", direction="out"))

    assert wire.one("select status from message").status == "delivered"


def test_changes_in_any_order_end_alike(connect):
    items = [
        message("m1", "original", at=0),
        edit("e1", "m1", "second", 1),
        edit("e2", "m1", "third", 2),
        react("r1", "m1", "👍", 3),
        react("r2", "m1", "❤️", 4),
    ]
    finals = []
    for number, order in enumerate(itertools.islice(itertools.permutations(items), 0, None, 7)):
        wire = connect(f"Echo {number}")
        half = number % len(items)
        wire.deliver(*order[:half], *order[:half])
        wire.deliver(*order[half:])
        row = wire.one("select body, edited_at, reactions from message where channel_id = :id", id=wire.channel.id)
        before = wire.rows(
            "select key, before->>'body' as words from message_change where channel_id = :id and kind = 'edit'"
            " order by key",
            id=wire.channel.id,
        )
        emojis = [(reaction["emoji"], reaction["by"]) for reaction in row.reactions]
        finals.append((row.body, row.edited_at, emojis, before))
    assert all(final == finals[0] for final in finals)
    assert finals[0][0] == "third"
    assert finals[0][2] == [("❤️", "contact")]
    assert [row.words for row in finals[0][3]] == ["original", "second"]


def test_a_reaction_is_taken_back(wire):
    wire.deliver(message("m1"), react("r1", "m1", "👍", 1))
    wire.deliver(react("r2", "m1", None, 2))

    assert wire.one("select reactions from message").reactions == []


def test_a_revoked_message_is_marked_and_told(wire):
    wire.deliver(message("m1"))
    wire.deliver(revoke("x1", "m1", 3))

    assert wire.one("select revoked_at from message").revoked_at is not None
    updated = wire.one("select data from event where type = 'message.updated'").data
    assert updated["message"]["revoked_at"] is not None


def test_an_edit_of_the_last_message_changes_the_list(wire):
    wire.deliver(message("m1", "tpyo"), edit("e1", "m1", "typo", 1))

    assert wire.one("select last_message from conversation").last_message["body"] == "typo"


def identity(key, old, new, **extra):
    return {"type": "identity", "key": key, "old": [("phone", old)], "new": [("phone", new)], **extra}


def test_a_new_number_keeps_the_history(wire):
    wire.deliver(message("m1", sender=ANA))
    change = identity("i1", ANA, "5521912345678", body="mudou de número", at=1)
    wire.deliver(change, message("m2", sender="5521912345678", at=2))
    wire.deliver(change)

    rows = wire.rows("select kind, body, conversation_id from message order by sent_at")
    assert [row.kind for row in rows] == ["text", "system", "text"]
    assert len({row.conversation_id for row in rows}) == 1
    assert wire.one("select phone from contact").phone == "+5521912345678"
    assert [row.value for row in wire.rows("select value from party_alias")] == ["5521912345678"]


def test_a_number_handed_on_to_someone_known_is_cleared_not_merged(wire):
    wire.deliver(message("m1", sender=ANA), message("m2", sender="5521912345678"))
    wire.deliver(identity("i1", ANA, "5521912345678", at=1))
    wire.deliver(message("m3", sender="5521912345678", at=2))

    assert wire.one("select count(*) as n from contact").n == 2
    assert wire.one("select count(*) as n from merge_suggestion").n == 1
    phones = {row.phone for row in wire.rows("select phone from contact")}
    assert phones == {None, "+5521912345678"}
    owner = "select conversation_id from message where provider_id = :id"
    assert wire.one(owner, id="m3") == wire.one(owner, id="m2")


def test_a_change_of_nobody_known_with_words_is_still_seen(wire):
    wire.deliver(identity("i1", ANA, "5521912345678", body="mudou de número"))

    assert wire.one("select kind, body from message") == {"kind": "system", "body": "mudou de número"}


def test_a_notice_is_kept_once_and_an_urgent_one_holds_the_channel(wire):
    mild = {"type": "notice", "key": "n1", "title": "quality is green"}
    urgent = {"type": "notice", "key": "n2", "title": "account restricted", "urgent": True}
    wire.deliver(mild, urgent)
    wire.run("update channel set status = 'ready', status_detail = null")
    wire.deliver(mild, urgent, mild)

    assert [row.key for row in wire.rows("select key from channel_notice order by key")] == ["n1", "n2"]
    assert wire.one("select status from channel").status == "ready"
    (event,) = wire.rows("select data from event where type = 'channel.status'")
    assert event.data["status"] == "needs_attention"


def test_typing_reaches_the_screens_and_no_table(wire, monkeypatch):
    told = []
    monkeypatch.setattr(
        "ramal.pipeline.inbound.typing.announce_typing", lambda id_, **words: told.append((id_, words["by"]))
    )
    wire.deliver({"type": "typing", "from": ANA})
    conversation = wire.conversation(ANA)
    wire.deliver({"type": "typing", "from": ANA, "at": 1})

    assert told == [(conversation, "contact")]
    assert wire.one("select count(*) as n from message").n == 1


def test_news_of_a_session_is_logged_once_and_told_to_plugins_once(wire):
    ready = {"type": "news", "key": "s1", "state": "ready", "title": "Connected", "at": 5}
    gone = {"type": "news", "key": "s2", "state": "failed", "title": "Failed", "reason": "banned", "at": 9}
    wire.deliver(ready, gone)
    wire.deliver(gone, ready)

    assert [row.title for row in wire.rows("select title from channel_notice order by key")] == ["Connected", "Failed"]
    told = wire.rows("select data from event where type = 'channel.news' order by seq")
    assert [(row.data["news"]["state"], row.data["news"]["reason"]) for row in told] == [
        ("ready", None),
        ("failed", "banned"),
    ]
    assert {row.data["channel"]["id"] for row in told} == {str(wire.channel.id)}
    assert wire.one("select status from channel").status == "ready"
