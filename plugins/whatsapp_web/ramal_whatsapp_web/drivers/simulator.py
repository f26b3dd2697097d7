"""The driver for our own simulator: a WAHA that can also hand a session over to another one."""

from __future__ import annotations

from typing import ClassVar

from ramal_whatsapp_web.drivers.base import DriverCapability
from ramal_whatsapp_web.drivers.waha import WahaDriver
from ramal_whatsapp_web.drivers.waha.client import FILE_TIMEOUT


class SimulatorDriver(WahaDriver):
    """One session of the simulator in ``ramal_whatsapp_web.testing``."""

    name: ClassVar[str] = "simulator"
    title: ClassVar[str] = "Simulator"
    capabilities: ClassVar[frozenset[DriverCapability]] = WahaDriver.capabilities | {DriverCapability.EXPORT}

    def export_state(self) -> bytes:
        return self.client.raw(f"{self._path}/state", accept="application/octet-stream", timeout=FILE_TIMEOUT).content

    def import_state(self, state: bytes) -> None:
        """The session is made where it is missing; it must not be running."""
        if self._session() is None:
            self.client.post("/api/sessions", {"name": self.session, "start": False, "config": {}})
        headers = {"Content-Type": "application/octet-stream"}
        self.client.call("PUT", f"{self._path}/state", content=state, headers=headers, timeout=FILE_TIMEOUT)
