"""Both directions of a busy day: customers who write through signed webhooks, agents who answer by the API."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uuid_utils.compat

from ramal.testing.installation import Team
from ramal.testing.remote import RemoteError

#: Seconds after which a provider or a browser that gets no success gives up: never, in this test.
PATIENCE = 120.0


@dataclass
class Customer:
    """One person: what they wrote, in order, as (message id, provider's second)."""

    wa_id: str
    name: str
    wrote: list[str] = field(default_factory=list)


@dataclass
class Sent:
    """What an agent sent."""

    client_id: str
    body: str


class Provider:
    """Posts signed deliveries again and again until each is answered with 200."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._http = httpx2.Client(timeout=20.0)

    def deliver(self, payload: dict[str, Any]) -> None:
        """Post until it is acknowledged."""
        body = json.dumps(payload).encode()
        signature = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx2.HTTPError):
                answer = self._http.post(self._url, content=body, headers=headers)
                if answer.status_code == 200:
                    return
                assert answer.status_code >= 500, f"{answer.status_code}: {answer.text[:500]}"
            time.sleep(0.1)
        raise AssertionError("a delivery was not taken")


class Worker(threading.Thread):
    """A thread whose error fails the test."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.error = error

    def work(self) -> None:
        raise NotImplementedError

    def finish(self, timeout: float) -> None:
        self.join(timeout)
        assert not self.is_alive(), f"{self} did not end in {timeout} s"
        if self.error is not None:
            raise self.error


class Writing(Worker):
    """Some customers, who write one after the other so that each one's words have an order.

    Deliveries hold one to five messages of any of them; some are posted twice, some again later,
    split up or together with others.
    """

    def __init__(
        self, provider: Provider, number: str, customers: list[Customer], *, count: int, seed: int, pause: float
    ) -> None:
        super().__init__()
        self._provider = provider
        self._number = number
        self._customers = customers
        self._count = count
        self._chance = random.Random(seed)
        self._pause = pause
        self._began = int(time.time()) - 3600

    def work(self) -> None:
        past: list[list[dict[str, Any]]] = []
        for batch in self._batches():
            self._deliver(batch)
            past.append(batch)
            if self._chance.random() < 0.1:
                self._deliver(batch)
            if self._chance.random() < 0.1:
                self._deliver([message for _ in range(2) for message in self._chance.choice(past)[:2]])
            time.sleep(self._pause * len(batch))

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        left = self._count
        while left:
            size = min(left, self._chance.randint(1, 5))
            yield [self._message() for _ in range(size)]
            left -= size

    def _message(self) -> dict[str, Any]:
        customer = self._chance.choice(self._customers)
        number = len(customer.wrote) + 1
        wamid = f"wamid.{customer.wa_id}.{number:04d}"
        customer.wrote.append(wamid)
        # Two after the other often fall into the same second of the provider's clock.
        at = self._began + number // 2
        return {
            "from": customer.wa_id,
            "id": wamid,
            "timestamp": str(at),
            "type": "text",
            "text": {"body": f"{customer.name} {number}"},
        }

    def _deliver(self, messages: list[dict[str, Any]]) -> None:
        names = {customer.wa_id: customer.name for customer in self._customers}
        people = dict.fromkeys(message["from"] for message in messages)
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "551190000001", "phone_number_id": self._number},
            "contacts": [{"profile": {"name": names[wa_id]}, "wa_id": wa_id} for wa_id in people],
            "messages": messages,
        }
        self._provider.deliver(
            {
                "object": "whatsapp_business_account",
                "entry": [{"id": "200000000000001", "changes": [{"field": "messages", "value": value}]}],
            }
        )


class Answering(Worker):
    """An agent who answers in some conversations, each message with an id of its own, repeated until taken."""

    def __init__(
        self, team: Team, agent: int, conversations: list[str], *, count: int, seed: int, pause: float
    ) -> None:
        super().__init__()
        self._team = team
        self._api = team.api_as(team.agents[agent])
        self._conversations = conversations
        self._count = count
        self._chance = random.Random(seed)
        self._pause = pause
        self.sent: dict[str, list[Sent]] = {conversation: [] for conversation in conversations}

    def work(self) -> None:
        for number in range(self._count):
            conversation = self._chance.choice(self._conversations)
            sent = Sent(str(uuid_utils.compat.uuid7()), f"Resposta {number}")
            self._send(conversation, sent)
            self.sent[conversation].append(sent)
            if self._chance.random() < 0.05:
                self._send(conversation, sent)  # a second click
            time.sleep(self._pause)

    def _send(self, conversation: str, sent: Sent) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self._api.send_text(conversation, sent.body, sent.client_id)
            except httpx2.HTTPError:
                pass
            except RemoteError as error:
                if error.status < 500:
                    raise
            else:
                assert answer["client_id"] == sent.client_id
                return
            time.sleep(0.1)
        raise AssertionError("an answer was not taken")
