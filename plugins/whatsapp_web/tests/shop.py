"""A connected number with everything that runs around it; the worker's loops turn when asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import uuid_utils.compat

from ramal.api import UpstreamError
from ramal.channels.context import context_for
from ramal.channels.services import connect_channel, get_channel
from ramal.pipeline.inbound import drain_once
from ramal.pipeline.media.services import fetch_media
from ramal.pipeline.outbound import Sender
from ramal.testing.client import JsonClient
from ramal_whatsapp_web.drivers import driver_of
from ramal_whatsapp_web.drivers.waha import WahaDriver
from ramal_whatsapp_web.testing import NUMBER, WahaSimulator

CUSTOMER = "5511987650002"


def settings(waha: WahaSimulator, **more: Any) -> dict[str, Any]:
    """What connects a number at the simulator; as fast as it can, unless told otherwise."""
    pace = {"messages_per_minute": 6000, "ramp_days": 0}
    return {"driver": "simulator", "server_url": waha.url, "api_key": waha.api_key, **pace, **more}


class Shop:
    """One number at the simulator, seen by an agent."""

    def __init__(self, waha: WahaSimulator, agent: JsonClient, channel_id: Any, url: str) -> None:
        self.waha = waha
        self.agent = agent
        self.channel_id = channel_id
        self.webhook = f"{url}/webhooks/whatsapp_web/{channel_id}"
        self._sender = Sender(threads=4)

    @classmethod
    def connect(cls, waha: WahaSimulator, agent: JsonClient, url: str, number: str = NUMBER, **more: Any) -> Shop:
        """Connect a channel and pair it with the phone of ``number``, by its QR code."""
        channel = connect_channel("whatsapp_web", f"Loja {number}", settings(waha, **more))
        shop = cls(waha, agent, channel.id, url)
        shop.driver.start(shop.webhook)
        waha.wait_status(shop.session, "SCAN_QR_CODE")
        waha.scan(waha.qr_value(shop.session), number)
        waha.wait_status(shop.session, "WORKING")
        return shop

    @property
    def session(self) -> str:
        """The session's name at the provider."""
        return str(self.channel_id.hex)

    @property
    def driver(self) -> WahaDriver:
        """The channel's driver."""
        driver = driver_of(context_for(get_channel(self.channel_id)))
        assert isinstance(driver, WahaDriver)
        return driver

    def until(self, done: Callable[[], Any], seconds: float = 120.0) -> Any:
        """Turn the worker's loops until ``done()`` is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()
            if found := done():
                return found
        raise AssertionError(f"nothing came of it: {self.thread()}")

    def turn(self) -> None:
        """One turn of the worker's loops."""
        drain_once()
        self._sender.run_once()

    def settle(self) -> None:
        """Until the provider has posted all it has, and all of it is taken in."""
        self.until(lambda: self.waha.world.courier.pending() == 0 and not drain_once())

    def fetch_media(self) -> int:
        """Run the job of every file that waits; how many were fetched."""
        waiting = [
            file["id"] for message in self.thread() for file in message["attachments"] if file["state"] == "pending"
        ]
        return sum(self._fetch(attachment_id) for attachment_id in waiting)

    def _fetch(self, attachment_id: str) -> bool:
        try:
            fetch_media(attachment_id)
        except UpstreamError:
            return False
        return True

    def close(self) -> None:
        self._sender.close()

    def conversations(self) -> list[dict[str, Any]]:
        return list(self.agent.get("/conversations", tab="all", status="all").json["items"])

    def conversation(self) -> str:
        """The one conversation, as soon as it is there."""
        return str(self.until(self.conversations)[0]["id"])

    def thread(self) -> list[dict[str, Any]]:
        """What was said; the lines about who took it are the inbox's own."""
        found = self.conversations()
        items = self.agent.get(f"/conversations/{found[0]['id']}/messages").json["items"] if found else []
        return [item for item in items if item["payload"].get("event") != "taken"]

    def bodies(self) -> list[str | None]:
        return [item["body"] for item in self.thread()]

    def answer(self, text: str | None, **more: Any) -> Any:
        body = {"client_id": str(uuid_utils.compat.uuid7()), "kind": "text", "body": text, **more}
        return self.agent.post(f"/conversations/{self.conversation()}/messages", body)

    def find(self, text: str) -> dict[str, Any]:
        return next(message for message in self.thread() if message["body"] == text)

    def until_status(self, text: str, *wanted: str) -> str:
        self.until(lambda: self.find(text)["status"] in wanted)
        return str(self.find(text)["status"])
