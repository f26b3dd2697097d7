"""The demo's WhatsApp: a number at the simulator, and customers who live there."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ramal.api import DemoContext, ingest

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
    simulator.close()
    _port_file().write_text(str(urlsplit(url).port))
    for key, body in _earlier_messages(simulator.phone_number_id, simulator.account.waba_id):
        ingest(channel_id, body, key)


def run_simulator(stop: threading.Event) -> None:
    """Serve the simulator until ``stop`` is set; nothing to do where the demo was never seeded."""
    from ramal_whatsapp_cloud.testing import GraphSimulator

    if not _port_file().exists():
        stop.wait()
        return
    with GraphSimulator(port=int(_port_file().read_text()), data_dir=_folder()):
        stop.wait()


def _folder() -> Path:
    """The demo is started by ``ramal up``, which hands its data folder to every process it starts."""
    folder = Path(os.environ["RAMAL_DATA_DIR"]) / "simulators" / "whatsapp_cloud"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _port_file() -> Path:
    return _folder() / "port"


def _earlier_messages(number: str, account: str) -> Iterator[tuple[str, bytes]]:
    """Key and body of one signed-for delivery each."""
    from ramal_whatsapp_cloud.testing import payloads

    for wa_id, name, lines in EARLIER:
        for minutes, text in lines:
            customer = {"wa_id": wa_id, "name": name}
            wamid = payloads.new_wamid()
            at = int(time.time()) - 60 * minutes
            message = payloads.message(wamid, customer, payloads.content("text", {"body": text}), at)
            value = {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "", "phone_number_id": number},
                "contacts": [payloads.contact(customer)],
                "messages": [message],
            }
            yield wamid, json.dumps(payloads.envelope(account, "messages", value)).encode()
