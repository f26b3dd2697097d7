"""A whole conversation: customer at the simulator, webhooks and answers over real HTTP, the agent at the API."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import uuid_utils.compat
from flask import Flask
from werkzeug.serving import make_server

from ramal.api import HttpClient, UpstreamError
from ramal.channels.services import connect_channel
from ramal.pipeline.inbound import drain_once
from ramal.pipeline.media.services import fetch_media
from ramal.pipeline.outbound import Sender
from ramal.testing.client import JsonClient
from ramal.testing.factories import Member, TestOrganization
from ramal_whatsapp_cloud.testing import GraphSimulator, pictures

from .conftest import Quiet, serving
from .helpers import CUSTOMER


class Shop:
    """A connected number with everything that runs around it; the worker's loops turn when asked."""

    def __init__(self, simulator: GraphSimulator, agent: JsonClient, channel_id: str) -> None:
        self.simulator = simulator
        self.agent = agent
        self.channel_id = channel_id
        self._sender = Sender(threads=4)

    def until(self, done: Callable[[], Any], seconds: float = 20.0) -> Any:
        """Turn the worker's loops until ``done()`` is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            drain_once()
            self._sender.run_once()
            if found := done():
                return found
        raise AssertionError(f"nothing came of it: {self.thread()}")

    def fetch_media(self) -> int:
        """Run the job of every file that waits; how many were fetched."""
        waiting = [file["id"] for message in self.thread() for file in message["attachments"]]
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

    def answer(self, text: str, **more: Any) -> Any:
        body = {"client_id": str(uuid_utils.compat.uuid7()), "kind": "text", "body": text, **more}
        return self.agent.post(f"/conversations/{self.conversation()}/messages", body)

    def status_of(self, text: str) -> str:
        return next(message["status"] for message in self.thread() if message["body"] == text)

    def until_status(self, text: str, *wanted: str) -> str:
        self.until(lambda: self.status_of(text) in wanted)
        return self.status_of(text)


@pytest.fixture
def shop(
    app: Flask,
    organization: TestOrganization,
    agent: Member,
    api: Callable[[Member], JsonClient],
    graph_simulator: GraphSimulator,
) -> Iterator[Shop]:
    app.extensions["ramal.http_client"] = HttpClient(allow=(urlsplit(graph_simulator.url).netloc,))
    channel_id = connect_channel("whatsapp_cloud", "WhatsApp", graph_simulator.settings()).id
    with serving(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as url:
        graph_simulator.connect(f"{url}/webhooks/whatsapp_cloud/{channel_id}")
        shop = Shop(graph_simulator, api(agent), str(channel_id))
        yield shop
        shop.close()
    app.extensions.pop("ramal.http_client").close()


def test_a_customer_writes_and_is_answered_and_the_ticks_move(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, name="Fulana", body="Vocês abrem hoje?")
    shop.conversation()
    assert shop.conversations()[0]["contact"]["name"] == "Fulana"
    sent = shop.answer("Sim, até as 18h!")
    assert sent.status_code == 202
    assert shop.until_status("Sim, até as 18h!", "read") == "read"
    (row,) = shop.simulator.ledger()
    assert (row["to"], row["body"]["text"]["body"]) == (CUSTOMER, "Sim, até as 18h!")


def test_every_message_arrives_once_and_in_order_on_a_bad_day(shop: Shop) -> None:
    shop.simulator.configure(duplicate_rate=0.3, batch=3, seed=5)
    words = [f"mensagem {number}" for number in range(30)]
    for word in words:
        shop.simulator.customer_writes(wa_id=CUSTOMER, body=word)
    shop.until(lambda: shop.simulator.world.courier.pending() == 0 and len(shop.thread()) >= 30)
    assert [message["body"] for message in shop.thread()] == words


def test_a_lost_answer_is_known_by_its_ticks_and_never_sent_again(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    shop.simulator.configure(failures=[{"kind": "drop_after_accept", "count": 1}], status_delay=0.3)
    shop.answer("Chegou?")
    assert shop.until_status("Chegou?", "unknown") == "unknown"
    assert shop.until_status("Chegou?", "read") == "read"
    assert len(shop.simulator.ledger()) == 1


def test_a_refusal_is_shown_in_the_providers_words(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    shop.simulator.configure(failures=[{"kind": "error", "code": 131026}])
    shop.answer("Recusada")
    shop.until_status("Recusada", "failed")
    error = next(message["error"] for message in shop.thread() if message["body"] == "Recusada")
    assert error["code"] == "131026"
    assert shop.simulator.ledger() == []


def test_a_passing_trouble_is_tried_again(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    shop.simulator.configure(failures=[{"kind": "error", "code": 2, "count": 1}])
    shop.answer("De novo")
    shop.until_status("De novo", "read")
    assert len(shop.simulator.ledger()) == 1


def test_a_bad_token_holds_the_queue_until_someone_looks(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    shop.conversation()
    shop.simulator.account.access_token = "another"
    shop.answer("Espera")
    channel = f"/channels/{shop.channel_id}"
    shop.until(lambda: shop.agent.get(channel).json["status"] == "needs_attention")
    assert shop.status_of("Espera") in {"queued", "sending"}


def test_a_failed_tick_says_why(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    shop.simulator.configure(failures=[{"kind": "status", "code": 131049}])
    shop.answer("Sem sorte")
    shop.until_status("Sem sorte", "failed")
    error = next(message["error"] for message in shop.thread() if message["body"] == "Sem sorte")
    assert str(error["code"]) == "131049"


def test_a_person_without_a_phone_is_answered(shop: Shop) -> None:
    shop.simulator.customer_writes(user_id="BR.10000000000000000014", username="caio", name="Caio", body="Oi")
    shop.answer("Olá, Caio!")
    shop.until_status("Olá, Caio!", "read")
    (row,) = shop.simulator.ledger()
    assert row["body"]["recipient"] == "BR.10000000000000000014"


def test_reading_sends_the_receipt(shop: Shop) -> None:
    wamid = shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    conversation = shop.conversation()
    last = shop.thread()[-1]["id"]
    assert shop.agent.post(f"/conversations/{conversation}/read", {"message_id": last}).status_code < 300
    shop.until(lambda: shop.simulator.world.reads)
    assert shop.simulator.world.reads[0]["wamid"] == wamid


def test_outside_the_window_nothing_is_queued(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi", timestamp=int(time.time()) - 25 * 3600)
    refused = shop.answer("Tarde demais")
    assert refused.status_code == 409
    assert "24" in refused.json["error"]["message"]
    item = shop.conversations()[0]
    assert not item["can_send"]["allowed"]


def test_reactions_edits_and_deletions_change_the_bubble(shop: Shop) -> None:
    wamid = shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oii")
    shop.conversation()
    shop.simulator.customer_writes(wa_id=CUSTOMER, kind="edit", target=wamid, body="Oi")
    shop.simulator.customer_writes(wa_id=CUSTOMER, kind="reaction", target=wamid, emoji="👍")
    shop.until(lambda: shop.thread()[0]["reactions"] and shop.thread()[0]["edited_at"])
    (bubble,) = shop.thread()
    assert (bubble["body"], bubble["reactions"][0]["emoji"]) == ("Oi", "👍")
    shop.simulator.customer_writes(wa_id=CUSTOMER, kind="revoke", target=wamid)
    shop.until(lambda: shop.thread()[0]["revoked_at"])


def test_the_agent_reacts_and_the_phones_echo_shows_once(shop: Shop) -> None:
    wamid = shop.simulator.customer_writes(wa_id=CUSTOMER, body="Obrigada!")
    shop.conversation()
    (bubble,) = shop.thread()
    path = f"/messages/{bubble['id']}/reaction"
    answer = shop.agent.put(path, {"emoji": "❤️"})
    assert (answer.status_code, answer.json["pending"]) == (202, {"reaction": {"emoji": "❤️"}})
    shop.until(lambda: shop.thread()[0]["reactions"])
    (row,) = shop.simulator.ledger()
    assert row["body"]["reaction"] == {"message_id": wamid, "emoji": "❤️"}

    # The same as the phone app, which shares the number, reports it; and the ticks of the reaction itself.
    echo = {
        "from": "5511900000001",
        "to": CUSTOMER,
        "id": "wamid.echo",
        "timestamp": str(int(time.time()) + 1),
        "type": "reaction",
        "reaction": {"message_id": wamid, "emoji": "❤️"},
    }
    number = shop.simulator.phone_number_id
    shop.simulator.world.send_value(number, "smb_message_echoes", {"message_echoes": [echo]}, lane="echo")
    shop.simulator.wait_idle()
    shop.until(lambda: not drain_once())
    (bubble,) = shop.thread()
    (reaction,) = bubble["reactions"]
    assert (reaction["emoji"], reaction["by"], bool(reaction["name"])) == ("❤️", "agent", True)
    assert bubble["status"] is None

    shop.agent.delete(path)
    shop.until(lambda: not shop.thread()[0]["reactions"])
    assert shop.simulator.ledger()[-1]["body"]["reaction"]["emoji"] == ""


def test_a_refused_reaction_is_told_with_the_providers_words(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Obrigada!")
    shop.conversation()
    shop.simulator.configure(failures=[{"kind": "error", "code": 131026}])
    shop.agent.put(f"/messages/{shop.thread()[0]['id']}/reaction", {"emoji": "👍"})
    shop.until(lambda: len(shop.thread()) == 2)
    bubble, line = shop.thread()
    assert (line["payload"]["event"], line["payload"]["change"]) == ("change_failed", "reaction")
    assert line["payload"]["reason"]
    assert (bubble["reactions"], bubble["pending"]) == ([], {})


def test_what_whatsapp_can_not_change_is_not_offered(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Oi")
    able = shop.agent.get(f"/conversations/{shop.conversation()}").json["capabilities"]
    assert (able["reactions"], able["edit"], able["revoke"]) == (True, False, False)


def test_the_agent_sends_a_picture(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Tem foto?")
    shop.conversation()
    picture, _mime_type = pictures.sample("image")
    file = {"file": (io.BytesIO(picture), "produto.jpg"), "channel_id": shop.channel_id}
    uploaded = shop.agent.post("/uploads", data=file, content_type="multipart/form-data")
    assert uploaded.status_code == 201
    sent = shop.answer("Olha só", kind="image", attachment_ids=[uploaded.json["id"]])
    assert sent.status_code == 202, sent.json
    shop.until_status("Olha só", "read")
    (row,) = shop.simulator.ledger()
    stored = shop.simulator.world.file(row["body"]["image"]["id"])
    assert stored is not None
    assert stored.mime_type == "image/jpeg"
    assert row["body"]["image"]["caption"] == "Olha só"


def test_the_agent_offers_buttons_and_the_customer_picks_one(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, body="Quero marcar")
    buttons = [{"id": "am", "title": "Manhã"}, {"id": "pm", "title": "Tarde"}]
    sent = shop.answer("Qual período?", kind="interactive", payload={"type": "button", "buttons": buttons})
    assert sent.status_code == 202, sent.json
    shop.until_status("Qual período?", "read")
    (row,) = shop.simulator.ledger()
    shop.simulator.customer_writes(
        wa_id=CUSTOMER, kind="interactive", button_id="pm", title="Tarde", reply_to=row["wamid"]
    )
    shop.until(lambda: len(shop.thread()) == 3)
    # The provider's clock has whole seconds: the answer may sort before what it answers.
    (picked,) = (item for item in shop.thread() if item["direction"] == "in" and item["reply_to"])
    assert (picked["body"], picked["payload"]["id"]) == ("Tarde", "pm")
    assert picked["reply_to"]["body"] == "Qual período?"


@pytest.mark.parametrize("kind", ["image", "document", "audio", "sticker"])
def test_a_file_of_the_customer_is_fetched(shop: Shop, kind: str) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, kind=kind, caption="Chegou assim" if kind == "image" else None)
    shop.conversation()
    assert shop.fetch_media() == 1
    (attachment,) = shop.thread()[0]["attachments"]
    assert (attachment["kind"], attachment["state"], attachment["error"]) == (kind, "ready", None)
    assert attachment["size"] == len(pictures.sample(kind)[0])


def test_a_file_that_cannot_be_fetched_leaves_its_message(shop: Shop) -> None:
    shop.simulator.customer_writes(wa_id=CUSTOMER, kind="image", image={"id": "404", "caption": "Perdida"})
    shop.conversation()
    shop.fetch_media()
    (message,) = shop.thread()
    assert (message["body"], message["attachments"][0]["state"]) == ("Perdida", "pending")
    assert "does not exist" in message["attachments"][0]["error"]
    while shop.thread()[0]["attachments"][0]["state"] == "pending":
        shop.fetch_media()
    assert shop.thread()[0]["attachments"][0]["state"] == "failed"
