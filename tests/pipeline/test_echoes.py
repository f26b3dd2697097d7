"""Echoes of our own sends settle the message they are of, by its words, and are shown by no second one."""

from __future__ import annotations

import pytest

from ramal.channels.types import FailureClass, SendResult
from ramal.testing.channels import delivery, message, status

from .conftest import NOW
from .test_outcomes import drain_elsewhere


def own(id: str, body: str | None, **extra):
    return message(id, body, direction="out", own=True, at=NOW, **extra)


def outgoing(wire):
    query = "select body, provider_id, status from message where direction = 'out' order by created_at, seq"
    return [(row.body, row.provider_id, row.status) for row in wire.rows(query)]


def test_an_echo_settles_the_message_whose_answer_was_lost(wire, sender):
    conversation = wire.conversation()
    wire.provider.fail(FailureClass.UNKNOWN)
    wire.send(conversation, " chegou? ")
    sender()
    assert outgoing(wire) == [(" chegou? ", None, "unknown")]

    wire.deliver(own("p-1", "chegou?"))

    assert outgoing(wire) == [(" chegou? ", "p-1", "sent")]
    assert wire.one("select status, held_until from outbox") == {"status": "done", "held_until": None}
    wire.send(conversation, "a próxima")
    sender()
    assert [outbound.body for outbound in wire.provider.ledger] == ["a próxima"]


def test_what_was_said_of_the_echo_before_it_came_is_applied(wire, sender):
    wire.conversation()
    wire.provider.fail(FailureClass.UNKNOWN)
    wire.send(wire.one("select id from conversation").id, "chegou?")
    sender()
    reaction = {"type": "reaction", "key": "r1", "target": "p-1", "emoji": "👍", "from": "5511987654321"}
    wire.deliver(status("p-1", "read", at=NOW), reaction)

    wire.deliver(own("p-1", "chegou?"))

    row = wire.one("select status, reactions from message where direction = 'out'")
    assert (row.status, row.reactions[0]["emoji"]) == ("read", "👍")


def test_an_echo_while_the_answer_is_on_its_way_is_the_same_message(wire, sender):
    sent = wire.send(wire.conversation(), "oi")

    def echo_first(outbound):
        wire.post(delivery(own("p-1", "oi")))
        drain_elsewhere(wire)
        return SendResult("p-1")

    wire.provider.script.append(echo_first)
    sender()

    (row,) = wire.rows("select id, status, external from message where direction = 'out'")
    assert (row.id, row.external) == (sent, False)


def test_of_two_with_the_same_words_the_one_in_flight_is_meant_and_the_other_comes_after(wire, sender):
    conversation = wire.conversation()
    wire.provider.fail(FailureClass.UNKNOWN)
    wire.send(conversation, "oi")
    sender()
    wire.run("update outbox set held_until = null")
    wire.send(conversation, "oi")

    def echo_of_the_first(outbound):
        wire.post(delivery(own("p-1", "oi")))
        drain_elsewhere(wire)
        return SendResult("p-2")

    wire.provider.script.append(echo_of_the_first)
    sender()
    wire.deliver(own("p-2", "oi"))

    assert sorted(outgoing(wire)) == [("oi", "p-1", "sent"), ("oi", "p-2", "sent")]


def test_an_answer_whose_id_went_to_another_message_of_ours_takes_nothing_away(wire, sender):
    conversation = wire.conversation()
    wire.provider.fail(FailureClass.UNKNOWN)
    wire.send(conversation, "oi")
    sender()
    wire.deliver(own("p-1", "oi"))
    wire.send(conversation, "oi")
    wire.provider.script.append(lambda outbound: SendResult("p-1"))
    sender()

    assert sorted(row[0] for row in outgoing(wire)) == ["oi", "oi"]
    assert {row[1] for row in outgoing(wire)} == {"p-1", None}


@pytest.mark.parametrize(
    ("body", "extra"),
    [("outra coisa", {}), ("oi", {"kind": "image"}), ("oi", {"sender": "5521987654321"})],
)
def test_an_echo_of_something_else_is_a_message_of_its_own(wire, sender, body, extra):
    wire.conversation()
    wire.provider.fail(FailureClass.UNKNOWN)
    wire.send(wire.one("select id from conversation").id, "oi")
    sender()

    wire.deliver(own("p-9", body, **extra))

    assert ("oi", None, "unknown") in outgoing(wire)
    assert len(outgoing(wire)) == 2


def test_a_message_typed_on_the_phone_settles_nothing_and_hands_control_over(wire, sender):
    conversation = wire.conversation()
    wire.provider.fail(FailureClass.UNKNOWN)
    wire.send(conversation, "oi")
    sender()
    wire.run("update conversation set control = 'bot'")

    wire.deliver(message("p-1", "oi", direction="out", at=NOW))

    assert len(outgoing(wire)) == 2
    assert wire.one("select control from conversation").control == "human"
