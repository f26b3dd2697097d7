"""The WAHA simulator: a real HTTP server with a provider's sessions, a phone network, and bad days."""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from ramal_whatsapp_web.testing.behaviour import Behaviour, Failure
from ramal_whatsapp_web.testing.clock import Clock
from ramal_whatsapp_web.testing.control_routes import ControlRoutes
from ramal_whatsapp_web.testing.living import LivingCustomers
from ramal_whatsapp_web.testing.message_routes import MessageRoutes
from ramal_whatsapp_web.testing.network import Device, PhoneNetwork
from ramal_whatsapp_web.testing.people import Person
from ramal_whatsapp_web.testing.read_routes import ReadRoutes
from ramal_whatsapp_web.testing.server import Server
from ramal_whatsapp_web.testing.session_routes import SessionRoutes
from ramal_whatsapp_web.testing.sessions import Session, Status
from ramal_whatsapp_web.testing.storage import Storage
from ramal_whatsapp_web.testing.trouble import Trouble
from ramal_whatsapp_web.testing.world import World
from ramal_whatsapp_web.testing.writing import Writing

API_KEY = "simulated-waha-key"
NUMBER = "5511900000001"
#: What a driver that wants everything subscribes to; ``message.any`` includes ``message``.
EVENTS = (
    "session.status",
    "message.any",
    "message.reaction",
    "message.ack",
    "message.edited",
    "message.revoked",
    "presence.update",
    "poll.vote",
    "call.received",
)


@functools.cache
def client() -> httpx2.Client:
    """One client for all: each new one reads the machine's certificates, which takes longer than a whole test."""
    return httpx2.Client(timeout=60.0)


