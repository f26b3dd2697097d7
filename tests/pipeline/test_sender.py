"""The way out, against a provider that fails on command."""

from datetime import UTC, datetime, timedelta

import pytest

from ramal.channels.types import FailureClass, SendFailure
from ramal.database.session import transaction
from ramal.i18n import gettext
from ramal.inbox.models import OutboxItem
from ramal.pipeline.targets import cache
from ramal.testing.channels import EchoChannel, delivery, message


def test_a_message_leaves_once_and_its_tick_moves(wire, sender):
    sent = wire.send(wire.conversation(), "tudo bem?")

    sender()
    sender()

    (outbound,) = wire.provider.ledger
    assert (outbound.body, outbound.address) == ("tudo bem?", "5511987654321")
    row = wire.one("select * from message where id = :id", id=sent)
    assert (row.status, row.provider_id) == ("accepted", f"out-{outbound.client_ref}")
    assert wire.one("select status from outbox").status == "done"
    event = wire.one("select data from event where type = 'message.status'").data
    assert (event["status"], event["message"]["id"]) == ("accepted", str(sent))
    assert wire.one("select last_message from conversation").last_message["status"] == "accepted"


def test_one_partys_messages_leave_in_order_also_when_the_first_is_retried(wire, sender):
    conversation = wire.conversation()
    for number in range(5):
        wire.send(conversation, f"n{number}")
    wire.provider.fail(FailureClass.TRANSIENT, retry_after=0.01)

    sender()
    wait_until_sent(wire, sender, 5)

    assert [outbound.body for outbound in wire.provider.ledger] == ["n0", "n1", "n2", "n3", "n4"]


def wait_until_sent(wire, sender, count):
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while len(wire.provider.ledger) < count:
        assert datetime.now(UTC) < deadline
        sender()


def test_a_transient_failure_is_given_up_after_six_tries(wire, sender):
    sent = wire.send(wire.conversation())
    wire.provider.fail(FailureClass.TRANSIENT, "busy", times=6)

    for _ in range(6):
        sender()
        wire.run("update outbox set next_at = null")

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert (row.status, row.error["message"], row.error["code"]) == ("failed", "busy", "T1")
    assert wire.one("select status, attempts from outbox") == {"status": "failed", "attempts": 6}
    assert wire.provider.ledger == []


def test_a_permanent_failure_shows_the_providers_words_and_lets_the_next_go(wire, sender):
    conversation = wire.conversation()
    refused, taken = wire.send(conversation, "a"), wire.send(conversation, "b")
    wire.provider.fail(FailureClass.PERMANENT, "number is not on the network")

    sender()

    statuses = {row.id: row for row in wire.rows("select id, status, error from message where direction = 'out'")}
    assert statuses[refused].status == "failed"
    assert statuses[refused].error["message"] == "number is not on the network"
    assert statuses[taken].status == "accepted"


def test_a_throttle_pauses_the_channel_and_costs_no_try(wire, sender):
    one, other = wire.conversation("5511911111111", "a"), wire.conversation("5511922222222", "b")
    wire.send(one)
    wire.provider.fail(FailureClass.THROTTLE, "slow down", retry_after=60)
    sender()
    wire.send(other)
    sender()

    assert wire.provider.ledger == []
    assert wire.one("select paused_until > now() + interval '50 s' as paused from channel").paused
    assert {row.attempts for row in wire.rows("select attempts from outbox")} == {0}
    wire.run("update channel set paused_until = now()")
    sender()
    assert len(wire.provider.ledger) == 2


def test_a_recipients_limit_holds_only_that_recipient(wire, sender):
    one, other = wire.conversation("5511911111111", "a"), wire.conversation("5511922222222", "b")
    wire.send(one)
    wire.provider.fail(FailureClass.PAIR, "too many to this person", retry_after=60)
    sender()
    wire.send(other)
    sender()

    assert [outbound.address for outbound in wire.provider.ledger] == ["5511922222222"]
    held = wire.one("select * from outbox where status = 'queued'")
    assert held.next_at > datetime.now(UTC) + timedelta(seconds=50)


def test_an_account_failure_holds_the_queue_until_someone_looked(wire, sender):
    sent = wire.send(wire.conversation())
    wire.provider.fail(FailureClass.ACCOUNT, "the token expired")
    sender()
    sender()

    channel = wire.one("select status, status_detail from channel")
    assert (channel.status, channel.status_detail) == ("needs_attention", "the token expired")
    assert wire.one("select status from message where id = :id", id=sent).status == "queued"
    assert wire.one("select data from event where type = 'channel.status'").data["status"] == "needs_attention"
    wire.run("update channel set status = 'ready'")
    sender()
    assert len(wire.provider.ledger) == 1


