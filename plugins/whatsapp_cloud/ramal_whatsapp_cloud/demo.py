"""The demo's WhatsApp: a number at the simulator, and customers who live there."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ramal.api import DemoContext, ingest

if TYPE_CHECKING:
    from ramal_whatsapp_cloud.testing import GraphSimulator
    from ramal_whatsapp_cloud.testing.world import Written

#: The simulator's name in the demo's list of addresses.
SIMULATOR = "graph"
#: Seconds between two ticks, slow enough to be seen.
TICK_DELAY = 1.2
#: Customers of earlier today, and how many minutes ago each of their messages came.
EARLIER = (
    ("5511900000021", "Rafaela Fictícia", ((95, "Oi! O curso de sábado ainda tem vaga?"), (94, "É para duas pessoas"))),
    ("5548900000022", "Seu Antenor Exemplo", ((41, "Bom dia, a torneira que comprei veio sem a arruela"),)),
)


def seed(demo: DemoContext) -> None:
    """Connect a number at the simulator, write earlier messages, and tell the simulator where we are."""
    from ramal_whatsapp_cloud.testing import GraphSimulator

    url = demo.simulator_url(SIMULATOR)
    simulator = GraphSimulator(data_dir=_folder(), living=True, status_delay=TICK_DELAY)
    settings = simulator.settings(api_base_url=url)
    channel_id = demo.connect_channel("whatsapp_cloud", "WhatsApp da loja", settings)
    simulator.connect(f"{demo.base_url}/webhooks/whatsapp_cloud/{channel_id}")
    _port_file().write_text(str(urlsplit(url).port))
    for message in _earlier_messages(simulator):
        ingest(channel_id, json.dumps(message.payload).encode(), message.wamid)
    simulator.close()


def run_simulator(stop: threading.Event) -> None:
    """Serve the simulator until ``stop`` is set; nothing to do where the demo was never seeded."""
    from ramal_whatsapp_cloud.testing import GraphSimulator

    if not _port_file().exists():
        stop.wait()
        return
    with GraphSimulator(port=int(_port_file().read_text()), data_dir=_folder()) as simulator:
        simulator.connect(_at_present_port(simulator.account.callback_url))
        stop.wait()


def _folder() -> Path:
    """The demo is started by ``ramal up``, which hands its data folder to every process it starts."""
    folder = Path(os.environ["RAMAL_DATA_DIR"]) / "simulators" / "whatsapp_cloud"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _at_present_port(callback_url: str) -> str:
    """The callback where this start listens: the port may be another one than when the demo was seeded."""
    host = f"127.0.0.1:{os.environ.get('RAMAL_PORT') or 8000}"
    return urlsplit(callback_url)._replace(netloc=host).geturl()


def _port_file() -> Path:
    return _folder() / "port"


def _earlier_messages(simulator: GraphSimulator) -> Iterator[Written]:
    """One delivery for each line; the simulator remembers who wrote it."""
    for wa_id, name, lines in EARLIER:
        for minutes, text in lines:
            at = int(time.time()) - 60 * minutes
            yield simulator.world.write({"wa_id": wa_id, "name": name, "body": text, "timestamp": at})
