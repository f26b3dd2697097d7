"""The channel suite passes for the echo channel, and catches channels that lose or repeat."""

from __future__ import annotations

import itertools

import pytest

from ramal.channels.types import FailureClass, SendFailure, SendPermission
from ramal.testing import channels as echo
from ramal.testing.channel_contract import ChannelContract, ChannelSimulator, SeenChange, channel_contract
from ramal.testing.channel_contract.account import Account

_numbers = itertools.count(1)


class EchoSimulator(ChannelSimulator):
    kind = "echo"

    def __init__(self) -> None:
        self.name = f"contract-{next(_numbers)}"
        self.provider = echo.provider(self.name)

    def settings(self):
        return {"secret": "sesame", "provider": self.name, "account": self.name}

    def delivery(self, items):
        return echo.delivery(*items)

    def headers(self, body):
        return {"x-echo-signature": echo.sign(body, "sesame")}

    def message(self, id, text, *, person, at, reply_to=None):
        return echo.message(id, text, reply_to=reply_to, **self._by(person, at))

    def media(self, id, file, *, person, at):
        return echo.message(id, None, kind="document", files=[(file, "application/pdf")], **self._by(person, at))

    def put_file(self, file, content):
        if content is None:
            self.provider.files.pop(file, None)
        else:
            self.provider.files[file] = content

    def unknown(self, id, *, person, at):
        return echo.message(id, None, kind="unsupported", **self._by(person, at))

    def status(self, provider_id, status, *, at):
        return echo.status(provider_id, status.value, at=self._seconds(at))

    def echo(self, id, text, *, person, at):
        return echo.message(id, text, direction="out", **self._by(person, at))

    def edit(self, key, target, text, *, person, at):
        return {"type": "edit", "key": key, "target": target, "body": text, **self._from(person, at)}

    def reaction(self, key, target, emoji, *, person, at):
        return {"type": "reaction", "key": key, "target": target, "emoji": emoji, **self._from(person, at)}

    def revoke(self, key, target, *, person, at):
        return {"type": "revoke", "key": key, "target": target, **self._from(person, at)}

    def sent(self):
        return [(f"out-{outbound.client_ref}", outbound.body) for outbound in self.provider.ledger]

    def fail_next(self, failure):
        self.provider.fail(failure, "no")
        return True

    def changes(self):
        return [SeenChange(change.kind, change.target, change.emoji or change.body) for change in self.provider.changes]

    def fail_next_change(self, failure):
        self.provider.fail_change(failure, "no")
        return True

    def _by(self, person, at):
        return {"sender": f"visitor-{person}", "aliases": [("visitor", person)], "at": self._seconds(at)}

    def _from(self, person, at):
        return {"from": f"visitor-{person}", "aliases": [("visitor", person)], "at": self._seconds(at)}

    def _seconds(self, at):
        return (at - echo.EPOCH).total_seconds()


TestEcho = channel_contract(EchoSimulator)


def first_item_only(monkeypatch):
    real = echo.EchoChannel.parse
    monkeypatch.setattr(
        echo.EchoChannel, "parse", lambda self, delivery, context: list(real(self, delivery, context))[:1]
    )


def unsigned(monkeypatch):
    monkeypatch.setattr(echo.EchoChannel, "verify", lambda self, request, context: None)


def repeats(monkeypatch):
    transient = SendFailure(FailureClass.TRANSIENT, "again")
    monkeypatch.setattr(echo.EchoChannel, "classify", lambda self, error: transient)


def forgets_the_window(monkeypatch):
    monkeypatch.setattr(echo.EchoChannel, "can_send", lambda self, conversation, context: SendPermission(True))


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        (first_item_only, "test_every_item_of_a_delivery_counts"),
        (unsigned, "test_only_a_signed_delivery_is_let_in"),
        (repeats, "test_a_lost_answer_is_unknown_and_never_sent_again"),
        (repeats, "test_no_error_leads_to_a_blind_repetition"),
        (forgets_the_window, "test_a_closed_window_says_so"),
    ],
)
def test_the_suite_catches(monkeypatch, app, organization, fault, test):
    fault(monkeypatch)
    account = Account(EchoSimulator(), "Faulty")
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(ChannelContract(), test)(account)
