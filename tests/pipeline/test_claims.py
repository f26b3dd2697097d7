"""Whose an item is: of one sender at a time, and of the next one when its worker died."""

import threading

from ramal.channels.types import SendResult
from ramal.pipeline.outbound import Sender


def test_an_item_whose_worker_died_before_handing_over_is_sent_again(wire, sender):
    wire.send(wire.conversation())
    wire.run("update outbox set status = 'sending', locked_until = now() - interval '1 s', attempts = 1")

    sender()

    assert len(wire.provider.ledger) == 1


def test_an_item_whose_worker_died_after_handing_over_is_unknown(wire, sender):
    sent = wire.send(wire.conversation())
    wire.run(
        "update outbox set status = 'sending', written_at = now(), locked_until = now() - interval '1 s', attempts = 1"
    )

    sender()

    assert wire.provider.ledger == []
    assert wire.one("select status from message where id = :id", id=sent).status == "unknown"
    assert wire.one("select held_until > now() as held from outbox").held


def test_two_senders_never_send_the_same_item(app, wire):
    conversations = [wire.conversation(f"55119{11111111 + n}", f"m{n}") for n in range(6)]
    for conversation in conversations:
        for n in range(3):
            wire.send(conversation, str(n))
    one, other = Sender(threads=3), Sender(threads=3)
    while one.run_once() + other.run_once():
        pass
    one.close()
    other.close()

    refs = [outbound.client_ref for outbound in wire.provider.ledger]
    assert len(refs) == len(set(refs)) == 18
    for conversation in conversations:
        bodies = [outbound.body for outbound in wire.provider.ledger if outbound.conversation_id == conversation]
        assert bodies == ["0", "1", "2"]


def test_a_stranded_item_that_cannot_be_rescued_keeps_no_other_from_it(wire, sender, poison, caplog):
    first, second = wire.conversation("5511987654321", "a"), wire.conversation("5511912345678", "b")
    bad, good = wire.send(first), wire.send(second)
    wire.run(
        "update outbox set status = 'sending', written_at = now(), locked_until = now() - interval '1 s', attempts = 1"
    )
    poison("rescue", bad)
    sender()

    assert wire.one("select status from message where id = :id", id=good).status == "unknown"
    assert wire.one("select status from outbox where message_id = :id", id=bad).status == "sending"
    assert "outbound.rescue_impossible" in caplog.text


def test_a_claim_that_was_lost_hands_nothing_over(app, wire, monkeypatch):
    wire.send(wire.conversation())
    monkeypatch.setattr("ramal.pipeline.outbound.sender.mark_written", lambda item_id: False)
    made = Sender(threads=1)
    made.run_once()
    made.close()

    assert wire.provider.ledger == []
    assert wire.one("select status, attempts from outbox") == {"status": "queued", "attempts": 0}


def test_a_claim_is_renewed_while_the_provider_takes_its_time(app, wire, monkeypatch):
    wire.send(wire.conversation())
    monkeypatch.setattr("ramal.pipeline.outbound.sender._RENEW_EVERY", 0.0)
    release = threading.Event()

    def slow(outbound):
        assert release.wait(20)
        return SendResult("p-1")

    wire.provider.script.append(slow)
    made = Sender(threads=1)
    made.run_once()
    wire.run("update outbox set locked_until = now() + interval '1 s'")
    made.run_once()
    left = wire.one("select locked_until - now() > interval '20 s' as renewed from outbox")
    release.set()
    made.close()

    assert left.renewed
    assert wire.one("select status from outbox").status == "done"
