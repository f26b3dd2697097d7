"""Living customers for the demo: they write, wait for an answer, and answer it.

Each follows a short story. None writes a second message before it was answered, except one
reminder, so a newcomer's inbox breathes without flooding.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ramal_whatsapp_cloud.testing.world import World

Line = Mapping[str, Any]

#: Seconds between two looks at the ledger.
TICK = 0.5
#: Seconds a customer takes to answer, and to remind, and to come back with another matter.
ANSWER = (3.0, 8.0)
REMIND = (90.0, 150.0)
RETURN = (240.0, 420.0)
#: Seconds between the first messages of two customers.
ARRIVAL = 12.0


def text(body: str) -> Line:
    return {"kind": "text", "body": body}


@dataclass(frozen=True)
class Persona:
    """A fictional customer and the stories they bring, one after the other."""

    wa_id: str
    name: str
    stories: tuple[tuple[Line, ...], ...]
    user_id: str = ""
    username: str = ""
    #: Whether they are content after their last story, and not heard of again.
    once: bool = False


PERSONAS = (
    Persona(
        "5511900000011",
        "Marina Exemplo",
        (
            (
                text("Oi, boa tarde! Vocês fazem entrega na Vila Fictícia?"),
                text("Que bom! E quanto fica o frete?"),
                text("Perfeito, pode fechar então. O endereço é Rua Inventada, 123."),
                text("Muito obrigada! 🙏"),
            ),
            (text("Oi de novo! Meu pedido já saiu?"), text("Ah, ótimo. Obrigada!")),
        ),
        user_id="BR.10000000000000000011",
    ),
    Persona(
        "551190000012",
        "João Modelo",
        (
            (
                text("Bom dia, recebi a caixa amassada 😕"),
                {"kind": "image", "caption": "Olha como chegou"},
                text("Pode trocar, por favor. Número do pedido: 1042."),
                text("Combinado, fico no aguardo."),
            ),
        ),
    ),
    Persona(
        "5521900000013",
        "Dona Teresa da Amostra",
        (
            (
                text("Boa tarde meu filho, queria saber se tem a blusa azul no tamanho M"),
                text("E tem na cor vinho também?"),
                {"kind": "location", "name": "Casa da Teresa"},
                text("Deus abençoe!"),
            ),
        ),
    ),
    Persona(
        "",
        "Caio Fictício",
        (
            (
                text("Opa! Vi o anúncio de vocês. Ainda tem desconto no Pix?"),
                text("Top. Manda a chave que eu pago agora"),
                text("Pago ✅"),
            ),
        ),
        user_id="BR.10000000000000000014",
        username="caio.ficticio",
    ),
    Persona(
        "5531900000015",
        "Lívia Teste",
        (
            (
                text("Olá! Preciso da segunda via do boleto de novembro"),
                text("CPF terminado em 00, contrato 7788"),
                text("Recebi, valeu!"),
            ),
        ),
    ),
)
_THANKS = (text("Certo, muito obrigado pela atenção!"),)
_REMINDERS = ("Oi, alguém aí? 🙂", "Conseguiu ver pra mim?", "Estou no aguardo")


@dataclass
class Visit:
    """Where one customer stands in a story."""

    persona: Persona
    stories: Iterator[tuple[Line, ...]]
    due: float
    rest: list[Line] = field(default_factory=list)
    waiting: bool = False
    reminded: bool = False


class LivingCustomers:
    """A thread that plays all personas while the knob ``living`` is on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = random.Random()  # noqa: S311
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._visits: list[Visit] = []
        self._seen = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.wait(TICK):
            if self._world.behaviour.living and self._world.has_callback():
                self.step(time.monotonic())

    def step(self, now: float) -> None:
        """Look at what the business sent since the last step, then let those write whose time it is."""
        if not self._visits:
            self._arrive(now)
        self._hear(now)
        for visit in self._visits:
            if visit.due <= now:
                self._act(visit, now)

    def _arrive(self, now: float) -> None:
        self._seen = len(self._world.accepted.rows())
        for place, persona in enumerate(PERSONAS):
            self._visits.append(Visit(persona, iter(persona.stories), now + 1 + place * ARRIVAL))

    def _hear(self, now: float) -> None:
        for row in self._world.accepted.rows(self._seen):
            self._seen = row["seq"]
            known = [visit for visit in self._visits if row["to"] in {visit.persona.wa_id, visit.persona.user_id}]
            for visit in known:
                if visit.waiting:
                    visit.waiting = False
                    visit.due = now + self._chance.uniform(*ANSWER)
            if not known:
                self._meet(row["to"], now)

    def _meet(self, address: str, now: float) -> None:
        """Someone without a story was answered: they thank, once."""
        customer = self._world.customer(address)
        if customer:
            persona = Persona(
                customer.get("wa_id", ""), customer["name"], (_THANKS,), customer.get("user_id", ""), once=True
            )
            due = now + self._chance.uniform(*ANSWER)
            self._visits.append(Visit(persona, iter(persona.stories), due))

    def _act(self, visit: Visit, now: float) -> None:
        if visit.waiting:
            self._remind(visit)
            return
        if not visit.rest:
            visit.rest = list(self._next_story(visit))
        self._write(visit, visit.rest.pop(0))
        visit.reminded = False
        visit.waiting = bool(visit.rest)
        pause = REMIND if visit.waiting else RETURN
        visit.due = now + self._chance.uniform(*pause)
        if visit.persona.once and not visit.waiting:
            visit.due = float("inf")

    def _remind(self, visit: Visit) -> None:
        if not visit.reminded:
            self._write(visit, text(self._chance.choice(_REMINDERS)))
        visit.reminded = True
        visit.due = float("inf")

    def _next_story(self, visit: Visit) -> tuple[Line, ...]:
        story = next(visit.stories, None)
        if story is None:
            visit.stories = iter(visit.persona.stories)
            story = next(visit.stories)
        return story

    def _write(self, visit: Visit, line: Line) -> None:
        persona = visit.persona
        who = {"wa_id": persona.wa_id, "user_id": persona.user_id, "name": persona.name}
        self._world.customer_writes({**who, "username": persona.username, **line})
