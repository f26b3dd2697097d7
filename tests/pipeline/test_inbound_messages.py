"""Messages in: contacts, conversations, order, and one effect whatever the provider repeats."""

import itertools
import uuid
from datetime import timedelta

import pytest

from ramal.testing.channels import EPOCH, delivery, message


def test_a_message_becomes_a_conversation_with_a_contact(wire):
    wire.deliver(message("m1", "Bom dia", sender="551187654321", name="Ana", at=60))

    row = wire.one("select * from message")
    assert (row.direction, row.kind, row.body, row.provider_id, row.status) == ("in", "text", "Bom dia", "m1", None)
    assert (row.sent_at - EPOCH).total_seconds() == 60
    contact = wire.one("select name, phone from contact")
    assert contact == {"name": "Ana", "phone": "+5511987654321"}
    party = wire.one("select * from channel_party")
    assert party.address == "551187654321"
    assert party.window_opened_at == party.last_inbound_at == row.sent_at
    conversation = wire.one("select * from conversation")
    assert (conversation.status, conversation.unread_count) == ("open", 1)
    assert conversation.waiting_since == conversation.last_message_at == row.sent_at
    assert conversation.last_message["id"] == str(row.id)
    assert conversation.bucket == party.bucket
    delivered = wire.one("select status, done_at is not null as done from inbound_delivery")
    assert delivered == {"status": "done", "done": True}
    assert wire.one("select last_delivery_at from channel").last_delivery_at is not None


def test_everyone_is_told_in_order(wire):
    wire.deliver(message("m1", "a", name="Ana"), message("m2", "b", at=1))

    events = wire.rows("select type, data, conversation_id, bucket from event order by seq")
    assert [event.type for event in events] == [
        "contact.created",
        "conversation.created",
        "message.created",
        "message.created",
    ]
    counts = [event.data["conversation"]["unread_count"] for event in events[2:]]
    assert counts == [1, 2]
    assert events[2].data["message"]["body"] == "a"
    assert events[2].data["conversation"]["last_message"]["body"] == "a"
    assert events[3].data["message"]["seq"] > events[2].data["message"]["seq"]


def test_the_same_message_again_changes_nothing(wire):
    body = delivery(message("m1", name="Ana"), message("m2"))
    for again in (body, body, delivery(message("m2"), message("m1", name="Other")), delivery(message("m1"))):
        assert wire.post(again) == 200
    wire.drain()
    wire.run("update conversation set status = 'resolved', resolved_at = now()")
    wire.deliver(message("m1"), message("m2"))

    assert wire.one("select count(*) as n from message").n == 2
    assert wire.one("select status, unread_count from conversation") == {"status": "resolved", "unread_count": 2}
    assert wire.one("select name from contact").name == "Ana"
    assert wire.one("select count(*) as n from event").n == 4


def test_brazilian_spellings_are_one_person(wire):
    wire.deliver(message("m1", sender="5511987654321"), message("m2", sender="551187654321", at=1))
    wire.deliver(message("m3", sender="5511987654321", at=2))

    assert wire.one("select count(*) as n from conversation").n == 1
    assert wire.one("select address from channel_party").address == "5511987654321"


def test_the_strongest_alias_decides_and_two_known_people_are_only_suggested_for_merging(wire):
    phone, bsuid = ("phone", "5511987654321"), ("bsuid", "BR.abc")
    wire.deliver(message("m1", sender="5511987654321", aliases=[phone]))
    wire.deliver(message("m2", sender="BR.abc", aliases=[bsuid]))
    wire.deliver(message("m3", sender="BR.abc", aliases=[bsuid, phone]))

    owners = {
        row.provider_id: row.party_id
        for row in wire.rows(
            "select m.provider_id, c.party_id from message m join conversation c on c.id = m.conversation_id"
        )
    }
    assert owners["m2"] == owners["m3"] != owners["m1"]
    assert wire.one("select count(*) as n from merge_suggestion").n == 1


def test_a_person_without_a_phone_is_a_contact_too(wire):
    wire.deliver(message("m1", sender="visitor-1", aliases=[("visitor", "visitor-1")], name="Visitante"))

    assert wire.one("select name, phone from contact") == {"name": "Visitante", "phone": None}


def test_a_name_someone_typed_is_not_overwritten(wire):
    wire.deliver(message("m1", name="zé"))
    wire.run("update contact set name = 'José Silva', name_is_manual = true")
    wire.deliver(message("m2", name="Zezinho"))

    assert wire.one("select name from contact").name == "José Silva"
    assert wire.one("select name from channel_party").name == "Zezinho"


