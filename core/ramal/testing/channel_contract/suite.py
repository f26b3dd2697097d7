"""The tests themselves. Each looks at what a person in the inbox would notice."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from ramal.channels.base import SignatureInvalid, SignatureMissing
from ramal.channels.types import ConversationState, FailureClass, Status, WebhookRequest
from ramal.testing.channel_contract.account import CHANGED_WORDS, Account, ChangeKind, at
from ramal.testing.channel_contract.simulator import ChannelSimulator, Item, SeenChange

#: How many other orders, splits and merges are tried.
ORDERS = 6
_PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

Connect = Callable[[], Account]


class ChannelContract:
    """Base of the class that :func:`channel_contract` makes."""

    make_simulator: Callable[[], ChannelSimulator]

    @pytest.fixture
    def connect(self, app: Any, organization: Any) -> Iterator[Connect]:
        """Connect one more account."""
        made: list[Account] = []

        def connect() -> Account:
            made.append(Account(type(self).make_simulator(), f"Contract {len(made) + 1}"))
            return made[-1]

        yield connect
        for account in made:
            account.simulator.close()

    @pytest.fixture
    def account(self, connect: Connect) -> Account:
        """A connected account."""
        return connect()

    # --- in ---------------------------------------------------------------------------------------

    def test_every_item_of_a_delivery_counts(self, account: Account) -> None:
        make = account.simulator
        account.deliver(
            make.message("m1", "one", person="ana", at=at(1)),
            make.message("m2", "two", person="bia", at=at(2)),
            make.message("m3", "three", person="ana", at=at(3)),
        )
        assert [message.body for message in account.messages()] == ["one", "two", "three"]
        assert sorted(conversation.unread_count for conversation in account.conversations()) == [1, 2]
        assert account.unprocessed() == []

    def test_repeated_reordered_split_and_merged_deliveries_end_alike(self, connect: Connect) -> None:
        expected = None
        for seed in range(ORDERS):
            account = connect()
            story = list(_story(account.simulator))
            if seed == 0:
                for item in story:
                    account.deliver(item)
            else:
                account.scatter(story, seed)
            state = account.state()
            expected = expected or state
            assert state == expected, f"order {seed} ended otherwise"
        assert expected is not None
        assert expected["unprocessed"] == []

    def test_what_was_received_once_more_changes_nothing(self, account: Account) -> None:
        for item in _story(account.simulator):
            account.deliver(item)
        before = account.state()
        account.replay()
        assert account.state() == before

    def test_a_late_or_regressing_status_never_takes_a_tick_back(self, account: Account) -> None:
        make = account.simulator
        first = make.echo("e1", "typed elsewhere", person="ana", at=at(1))
        ticks = [make.status("e1", status, at=at(2 + n)) for n, status in enumerate(_TICKS)]
        if first is None or None in ticks:
            pytest.skip("the provider reports no echoes or no ticks")
        account.deliver(ticks[2], first)
        account.deliver(*ticks[:2])
        (message,) = account.messages()
        assert message.status == Status.READ

    def test_a_kind_nobody_knows_shows_as_a_placeholder(self, account: Account) -> None:
        item = account.simulator.unknown("u1", person="ana", at=at(1))
        if item is None:
            pytest.skip("the provider has no kinds")
        account.deliver(item, account.simulator.message("m2", "after it", person="ana", at=at(2)))
        assert [message.kind for message in account.messages()] == ["unsupported", "text"]

    def test_a_body_that_cannot_be_read_is_parked_with_a_sentence(self, account: Account) -> None:
        from ramal.pipeline.ingress.services import ingest

        ingest(account.channel.id, b'{"cut off": [', "garbage")
        account.drain()
        (sentence,) = account.unprocessed()
        assert sentence
        account.deliver(account.simulator.message("m1", "goes on", person="ana", at=at(1)))
        assert len(account.messages()) == 1

    def test_only_a_signed_delivery_is_let_in(self, account: Account) -> None:
        body = account.simulator.delivery([account.simulator.message("m1", "hi", person="ana", at=at(1))])
        headers = account.simulator.headers(body)
        if headers is None:
            pytest.skip("the channel has no webhook")
        account.code.verify(WebhookRequest("POST", headers, {}, body), account.context)
        with pytest.raises(SignatureInvalid):
            account.code.verify(WebhookRequest("POST", headers, {}, body + b" "), account.context)
        with pytest.raises((SignatureMissing, SignatureInvalid)):
            account.code.verify(WebhookRequest("POST", {}, {}, body), account.context)

    def test_a_file_that_fails_neither_hides_nor_loses_its_message(self, account: Account) -> None:
        make = account.simulator
        make.put_file("conta.pdf", None)
        item = make.media("m1", "conta.pdf", person="ana", at=at(1))
        if item is None:
            pytest.skip("the provider carries no files")
        account.deliver(item)
        assert len(account.messages()) == 1
        account.fetch_files()
        (attachment,) = account.attachments()
        assert (attachment.state, bool(attachment.error)) == ("pending", True)
        make.put_file("conta.pdf", _PDF)
        account.fetch_files()
        (attachment,) = account.attachments()
        assert (attachment.state, attachment.size, attachment.error) == ("ready", len(_PDF), None)

    # --- out --------------------------------------------------------------------------------------

    def test_a_message_leaves_once(self, account: Account) -> None:
        conversation = _open(account)
        message = account.send(conversation, "our answer")
        assert message.status in (Status.ACCEPTED, Status.SENT, Status.DELIVERED)
        account.run_sender()
        assert [text for _id, text in account.simulator.sent()] == ["our answer"]
        assert message.provider_id == account.simulator.sent()[0][0]

    def test_messages_leave_in_order(self, account: Account) -> None:
        conversation = _open(account)
        for number in range(4):
            account.send(conversation, f"answer {number}")
        assert [text for _id, text in account.simulator.sent()] == [f"answer {number}" for number in range(4)]

    def test_the_providers_ticks_find_our_message(self, account: Account) -> None:
        message = account.send(_open(account), "our answer")
        tick = account.simulator.status(message.provider_id or "", Status.DELIVERED, at=datetime.now(UTC))
        if tick is None:
            pytest.skip("the provider reports no ticks")
        account.deliver(tick)
        assert account.message(message.id).status == Status.DELIVERED

    def test_a_lost_answer_is_unknown_and_never_sent_again(self, account: Account) -> None:
        conversation = _open(account)
        if not account.simulator.fail_next(FailureClass.UNKNOWN):
            pytest.skip("the simulator can't lose an answer")
        message = account.send(conversation, "our answer")
        assert message.status == Status.UNKNOWN
        account.run_sender()
        assert len(account.simulator.sent()) <= 1

    def test_a_refusal_fails_with_the_providers_words(self, account: Account) -> None:
        conversation = _open(account)
        if not account.simulator.fail_next(FailureClass.PERMANENT):
            pytest.skip("the simulator can't refuse")
        message = account.send(conversation, "our answer")
        assert message.status == Status.FAILED
        assert (message.error or {}).get("message")
        assert account.simulator.sent() == []

    def test_a_busy_provider_is_tried_again(self, account: Account) -> None:
        conversation = _open(account)
        if not account.simulator.fail_next(FailureClass.TRANSIENT):
            pytest.skip("the simulator can't be busy")
        message = account.send(conversation, "our answer")
        assert message.status == Status.QUEUED
        (item,) = account.outbox()
        assert (item.status, item.attempts) == ("queued", 1)

    def test_trouble_with_the_account_holds_the_queue(self, account: Account) -> None:
        conversation = _open(account)
        if not account.simulator.fail_next(FailureClass.ACCOUNT):
            pytest.skip("the simulator's account can't get into trouble")
        message = account.send(conversation, "our answer")
        assert message.status == Status.QUEUED
        assert account.connected().status == "needs_attention"

    def test_a_closed_window_says_so(self, account: Account) -> None:
        conversation = _open(account)
        if not account.code.capabilities.window:
            pytest.skip("the channel has no window")
        fresh = datetime.now(UTC)
        opened = account.code.can_send(_window(conversation, fresh), account.context)
        assert opened.allowed
        assert opened.expires_at is not None
        closed = account.code.can_send(_window(conversation, at(-30 * 24 * 3600)), account.context)
        assert not closed.allowed
        assert closed.reason

    def test_a_message_whose_window_closed_meanwhile_does_not_leave(self, account: Account) -> None:
        from ramal.database.base import new_id
        from ramal.inbox.services import send_message

        if not account.code.capabilities.window:
            pytest.skip("the channel has no window")
        queued = send_message(_open(account), client_id=new_id(), body="too late")
        account.close_window()
        account.run_sender()
        assert account.message(queued.id).status == Status.FAILED
        assert account.simulator.sent() == []

    @pytest.mark.parametrize("kind", ["reaction", "edit", "revoke"])
    def test_a_change_reaches_the_message_it_is_about(self, account: Account, kind: ChangeKind) -> None:
        if kind not in account.able_to_change() or account.simulator.changes() is None:
            pytest.skip("the channel or its simulator has no such change")
        message = account.send(_open(account), "our answer")
        account.change(kind, message.id)
        (seen,) = account.simulator.changes() or ()
        assert seen == SeenChange(kind, message.provider_id or "", CHANGED_WORDS[kind])
        assert account.outbox()[-1].status == "done"

    def test_our_reaction_finds_the_persons_message_and_is_taken_back(self, account: Account) -> None:
        if "reaction" not in account.able_to_change() or account.simulator.changes() is None:
            pytest.skip("the channel or its simulator has no reactions")
        _open(account)
        (message,) = account.messages()
        account.change("reaction", message.id)
        account.change("reaction", message.id, None)
        target = message.provider_id or ""
        expected = [SeenChange("reaction", target, "👍"), SeenChange("reaction", target, None)]
        assert list(account.simulator.changes() or ()) == expected
        assert account.message(message.id).reactions == []

    def test_a_refused_change_leaves_the_message_as_it_was(self, account: Account) -> None:
        able = account.able_to_change()
        if not able or account.simulator.changes() is None:
            pytest.skip("the channel or its simulator has no changes")
        message = account.send(_open(account), "our answer")
        if not account.simulator.fail_next_change(FailureClass.PERMANENT):
            pytest.skip("the simulator can't refuse a change")
        before = account.state()["messages"]
        account.change(able[0], message.id)
        item = account.outbox()[-1]
        assert (item.status, bool(item.error)) == ("failed", True)
        assert [seen for seen in account.state()["messages"] if seen["kind"] != "system"] == before

    def test_no_error_leads_to_a_blind_repetition(self, account: Account) -> None:
        for error in (httpx2.ReadTimeout("no answer"), RuntimeError("anything")):
            failure = account.code.classify(error)
            assert failure.failure is FailureClass.UNKNOWN, f"{error!r} may have reached the provider"

    # --- the account ------------------------------------------------------------------------------

    def test_connecting_says_how_it_is(self, account: Account) -> None:
        assert account.code.connect(account.context).state
        assert account.code.status(account.context).state

    def test_reading_a_delivery_twice_gives_the_same(self, account: Account) -> None:
        from ramal.channels.types import Delivery

        raw = account.simulator.delivery(list(_story(account.simulator)))
        delivery = Delivery(uuid.uuid4(), raw, datetime.now(UTC), account.simulator.headers(raw) or {})
        context = account.context
        assert list(account.code.parse(delivery, context)) == list(account.code.parse(delivery, context))


_TICKS = (Status.SENT, Status.DELIVERED, Status.READ)


def channel_contract(make_simulator: Callable[[], ChannelSimulator]) -> type[ChannelContract]:
    """The suite for one channel; assign it to a name that pytest collects (``TestContract``)."""
    members = {"make_simulator": staticmethod(make_simulator), "__doc__": ChannelContract.__doc__}
    return type("TestChannelContract", (ChannelContract,), members)


def _story(make: ChannelSimulator) -> Iterator[Item]:
    """Two people, and everything the provider can say about their messages."""
    items = (
        make.message("m1", "Bom dia", person="ana", at=at(1)),
        make.message("m2", "Tem pão?", person="ana", at=at(2), reply_to="m1"),
        make.message("m3", "Oi", person="bia", at=at(3)),
        make.unknown("u1", person="bia", at=at(4)),
        make.echo("e1", "Temos sim", person="ana", at=at(5)),
        make.status("e1", Status.SENT, at=at(5)),
        make.status("e1", Status.READ, at=at(7)),
        make.status("e1", Status.DELIVERED, at=at(6)),
        make.edit("x1", "m3", "Oi!", person="bia", at=at(8)),
        make.edit("x2", "m3", "Oi, tudo bem?", person="bia", at=at(9)),
        make.reaction("r1", "e1", "👍", person="ana", at=at(10)),
        make.reaction("r2", "e1", "❤️", person="ana", at=at(11)),
        make.reaction("r3", "m1", "👍", person="ana", at=at(12)),
        make.reaction("r4", "m1", None, person="ana", at=at(13)),
        make.revoke("v1", "m2", person="ana", at=at(14)),
    )
    yield from (item for item in items if item is not None)


def _open(account: Account) -> uuid.UUID:
    """A conversation that may be answered now."""
    now = datetime.now(UTC).replace(microsecond=0)
    account.deliver(account.simulator.message("opening", "Olá", person="ana", at=now))
    (conversation,) = account.conversations()
    conversation_id: uuid.UUID = conversation.id
    return conversation_id


def _window(conversation_id: uuid.UUID, opened: datetime) -> ConversationState:
    return ConversationState(conversation_id, last_inbound_at=opened, window_opened_at=opened)
