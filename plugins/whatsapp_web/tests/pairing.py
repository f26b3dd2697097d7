"""A number from its first start on, with everything that a worker does, turned by hand."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import update

from ramal.api import session as database
from ramal.api import transaction, utcnow
from ramal.events.worker_steps import drain_events_once
from ramal.pipeline.inbound import drain_once
from ramal.pipeline.outbound import Sender
from ramal.pipeline.worker.jobs import run_due_jobs
from ramal.testing.client import JsonClient
from ramal_whatsapp_web.models import Session
from ramal_whatsapp_web.services import driving, supervisor
from ramal_whatsapp_web.testing import NUMBER, WahaSimulator

CUSTOMER = "5511987650002"
BASE = "/whatsapp_web/sessions"


class Pairing:
    """The administrator's API, the simulator, and the worker's loops."""

    def __init__(self, app: Flask, desk: JsonClient, waha: WahaSimulator) -> None:
        self.app, self.desk, self.waha = app, desk, waha
        self.id = ""
        self._sender = Sender(threads=2)

    # --- steps ------------------------------------------------------------------------------------

    def add(self, name: str = "Loja", **more: Any) -> dict[str, Any]:
        """Connect a number through the API."""
        given = {"name": name, "risk_accepted": True, "driver": "simulator", "server_url": self.waha.url}
        answer = self.desk.post(BASE, {**given, "api_key": self.waha.api_key, **more})
        assert answer.status_code == 201, answer.text
        self.id = answer.json["id"]
        item: dict[str, Any] = answer.json
        return item

    def pair(self, number: str = NUMBER, **more: Any) -> dict[str, Any]:
        """Connect a number, read its QR code with a phone, and wait until it is ready."""
        self.add(**more)
        self.until("qrcode")
        self.waha.scan(self.waha.qr_value(self.name), number)
        return self.until("ready")

    def quick(self) -> None:
        """No pace: tests are in a hurry."""
        body = {"messages_per_minute": 6000, "first_day_per_minute": 6000, "ramp_days": 0}
        assert self.desk.put(f"{BASE}/{self.id}/pace", body).status_code == 200

    # --- looking ----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The session's name at the provider."""
        return uuid.UUID(self.item()["channel_id"]).hex

    @property
    def row(self) -> Session:
        """The session's row as it is now."""
        found = database.get(Session, uuid.UUID(self.id), populate_existing=True)
        assert found is not None
        database.commit()
        return found

    def item(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.desk.get(f"{BASE}/{self.id}").json
        return answer

    def history(self) -> list[str]:
        """States in their order, with reasons."""
        items = self.desk.get(f"{BASE}/{self.id}/history", page_size=100).json["items"]
        return [f"{one['state']}:{one['reason']}" if one["reason"] else one["state"] for one in items[::-1]]

    def bodies(self) -> list[str | None]:
        """What the inbox shows of the one conversation."""
        found = self.desk.get("/conversations", status="all").json["items"]
        items = self.desk.get(f"/conversations/{found[0]['id']}/messages").json["items"] if found else []
        return [item["body"] for item in items if item["kind"] != "system"]

    # --- time -------------------------------------------------------------------------------------

    def turn(self) -> None:
        """One turn of all loops."""
        run_due_jobs(self.app)
        drain_once()
        drain_events_once()
        self._sender.run_once()
        for id_ in supervisor.due_sessions():
            driving.drive(str(id_))

    def until(self, wanted: str | Callable[[], Any], seconds: float = 20.0, *, hurry: bool = True) -> Any:
        """Turn until the session is in a state, or something is true. ``hurry``: its next look is always due."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if hurry and self.id:
                self.hurry()
            self.turn()
            if isinstance(wanted, str):
                item = self.item()
                if item["state"] == wanted:
                    return item
            elif found := wanted():
                return found
        raise AssertionError(f"nothing came of it: {self.history()} {self.item()}")

    def hurry(self) -> None:
        """What is planned is due now."""
        self.set(Session.next_at.is_not(None), next_at=utcnow() - timedelta(seconds=1))

    def look(self) -> None:
        """One look at the session, due or not."""
        driving.drive(self.id)

    def set(self, *where: Any, **values: Any) -> None:
        """Change the session's row by hand: time that has passed."""
        with transaction() as session:
            session.execute(
                update(Session)
                .where(Session.id == uuid.UUID(self.id), *where)
                .values(**values)
                .execution_options(synchronize_session=False)
            )

    def close(self) -> None:
        self._sender.close()