@pytest.mark.parametrize(
    ("columns", "resolved_ago", "expected"),
    [
        ({"reopen_policy": "same"}, "90 days", ["open"]),
        ({"reopen_policy": "new"}, "1 minute", ["open", "resolved"]),
        ({"reopen_policy": "hours", "reopen_hours": 2}, "1 hour", ["open"]),
        ({"reopen_policy": "hours", "reopen_hours": 2}, "3 hours", ["open", "resolved"]),
    ],
)
def test_a_message_after_the_end_follows_the_channels_policy(connect, columns, resolved_ago, expected):
    wire = connect(**columns)
    wire.deliver(message("m1"))
    wire.run(f"update conversation set status = 'resolved', resolved_at = now() - interval '{resolved_ago}'")

    wire.deliver(message("m2", at=1))

    assert [row.status for row in wire.rows("select status from conversation order by status")] == expected
    told = wire.rows("select type, data -> 'message' ->> 'kind' as kind from event order by seq")[3:]
    begun = [("conversation.reopened", None), ("message.created", "system")]
    assert [(row.type, row.kind) for row in told] == [
        *(begun if expected == ["open"] else [("conversation.created", None)]),
        ("message.created", "text"),
    ]


def test_a_line_above_the_message_says_that_it_reopened_the_conversation(wire):
    wire.deliver(message("m1", "obrigada!", at=0))
    wire.run("update conversation set status = 'resolved', resolved_at = :at", at=EPOCH + timedelta(seconds=9.5))

    wire.deliver(message("m2", "só mais uma coisa", at=60), message("m3", "aliás", at=61))

    line = wire.one("select * from message where kind = 'system'")
    assert (line.direction, line.body, line.status, line.provider_id) == ("out", None, None, None)
    assert line.payload == {"event": "reopened_by_message"}
    assert thread(wire) == ["obrigada!", None, "só mais uma coisa", "aliás"]
    conversation = wire.one("select * from conversation")
    assert (conversation.unread_count, conversation.last_message["body"]) == (3, "aliás")
    event = wire.one("select data from event where data -> 'message' ->> 'kind' = 'system'")
    assert event.data["message"]["id"] == str(line.id)
    assert event.data["conversation"]["status"] == "open"


def test_the_line_about_reopening_never_sorts_before_the_end(wire):
    """The provider's clock cuts off the fraction of the second in which somebody resolved it."""
    wire.deliver(message("m1", "um", at=0))
    wire.run("update conversation set status = 'resolved', resolved_at = :at", at=EPOCH + timedelta(seconds=5.5))

    wire.deliver(message("m2", "dois", at=5))

    line = wire.one("select sent_at from message where kind = 'system'")
    assert line.sent_at == EPOCH + timedelta(seconds=5.5)


def test_what_does_not_reopen_leaves_no_line(wire):
    wire.deliver(message("m1", at=0))
    wire.run("update conversation set status = 'resolved', resolved_at = now()")

    wire.deliver(message("e1", "tchau", direction="out", at=10))
    wire.deliver(message("s1", "mudou de número", kind="system", opens=False, at=11))

    assert [row.body for row in wire.rows("select body from message where kind = 'system'")] == ["mudou de número"]


def thread(wire):
    return [row.body for row in wire.rows("select body from message order by sent_at, seq")]


def test_an_echo_is_ours_from_elsewhere_and_answers(wire):
    wire.deliver(message("m1", at=0))
    wire.deliver(message("e1", "respondi pelo celular", direction="out", at=10))

    echo = wire.one("select * from message where provider_id = 'e1'")
    assert (echo.direction, echo.external, echo.status) == ("out", True, "sent")
    conversation = wire.one("select * from conversation")
    assert (conversation.unread_count, conversation.waiting_since) == (1, None)
    assert wire.one("select window_opened_at from channel_party").window_opened_at == EPOCH


def test_an_echo_does_not_reopen(wire):
    wire.deliver(message("m1"))
    wire.run("update conversation set status = 'resolved', resolved_at = now()")
    wire.deliver(message("e1", direction="out", at=1))

    assert wire.one("select status from conversation").status == "resolved"


