"""The WAHA simulator: for tests, for the demo, and for authors who want to try things.

``python -m ramal_whatsapp_web.testing --port 8098 --data-dir /tmp/waha`` runs it alone; the pytest
fixture is ``ramal_whatsapp_web.testing.fixture.waha``. Needs the extra ``ramal-whatsapp-web[testing]``.
"""

from ramal_whatsapp_web.testing.behaviour import Behaviour, Failure
from ramal_whatsapp_web.testing.callback import Callback
from ramal_whatsapp_web.testing.clock import Clock, ManualClock
from ramal_whatsapp_web.testing.network import Ban, PairingError, PhoneNetwork
from ramal_whatsapp_web.testing.simulator import API_KEY, EVENTS, NUMBER, WahaSimulator

__all__ = [
    "API_KEY",
    "EVENTS",
    "NUMBER",
    "Ban",
    "Behaviour",
    "Callback",
    "Clock",
    "Failure",
    "ManualClock",
    "PairingError",
    "PhoneNetwork",
    "WahaSimulator",
]
