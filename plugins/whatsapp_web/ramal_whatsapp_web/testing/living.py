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

from ramal_whatsapp_web.testing.world import World
from ramal_whatsapp_web.testing.writing import Writing

Line = Mapping[str, Any]

#: Seconds between two looks at the ledger.
TICK = 0.5
#: Seconds a customer takes to answer, shows that they type, reminds, and comes back with another matter.
ANSWER = (4.0, 9.0)
TYPING = 3.0
REMIND = (90.0, 150.0)
RETURN = (240.0, 420.0)
#: Seconds between the first messages of two customers.
ARRIVAL = 15.0


def text(body: str) -> Line:
    return {"kind": "text", "body": body}


@dataclass(frozen=True)
class Persona:
    """A fictional customer and the stories they bring, one after the other."""

    who: Mapping[str, Any]
    stories: tuple[tuple[Line, ...], ...]


PERSONAS = (
    Persona(
        {"number": "5511900000021", "name": "Renata Inventada", "known": "both"},
        (
            (
                text("Oi! Vocês consertam liquidificador?"),
                {"kind": "image", "body": "É este aqui, parou de girar"},
                text("Ótimo, levo amanhã então. Abre que horas?"),
                text("Obrigada! 😊"),
            ),
            (text("Bom dia! Meu liquidificador ficou pronto?"), text("Maravilha, passo aí hoje.")),
        ),
    ),
    Persona(
        {"number": "551190000022", "name": "Seu Osvaldo Suposto"},
        (
            (
                {"kind": "voice"},
                text("Mandei áudio porque digitar é difícil pra mim, viu"),
                text("Deus lhe pague, meu jovem"),
            ),
        ),
    ),
    Persona(
        {"lid": "200000000000023", "name": "Bia Hipotética"},
        (
            (
                text("Oii, vi vocês no Instagram! Entregam em Campinas?"),
                {"kind": "location", "place": "Minha casa"},
                text("Perfeito, vou querer dois 🧡"),
            ),
        ),
    ),
    Persona(
        {"number": "5521900000024", "name": "Marcos Figurado"},
        (
            (
                {"kind": "document", "body": "Segue o comprovante"},
                text("Conseguiu ver o pagamento?"),
                text("Valeu!"),
            ),
        ),
    ),
)
_REMINDERS = ("Oi, tem alguém aí? 🙂", "Conseguiu ver pra mim?", "Fico no aguardo")


@dataclass
class Visit:
    """Where one customer stands in a story. ``due`` in seconds of the caller's count."""

    persona: Persona
    stories: Iterator[tuple[Line, ...]]
    due: float
    rest: list[Line] = field(default_factory=list)
    waiting: bool = False
    reminded: bool = False
    typing: bool = False


class LivingCustomers:
    """A thread that plays all personas while the knob ``living`` is on and a number is linked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._writing = Writing(world)
        self._chance = random.Random()  # noqa: S311
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._visits: list[Visit] = []
        self._heard = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.wait(TICK):
            if self._world.behaviour.living and self._connected():
                self.step(time.monotonic())

    def _connected(self) -> bool:
        return any(session.status == "WORKING" for session in list(self._world.sessions.values()))

    def step(self, now: float) -> None:
        """Look at what the business sent since the last step, then let those act whose time it is."""
        if not self._visits:
            self._arrive(now)
        self._hear(now)
        for visit in self._visits:
            if visit.due <= now:
                self._act(visit, now)

    def _arrive(self, now: float) -> None:
        self._heard = len(self._world.received.rows())
        for place, persona in enumerate(PERSONAS):
            self._visits.append(Visit(persona, iter(persona.stories), now + 1 + place * ARRIVAL))

    def _hear(self, now: float) -> None:
        for row in self._world.received.rows(self._heard):
            self._heard = row["seq"]
            if not row["operation"].startswith("send"):
                continue
            for visit in self._visits:
                if visit.waiting and self._world.person_of(visit.persona.who).id == row["person"]:
                    visit.waiting, visit.typing = False, False
                    visit.due = now + self._chance.uniform(*ANSWER)

    def _act(self, visit: Visit, now: float) -> None:
        if visit.waiting:
            self._remind(visit)
            return
        if not visit.rest:
            visit.rest = list(self._next_story(visit))
        if not visit.typing:
            visit.typing = True
            visit.due = now + TYPING
            self._write(visit, {"kind": "recording" if visit.rest[0]["kind"] == "voice" else "typing"})
            return
        self._write(visit, visit.rest.pop(0))
        visit.typing = visit.reminded = False
        visit.waiting = bool(visit.rest)
        visit.due = now + self._chance.uniform(*(REMIND if visit.waiting else RETURN))

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
        self._writing.person_writes({**visit.persona.who, **line})