def test_order_of_arrival_does_not_matter(connect):
    items = [message("m1", "one", at=1), message("m2", "two", at=2, reply_to="m1"), message("m3", "three", at=3)]
    finals = []
    for number, order in enumerate(itertools.permutations(items)):
        wire = connect(f"Echo {number}")
        for item in order:
            wire.deliver(item)
        finals.append(
            (
                wire.rows(
                    "select m.body, q.body as quoted, m.reply_snippet->>'body' as words from message m"
                    " left join message q on q.id = m.reply_to_id"
                    " where m.channel_id = :id order by m.sent_at, m.seq",
                    id=wire.channel.id,
                ),
                wire.rows(
                    "select unread_count, waiting_since, last_message_at, last_message->>'body' as body"
                    " from conversation where channel_id = :id",
                    id=wire.channel.id,
                ),
            )
        )
    assert all(final == finals[0] for final in finals)
    assert finals[0][0][1] == {"body": "two", "quoted": "one", "words": "one"}
    assert finals[0][1][0]["body"] == "three"


def test_a_clock_ahead_of_ours_is_clamped(wire):
    wire.deliver(message("m1", at=10 * 365 * 24 * 3600))

    assert wire.one("select sent_at <= now() as past from message").past


def test_text_that_postgresql_cannot_hold_is_mended(wire):
    wire.deliver(message("m1", "zero\x00byte \ud83d half", payload={"n": float("nan"), "deep": ["\x00x"]}))

    row = wire.one("select body, payload from message")
    assert row.body == "zerobyte ? half"
    assert row.payload == {"n": None, "deep": ["x"]}


def test_a_huge_text_is_cut_and_says_so(wire):
    wire.deliver(message("m1", "palavra " * 300_000))

    row = wire.one("select length(body) as n, payload from message")
    assert (row.n, row.payload) == (65_536, {"truncated": True})


def test_files_wait_for_their_download(wire):
    wire.deliver(message("m1", None, kind="image", files=[("foto.jpg", "image/jpeg")]))

    attachment = wire.one("select * from attachment")
    assert (attachment.kind, attachment.state, attachment.filename) == ("image", "pending", "foto.jpg")
    assert attachment.ref == {"file": "foto.jpg"}
    job = wire.one("select name, arguments from job")
    assert job == {"name": "fetch_media", "arguments": {"attachment_id": str(attachment.id)}}
    created = wire.one("select data from event where type = 'message.created'").data
    assert created["message"]["attachments"][0]["state"] == "pending"


def test_a_client_id_makes_a_message_unique_in_its_channel_only(connect):
    here, there = connect("here"), connect("there")
    client_id = str(uuid.uuid4())
    here.deliver(message("m1", client_id=client_id), message("m2", client_id=client_id))
    there.deliver(message("m3", client_id=client_id))

    rows = here.rows("select provider_id, client_id::text from message order by provider_id")
    assert [(row.provider_id, row.client_id) for row in rows] == [("m1", client_id), ("m3", None)]


def test_a_system_line_opens_nothing_but_is_seen(wire):
    wire.deliver(message("s1", "o número mudou", kind="system", opens=False))

    assert wire.one("select status, unread_count from conversation") == {"status": "resolved", "unread_count": 0}


def test_ten_thousand_items_in_one_delivery_do_not_keep_another_channel_waiting(connect):
    from ramal.pipeline.inbound import drain_once

    big, small = connect("big"), connect("small")
    big.post(delivery(*(message(f"m{n}", sender=f"55119{10000000 + n % 500}", at=n) for n in range(10_000))))
    small.post(delivery(message("s1")))

    drain_once()
    assert small.one("select count(*) as n from message where channel_id = :id", id=small.channel.id).n == 1
    assert (
        0 < big.one("select position from inbound_delivery where channel_id = :id", id=big.channel.id).position < 10_000
    )
    big.drain()
    assert big.one("select count(*) as n from message where channel_id = :id", id=big.channel.id).n == 10_000


def test_channels_of_two_organizations_keep_apart(connect, other_organization, acting_for):
    wire = connect()
    wire.deliver(message("m1"))
    with acting_for(other_organization.id):
        other = connect("other")
    other.deliver(message("m1"))

    rows = wire.rows("select organization_id, count(*) as n from message group by 1")
    assert {row.organization_id: row.n for row in rows} == {
        wire.channel.organization_id: 1,
        other_organization.id: 1,
    }


def test_a_person_known_by_their_phone_stays_one_contact_on_another_channel(wire):
    from ramal.contacts.services import create_contact

    known = create_contact(name="Ana Prado", phone="11 98765-4321")
    wire.deliver(message("m1", "oi", sender="551187654321", name="Aninha"))

    assert wire.one("select contact_id from channel_party").contact_id == known.id
    assert wire.one("select name from contact").name == "Ana Prado"
    types = [row.type for row in wire.rows("select type from event order by seq")]
    assert types[-2:] == ["conversation.created", "message.created"]
