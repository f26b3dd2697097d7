"""The living customers: they write, wait, answer, remind once, and come back."""

from __future__ import annotations

from typing import Any

import pytest

from ramal_whatsapp_cloud.testing.behaviour import Behaviour
from ramal_whatsapp_cloud.testing.customers import ARRIVAL, PERSONAS, REMIND, RETURN, LivingCustomers
from ramal_whatsapp_cloud.testing.world import Account, World

EVERYONE = 1 + ARRIVAL * len(PERSONAS)


class Play:
    """A world whose clock the test moves."""

    def __init__(self) -> None:
        self.world = World(Behaviour(), Account())
        self.customers = LivingCustomers(self.world)
        self.now = 0.0
        self.customers.step(self.now)

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        """What customers wrote within the next ``seconds``."""
        before = len(self.world.written.rows())
        end = self.now + seconds
        while self.now < end:
            self.now += 1
            self.customers.step(self.now)
        return self.world.written.rows(before)

    def answer(self, address: str) -> None:
        field = "recipient" if "." in address else "to"
        body = {field: address, "type": "text", "text": {"body": "Claro!"}}
        self.world.accept(next(iter(self.world.account.numbers)), body)


@pytest.fixture
def play() -> Play:
    return Play()


def address(row: dict[str, Any]) -> str:
    customer = row["customer"]
    return str(customer.get("wa_id") or customer["user_id"])


def test_each_arrives_and_then_waits(play: Play) -> None:
    rows = play.wait(EVERYONE)
    assert [row["customer"]["name"] for row in rows] == [persona.name for persona in PERSONAS]
    assert any("wa_id" not in row["customer"] for row in rows)


def test_the_first_one_writes_at_once(play: Play) -> None:
    assert len(play.wait(2)) == 1


def test_an_answer_is_answered(play: Play) -> None:
    rows = play.wait(EVERYONE)
    for row in rows:
        play.answer(address(row))
    answers = play.wait(10)
    assert {address(row) for row in answers} == {address(row) for row in rows}
    assert any(row["message"]["type"] == "image" for row in answers)


def test_only_who_was_answered_goes_on(play: Play) -> None:
    first = play.wait(EVERYONE)[0]
    play.answer(address(first))
    assert {address(row) for row in play.wait(10)} == {address(first)}


def test_one_reminder_and_then_silence(play: Play) -> None:
    play.wait(EVERYONE)
    assert len(play.wait(REMIND[1])) == len(PERSONAS)
    assert play.wait(REMIND[1] * 4) == []


def test_after_their_story_they_come_back_with_another(play: Play) -> None:
    persona = PERSONAS[0]
    play.wait(2)
    told = 1
    while told < len(persona.stories[0]):
        play.answer(persona.wa_id)
        told += sum(address(row) == persona.wa_id for row in play.wait(10))
    later = [row for row in play.wait(RETURN[1] + 1) if address(row) == persona.wa_id]
    assert later[0]["message"]["text"]["body"] == persona.stories[1][0]["body"]


def test_the_stories_repeat(play: Play) -> None:
    persona = PERSONAS[1]
    opening = persona.stories[0][0]["body"]
    heard = 0
    for _ in range(8):
        rows = [row for row in play.wait(RETURN[1] + 10) if address(row) == persona.wa_id]
        heard += sum(row["message"].get("text", {}).get("body") == opening for row in rows)
        play.answer(persona.wa_id)
    assert heard >= 2


def test_whoever_else_is_answered_thanks_once(play: Play) -> None:
    play.world.customer_writes({"wa_id": "5511900000099", "name": "Avulsa", "body": "Oi"})
    play.answer("5511900000099")
    (thanks,) = [row for row in play.wait(10) if address(row) == "5511900000099"]
    assert thanks["customer"]["name"] == "Avulsa"
    play.answer("5511900000099")
    play.answer("5511900000077")
    assert {address(row) for row in play.wait(RETURN[1] * 2)} <= {p.wa_id or p.user_id for p in PERSONAS}