class WahaSimulator:
    """``with WahaSimulator() as simulator: …``; ``simulator.url`` and ``simulator.api_key`` go to the driver.

    ``port`` 0 takes a free one. ``network`` shared by several simulators lets sessions move between
    them; ``clock`` (or ``speed``) decides how fast QR codes expire; with ``data_dir`` sessions,
    numbers, history and files survive a restart. Knobs: see Behaviour.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_dir: Path | None = None,
        api_key: str = API_KEY,
        network: PhoneNetwork | None = None,
        clock: Clock | None = None,
        speed: float = 1.0,
        **knobs: Any,
    ) -> None:
        self.behaviour = Behaviour()
        self.behaviour.update(knobs)
        self._knobs = knobs
        self._own_clock = network is None
        self.network = network or PhoneNetwork(clock or Clock(speed))
        self.world = World(self.behaviour, self.network, data_dir)
        self.trouble = Trouble(self.world)
        self._writing = Writing(self.world)
        self.api_key = api_key
        families = [SessionRoutes(self.world), MessageRoutes(self.world), ReadRoutes(self.world)]
        self._server = Server(self.world, api_key, list(families), ControlRoutes(self), host=host, port=port)
        self.url = self.world.base_url = self._server.url
        self._asleep: list[Session] = []
        self._living = LivingCustomers(self.world)
        self._storage = Storage(self.world, data_dir) if data_dir else None

    # --- life ---------------------------------------------------------------------------------------

    def start(self) -> WahaSimulator:
        self.network.clock.start()
        self.world.courier.start()
        ran = self._storage.load() if self._storage else []
        self.behaviour.update(self._knobs)
        self._server.start()
        with self.world.lock:
            for name in ran:
                self.session(name).start()
        if self._storage:
            self._storage.start()
        self._living.start()
        return self

    def stop(self) -> None:
        """End what ``start`` began, and close."""
        self._living.stop()
        self._server.stop()
        if self._storage:
            self._storage.stop()
        with self.world.lock:
            for session in self.world.sessions.values():
                session.power_off()
        self.world.courier.stop()
        if self._own_clock:
            self.network.clock.stop()
        self.close()

    def close(self) -> None:
        """Release port and files of a simulator that was not started, or was stopped."""
        self._server.stop()
        self.world.received.close()
        self.world.written.close()

    def __enter__(self) -> WahaSimulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def go_down(self, seconds: float | None = None) -> None:
        """The whole provider dies: connections refused, waiting webhooks forgotten; people go on writing.

        With ``seconds`` (real ones) it comes back by itself.
        """
        with self.world.lock:
            self._asleep = [session for session in self.world.sessions.values() if session.runs]
            for session in self._asleep:
                session.power_off()
        self.world.courier.forget()
        self._server.stop()
        if seconds is not None:
            timer = threading.Timer(seconds, self.come_up)
            timer.daemon = True
            timer.start()

    def come_up(self) -> None:
        """The provider is back on its port and starts the sessions that ran before."""
        if not self._server.listening:
            self._server.start()
        with self.world.lock:
            asleep, self._asleep = self._asleep, []
            for session in asleep:
                session.start()

    # --- linking --------------------------------------------------------------------------------------

    def link(
        self,
        session: str = "default",
        number: str = NUMBER,
        *,
        name: str = "Loja Fictícia",
        webhook: str | None = None,
        hmac_key: str | None = None,
        events: Sequence[str] = EVENTS,
        timeout: float = 10.0,
    ) -> Session:
        """A session that works, without QR: made if need be, linked to ``number``, started."""
        config: dict[str, Any] = {}
        if webhook is not None:
            config["webhooks"] = [{"url": webhook, "events": list(events), "hmac": {"key": hmac_key}}]
        with self.world.lock:
            found = self.world.sessions.get(session) or self.world.create(session, config, start=False)
            found.config = config or found.config
            found.device = found.device or self.network.new_device(self.network.account(number, name))
            if found.status == "FAILED":
                found.stop()
            found.start()
        self.wait_status(session, "WORKING", timeout=timeout)
        return found

    def qr_value(self, session: str = "default") -> str:
        """What the QR code on show says. Raises WrongStatusError."""
        return self.session(session).qr().value

    def scan(self, value: str, number: str = NUMBER, name: str = "Loja Fictícia") -> Device:
        """The phone of ``number`` scans a QR code. Raises PairingError: expired, unknown, banned."""
        return self.network.scan(value, number, name)

    def enter_code(self, code: str, number: str = NUMBER, name: str = "Loja Fictícia") -> Device:
        """The owner types a pairing code on the phone. Raises PairingError: also wrong_number."""
        return self.network.enter_code(code, number, name)

    def session(self, name: str = "default") -> Session:
        return self.world.session(name)

    def wait_status(self, session: str, status: Status, timeout: float = 10.0) -> None:
        """Wait until the session is in ``status``. Raises TimeoutError with the state it is in."""
        seen = threading.Event()
        for _ in range(max(1, int(timeout / 0.005))):
            if self.session(session).status == status:
                return
            seen.wait(0.005)
        raise TimeoutError(f"session {session} is {self.session(session).status}, not {status}")

    # --- people and owners ----------------------------------------------------------------------------

    def person(self, number: str | None = None, lid: str | None = None, **options: Any) -> Person:
        """Someone with WhatsApp: ``name``, ``known`` ("phone", "lid", "both"), ``addressing`` ("phone", "lid")."""
        return self.network.person(number, lid, **options)

    def person_writes(self, **options: Any) -> str:
        """A person writes, reacts, edits, votes, types, calls: see Writing. The key of it."""
        return self._writing.person_writes(options)

    def owner_writes(self, **options: Any) -> str:
        """The owner does so on the business's own phone: an echo for us. The key of it."""
        return self._writing.owner_writes(options)

    def owner_reads(self, **options: Any) -> None:
        """The owner opens a chat on the phone."""
        self._writing.owner_reads(options)

    def reveal(self, **options: Any) -> None:
        """From now on devices know number and LID of a person."""
        self._writing.reveal(options)

    def ack(self, key: str, level: int, where: str | None = None) -> None:
        """Report an ack (-1..4) of a message of ours by hand; ``where`` is a session or number."""
        self.world.ack(self.world.business(where), key, level)

    # --- what happened ----------------------------------------------------------------------------------

    def screen(
        self, number: str | None = None, lid: str | None = None, *, where: str | None = None
    ) -> list[dict[str, Any]]:
        """What a person's phone shows in the chat with the business, top to bottom (see Seen)."""
        with self.world.lock:
            person = self.network.person(number, lid)
            return person.screen(self.world.business(where).account.number)

    def file(self, sha256: str) -> bytes:
        """The bytes of a file on someone's screen."""
        return self.world.files.read(sha256)

    def ledger(self, operation: str | None = None) -> list[dict[str, Any]]:
        """What the provider was asked to do, in order; only one operation (``sendText``, ``seen``…) if given."""
        return [row for row in self.world.received.rows() if operation in {None, row["operation"]}]

    def written(self) -> list[dict[str, Any]]:
        """What people and owners did, in order."""
        return self.world.written.rows()

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Whether nothing is due and every webhook was taken, or given up, within ``timeout`` seconds."""
        pause = threading.Event()
        for _ in range(max(1, int(timeout / 0.01))):
            if self.network.clock.idle() and self.world.courier.wait_idle(0.01) and self.network.clock.idle():
                return True
            pause.wait(0.01)
        return False

    def call(self, method: str, path: str, **content: Any) -> httpx2.Response:
        """Call the API with its key; ``path`` begins with a slash, ``content`` is httpx's (json, params, …)."""
        headers = {"X-Api-Key": self.api_key, **content.pop("headers", {})}
        return client().request(method, f"{self.url}{path}", headers=headers, **content)

    # --- knobs ----------------------------------------------------------------------------------------

    def configure(self, **knobs: Any) -> None:
        """Turn knobs by name (see Behaviour)."""
        self.behaviour.update(knobs)

    def fail(self, kind: str, **options: Any) -> Failure:
        """Add one failure to the others (see Failure); ``configure(failures=[])`` ends all."""
        failure = Failure(kind=kind, **options)  # type: ignore[arg-type]
        self.behaviour.failures.append(failure)
        return failure
