"""The demo's second WhatsApp: a phone that was paired with the simulator, and customers who live there."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ramal.api import DemoContext, ingest, transaction
from ramal_whatsapp_web.names import KIND
from ramal_whatsapp_web.services import sessions

if TYPE_CHECKING:
    from ramal_whatsapp_web.testing import WahaSimulator

#: The simulator's name in the demo's list of addresses.
SIMULATOR = "waha"
NUMBER, OWNER = "5511900000070", "Oficina Fictícia"
#: Seconds between two ticks, slow enough to be seen.
TICK_DELAY = 1.2
#: Customers of earlier today, and how many minutes ago each of their messages came.
EARLIER = (
    ("5511900000031", "Dona Cida Imaginária", ((140, "Bom dia! A panela de pressão já ficou pronta?"),)),
    ("5519900000032", "Téo Fictício", ((63, "Vocês buscam em casa?"), (62, "É uma máquina de lavar"))),
)


def is_running() -> bool:
    """Whether this installation is a demo, with a simulator to connect to."""
    return os.environ.get("RAMAL_DEMO") == "1"


def seed(demo: DemoContext) -> None:
    """Connect a number, pair its phone, write earlier messages, and have the session looked after."""
    from ramal_whatsapp_web.testing import API_KEY, WahaSimulator

    url = demo.simulator_url(SIMULATOR)
    settings = {"driver": "simulator", "server_url": url, "api_key": API_KEY, "ramp_days": 0}
    channel_id = demo.connect_channel(KIND, "WhatsApp da oficina", settings)
    _port_file().write_text(str(urlsplit(url).port))
    with WahaSimulator(data_dir=_folder(), start_delay=0.0) as simulator:
        simulator.link(channel_id.hex, NUMBER, name=OWNER)
        for body in _earlier_messages(simulator, channel_id.hex):
            ingest(channel_id, body)
    _look_after(channel_id)


def run_simulator(stop: threading.Event) -> None:
    """Serve the simulator until ``stop`` is set; nothing to do where the demo was never seeded."""
    from ramal_whatsapp_web.testing import WahaSimulator

    if not _port_file().exists():
        stop.wait()
        return
    port = int(_port_file().read_text())
    with WahaSimulator(port=port, data_dir=_folder(), living=True, ack_delay=TICK_DELAY) as simulator:
        _post_to_present_port(simulator)
        stop.wait()


def _look_after(channel_id: uuid.UUID) -> None:
    """From now on the supervisor keeps the session running, as if somebody had paired it on the screen."""
    number = sessions.number_of_channel(channel_id)
    with transaction():
        sessions.start_now(sessions.locked(number.session.id))


def _earlier_messages(simulator: WahaSimulator, session: str) -> Iterator[bytes]:
    """One delivery for each line, as the webhook would have posted it; the simulator remembers who wrote it."""
    from ramal_whatsapp_web.testing import payloads

    now = int(time.time())
    for number, name, lines in EARLIER:
        for minutes, text in lines:
            simulator.person_writes(number=number, name=name, body=text, timestamp=now - 60 * minutes)
    device = simulator.world.business(session)
    for message in device.history.all():
        payload = payloads.message(payloads.View(device), message)
        yield json.dumps(payloads.envelope(session, "message.any", payload)).encode()


def _post_to_present_port(simulator: WahaSimulator) -> None:
    """Webhooks go where this start listens: the port may be another one than when the session was set up."""
    host = f"127.0.0.1:{os.environ.get('RAMAL_PORT') or 8000}"
    for session in simulator.world.sessions.values():
        for webhook in session.config.get("webhooks") or ():
            webhook["url"] = urlsplit(webhook["url"])._replace(netloc=host).geturl()


def _folder() -> Path:
    """The demo is started by ``ramal up``, which hands its data folder to every process it starts."""
    folder = Path(os.environ["RAMAL_DATA_DIR"]) / "simulators" / KIND
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _port_file() -> Path:
    return _folder() / "port"