def test_a_window_that_closed_meanwhile_fails_the_message(wire, sender):
    sent = wire.send(wire.conversation())
    wire.run("update channel_party set window_opened_at = now() - interval '25 h'")

    sender()

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert (row.status, row.error["message"]) == ("failed", "The window is closed.")
    assert wire.provider.ledger == []


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "This channel was removed."), ("pt_BR", "Este canal foi removido.")]
)
def test_a_removed_channel_fails_what_was_queued(wire, sender, organization, locale, words):
    wire.run("update organization set locale = :locale where id = :id", locale=locale, id=organization.id)
    sent = wire.send(wire.conversation())
    wire.run("update channel set deleted_at = now()")

    sender()

    row = wire.one("select status, error from message where id = :id", id=sent)
    assert (row.status, row.error["message"]) == ("failed", words)


def test_what_is_stored_of_a_failure_is_in_the_organizations_language(wire, sender, organization, monkeypatch):
    """Whoever looks at it later is not the worker, whose installation speaks English here."""

    def classify(_self, _error):
        return SendFailure(FailureClass.PERMANENT, gettext("No message can be sent here now."))

    monkeypatch.setattr(EchoChannel, "classify", classify)
    wire.run("update organization set locale = 'pt_BR' where id = :id", id=organization.id)
    wire.send(wire.conversation())
    wire.provider.fail(FailureClass.PERMANENT)

    sender()

    words = wire.one("select error from message where direction = 'out'").error["message"]
    assert words == "Nenhuma mensagem pode ser enviada aqui agora."


@pytest.mark.parametrize("column", ["enabled = false", "status = 'needs_attention'"])
def test_a_channel_that_is_off_or_needs_attention_sends_nothing(wire, sender, column):
    wire.send(wire.conversation())
    wire.run(f"update channel set {column}")

    sender()

    assert wire.provider.ledger == []
    assert wire.one("select status from outbox").status == "queued"


def test_a_read_receipt_is_tried_once(wire, sender):
    conversation = wire.conversation(opened="m-read")
    party = wire.one("select party_id, bucket from conversation")
    with transaction() as session:
        session.add(
            OutboxItem(
                channel_id=wire.channel.id,
                party_id=party.party_id,
                conversation_id=conversation,
                kind="read",
                payload={"provider_id": "m-read"},
                bucket=party.bucket,
            )
        )
    sender()
    sender()

    assert wire.provider.read == ["m-read"]
    assert wire.one("select status from outbox").status == "done"


def test_the_channels_limit_spreads_messages_over_time(connect, sender):
    wire = connect(settings={"rate": 20})
    for n in range(5):
        wire.send(wire.conversation(f"55119{11111111 + n}", f"m{n}"))
    started = datetime.now(UTC)

    wait_until_sent(wire, sender, 5)

    # The first at once, then one every 50 ms.
    assert datetime.now(UTC) - started >= timedelta(seconds=0.19)


def test_files_travel_with_the_message(wire, sender, agent):
    from ramal.inbox.services.uploads import upload

    file = upload(b"%PDF-1.4 hello", "conta.pdf", uploaded_by=agent.id)
    wire.send(wire.conversation(), kind="document", attachment_ids=[file.id], author_id=agent.id)

    sender()

    (sent,) = wire.provider.ledger[0].files
    assert (sent.filename, sent.mime_type, open(sent.path, "rb").read()) == (
        "conta.pdf",
        "application/pdf",
        b"%PDF-1.4 hello",
    )


def test_a_channel_whose_secrets_no_key_opens_needs_attention(wire, sender):
    sent = wire.send(wire.conversation())
    cache().forget()
    wire.run("update channel set secrets = 'gAAAA-not-ours'")
    sender()

    assert wire.one("select status from message where id = :id", id=sent).status == "queued"
    assert wire.provider.ledger == []
    assert wire.one("select status from channel").status == "needs_attention"


def test_one_unusable_channel_keeps_no_other_from_sending(connect, sender):
    broken, well = connect("broken"), connect("well")
    broken.send(broken.conversation())
    well.send(well.conversation())
    cache().forget()
    broken.run("update channel set secrets = 'gAAAA-not-ours' where id = :id", id=broken.channel.id)
    sender()

    assert len(well.provider.ledger) == 1
    assert broken.provider.ledger == []
    body = delivery(message("m9"))
    assert broken.post(body) == 404
    assert well.post(body) == 200


def test_a_quote_says_whose_message_it_quotes(wire, sender):
    conversation = wire.conversation(opened="m-theirs")
    theirs = wire.one("select id from message where provider_id = 'm-theirs'").id
    ours = wire.send(conversation, "nossa")
    sender()
    wire.send(conversation, "sobre a deles", reply_to=theirs)
    wire.send(conversation, "sobre a nossa", reply_to=ours)
    sender()

    quoted = {outbound.body: outbound.reply_to_own for outbound in wire.provider.ledger}
    assert quoted == {"nossa": None, "sobre a deles": False, "sobre a nossa": True}
