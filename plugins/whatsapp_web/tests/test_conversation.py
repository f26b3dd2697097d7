"""A whole conversation: people at the simulator, webhooks and answers over real HTTP, the agent at the API."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ramal.channels.services import get_channel
from ramal_whatsapp_web.testing import pictures

from .shop import CUSTOMER, Shop


def messages_of(shop: Shop) -> dict[str | None, dict[str, Any]]:
    return {item["body"]: item for item in shop.thread()}


def test_a_person_writes_and_is_answered_and_the_ticks_move(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, name="Fulana", body="Vocês abrem hoje?")
    shop.conversation()
    assert shop.conversations()[0]["contact"]["name"] == "Fulana"
    sent = shop.answer("Sim, até as 18h!")
    assert sent.status_code == 202
    assert shop.until_status("Sim, até as 18h!", "read") == "read"
    screen = shop.waha.screen(CUSTOMER)
    assert [(bubble["author"] == "me", bubble["text"]) for bubble in screen] == [
        (True, "Vocês abrem hoje?"),
        (False, "Sim, até as 18h!"),
    ]


def test_what_is_typed_on_the_phone_shows_as_ours_and_hands_control_over(shop: Shop, owner_engine: Engine) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    conversation = shop.conversation()
    with owner_engine.begin() as connection:
        connection.execute(text("update conversation set control = 'bot'"))
    shop.waha.owner_writes(number=CUSTOMER, body="Aqui é a dona")
    shop.until(lambda: len(shop.thread()) == 2)
    echo = shop.find("Aqui é a dona")
    assert (echo["direction"], echo["status"]) == ("out", "sent")
    assert shop.agent.get(f"/conversations/{conversation}").json["control"] == "human"


def test_our_own_echo_is_no_second_message(shop: Shop) -> None:
    shop.waha.configure(answer_latency=0.2)
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.answer("Uma vez só")
    shop.until_status("Uma vez só", "read")
    shop.settle()
    assert shop.bodies() == ["Oi", "Uma vez só"]


def test_a_lost_answer_is_known_by_its_echo_and_never_sent_again(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.conversation()
    shop.waha.configure(webhook_delay=0.4)
    shop.waha.fail("drop_after", count=1)
    shop.answer("Chegou?")
    assert shop.until_status("Chegou?", "unknown") == "unknown"
    assert shop.until_status("Chegou?", "read") == "read"
    assert shop.bodies() == ["Oi", "Chegou?"]
    assert len(shop.waha.ledger("sendText")) == 1


def test_a_send_that_never_arrived_stays_unknown_until_a_person_sends_it_again(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.waha.fail("drop_before", count=1)
    shop.answer("Olha")
    shop.until_status("Olha", "unknown")
    assert shop.waha.ledger("sendText") == []


def test_a_provider_that_is_down_keeps_the_queue_and_loses_nothing(shop: Shop, owner_engine: Engine) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.conversation()
    shop.waha.go_down()
    shop.answer("Quando voltar")
    shop.until(lambda: get_channel(shop.channel_id).paused_until is not None)
    shop.waha.come_up()
    shop.waha.wait_status(shop.session, "WORKING")
    with owner_engine.begin() as connection:
        connection.execute(text("update channel set paused_until = null"))
    assert shop.until_status("Quando voltar", "read") == "read"
    assert len(shop.waha.ledger("sendText")) == 1


@pytest.mark.parametrize(
    ("trouble", "status"),
    [({"status": 401}, "needs_attention"), ({"status": 404, "message": "session not found"}, "needs_attention")],
)
def test_trouble_with_the_account_holds_the_queue(shop: Shop, trouble: dict[str, Any], status: str) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.conversation()
    shop.waha.fail("error", **trouble)
    shop.answer("Espera")
    channel = f"/channels/{shop.channel_id}"
    shop.until(lambda: shop.agent.get(channel).json["status"] == status)
    assert shop.find("Espera")["status"] in {"queued", "sending"}


def test_a_person_without_whatsapp_is_said_so(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.conversation()
    shop.waha.fail("error", status=500, message="2 UNKNOWN: no LID found for 5511@s.whatsapp.net")
    shop.answer("Alô")
    shop.until_status("Alô", "failed")
    assert shop.find("Alô")["error"]["code"] == "NOT_ON_WHATSAPP"


def test_a_failed_tick_says_why(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.waha.fail("ack_error")
    shop.answer("Sem sorte")
    shop.until_status("Sem sorte", "failed")
    assert shop.find("Sem sorte")["error"]["code"] == "ACK_ERROR"


def test_every_message_arrives_once_and_in_order_on_a_bad_day(shop: Shop) -> None:
    shop.waha.configure(duplicate_rate=0.3, reorder_rate=0.3, two_ids_rate=0.5, seed=5)
    shop.waha.person(CUSTOMER, name="Fulana", known="both", addressing="lid")
    words = [f"mensagem {number:02}" for number in range(30)]
    start = int(time.time()) - 60
    for number, word in enumerate(words):
        shop.waha.person_writes(number=CUSTOMER, body=word, timestamp=start + number)
    shop.until(lambda: shop.waha.world.courier.pending() == 0 and len(shop.thread()) >= 30)
    assert shop.bodies() == words
    assert len(shop.conversations()) == 1


def test_one_person_under_number_and_lid_is_one_conversation(shop: Shop) -> None:
    person = shop.waha.person(CUSTOMER, name="Fulana", known="both", addressing="phone")
    shop.waha.person_writes(number=CUSTOMER, body="pelo número")
    shop.conversation()
    person.addressing = "lid"
    shop.waha.person_writes(number=CUSTOMER, body="pelo LID")
    shop.until(lambda: shop.bodies() == ["pelo número", "pelo LID"])
    shop.answer("Recebi as duas")
    shop.until_status("Recebi as duas", "read")
    assert shop.waha.ledger("sendText")[0]["to"] == f"{person.lid}@lid"


def test_a_person_known_by_lid_only_is_answered(shop: Shop) -> None:
    shop.waha.person_writes(lid="270000000000111", name="Caio", body="Oi")
    shop.answer("Olá, Caio!")
    shop.until_status("Olá, Caio!", "read")
    assert shop.waha.ledger("sendText")[0]["to"] == "270000000000111@lid"


def test_a_number_without_its_ninth_digit_is_answered_where_it_wrote_from(shop: Shop) -> None:
    shop.waha.person_writes(number="551187650002", body="Oi")
    shop.conversation()
    assert shop.conversations()[0]["contact"]["phone"] == "+5511987650002"
    shop.answer("Olá")
    shop.until_status("Olá", "read")
    assert shop.waha.ledger("sendText")[0]["to"] == "551187650002@c.us"


def test_reading_sends_the_receipt(shop: Shop) -> None:
    key = shop.waha.person_writes(number=CUSTOMER, body="Oi")
    conversation = shop.conversation()
    last = shop.thread()[-1]["id"]
    assert shop.agent.post(f"/conversations/{conversation}/read", {"message_id": last}).status_code < 300
    shop.until(lambda: shop.waha.ledger("seen"))
    assert shop.waha.ledger("seen")[0]["keys"] == [key]
    assert shop.waha.screen(CUSTOMER)[0]["read"]


def test_reactions_edits_and_deletions_change_the_bubble(shop: Shop) -> None:
    key = shop.waha.person_writes(number=CUSTOMER, body="Oii")
    shop.conversation()
    shop.waha.person_writes(number=CUSTOMER, kind="edit", target=key, body="Oi")
    shop.waha.person_writes(number=CUSTOMER, kind="reaction", target=key, emoji="👍")
    shop.until(lambda: shop.thread()[0]["reactions"] and shop.thread()[0]["edited_at"])
    (bubble,) = shop.thread()
    assert (bubble["body"], bubble["reactions"][0]["emoji"]) == ("Oi", "👍")
    shop.waha.person_writes(number=CUSTOMER, kind="revoke", target=key)
    shop.until(lambda: shop.thread()[0]["revoked_at"])


def test_we_react_edit_and_delete(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Têm em azul?")
    shop.conversation()
    shop.answer("Temus")
    shop.until_status("Temus", "read")
    theirs, ours = (message["id"] for message in shop.thread())
    shop.agent.put(f"/messages/{theirs}/reaction", {"emoji": "👍"})
    shop.agent.patch(f"/messages/{ours}", {"body": "Temos"})
    shop.until(lambda: "Temos" in shop.bodies() and shop.thread()[0]["reactions"])
    shop.settle()
    asked, answered = shop.waha.screen(CUSTOMER)
    assert (list(asked["reactions"].values()), answered["text"], answered["edited"]) == (["👍"], "Temos", True)
    # The provider's echoes of what we did are no second reaction and no second edit.
    asked, answered = shop.thread()
    assert [(each["emoji"], each["name"]) for each in asked["reactions"]] == [("👍", "Bia Agente")]
    assert (answered["body"], bool(answered["edited_at"]), answered["pending"]) == ("Temos", True, {})
    shop.agent.delete(f"/messages/{theirs}/reaction")
    shop.agent.delete(f"/messages/{ours}")
    shop.until(lambda: shop.find("Temos")["revoked_at"] and not shop.thread()[0]["reactions"])
    shop.settle()
    asked, answered = shop.waha.screen(CUSTOMER)
    assert (asked["reactions"], answered["revoked"]) == ({}, True)
    assert shop.thread()[0]["reactions"] == []


def test_a_deletion_that_is_not_carried_out_is_told_in_the_thread(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Oi")
    shop.conversation()
    shop.answer("Olá")
    shop.until_status("Olá", "read")
    shop.waha.fail("error", status=404, message="Message not found", on="change", count=1)
    shop.agent.delete(f"/messages/{shop.find('Olá')['id']}")
    line = shop.until(lambda: next((each for each in shop.thread() if each["kind"] == "system"), None))
    assert (line["payload"]["event"], line["payload"]["change"]) == ("change_failed", "revoke")
    assert "Message not found" in line["payload"]["reason"]
    assert shop.find("Olá")["revoked_at"] is None


def test_quotes_go_both_ways(shop: Shop) -> None:
    key = shop.waha.person_writes(number=CUSTOMER, body="Têm em azul?")
    shop.conversation()
    shop.answer("Temos", reply_to=shop.thread()[0]["id"])
    shop.until_status("Temos", "read")
    assert shop.waha.screen(CUSTOMER)[-1]["quote"] == key
    ours = shop.waha.ledger("sendText")[0]["key"]
    shop.waha.person_writes(number=CUSTOMER, body="Quero um", reply_to=ours)
    shop.until(lambda: "Quero um" in shop.bodies())
    assert shop.find("Quero um")["reply_to"]["body"] == "Temos"


_ENDINGS = {"image": "jpg", "voice": "ogg", "video": "mp4", "document": "pdf"}


def upload(shop: Shop, kind: str) -> str:
    shop.conversation()
    content, _mime_type, name = pictures.sample(kind)
    file = {"file": (io.BytesIO(content), name or f"arquivo.{_ENDINGS[kind]}"), "channel_id": str(shop.channel_id)}
    uploaded = shop.agent.post("/uploads", data=file, content_type="multipart/form-data")
    assert uploaded.status_code == 201, uploaded.json
    return str(uploaded.json["id"])


@pytest.mark.parametrize("kind", ["image", "document", "voice", "video"])
def test_the_agent_sends_a_file(shop: Shop, kind: str) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Manda?")
    caption = "Olha só" if kind != "voice" else None
    sent = shop.answer(caption, kind=kind, attachment_ids=[upload(shop, kind)])
    assert sent.status_code == 202, sent.json
    shop.until(lambda: shop.thread()[-1]["status"] in {"read", "played"})
    bubble = shop.waha.screen(CUSTOMER)[-1]
    assert (bubble["kind"], bubble["text"]) == (kind, caption)
    assert shop.waha.file(bubble["file"]["sha256"]) == pictures.sample(kind)[0]
    shop.settle()
    assert len(shop.thread()) == 2


def test_the_agent_sends_a_place_and_a_contact(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, body="Onde é?")
    shop.conversation()
    place = {"latitude": -23.55, "longitude": -46.63, "name": "Loja"}
    assert shop.answer(None, kind="location", payload=place).status_code == 202
    card = {"contacts": [{"name": "Beltrano; da Silva", "phones": ["+5511987650003"]}]}
    assert shop.answer(None, kind="contact", payload=card).status_code == 202
    shop.until(lambda: len(shop.waha.screen(CUSTOMER)) == 3)
    shop.until(lambda: {item["status"] for item in shop.thread()[1:]} == {"read"})
    location, contact = shop.waha.screen(CUSTOMER)[1:]
    assert location["details"]["location"]["latitude"] == -23.55
    assert "waid=5511987650003:+5511987650003" in contact["details"]["vcards"][0]
    assert "FN:Beltrano\\; da Silva" in contact["details"]["vcards"][0]


@pytest.mark.parametrize("kind", ["image", "document", "voice", "video", "sticker"])
def test_a_file_of_the_person_is_fetched(shop: Shop, kind: str) -> None:
    shop.waha.person_writes(number=CUSTOMER, kind=kind, body="Chegou assim" if kind == "image" else None)
    shop.conversation()
    assert shop.fetch_media() == 1
    (attachment,) = shop.thread()[0]["attachments"]
    assert (attachment["kind"], attachment["state"], attachment["error"]) == (kind, "ready", None)
    assert attachment["size"] == len(pictures.sample(kind)[0])


def test_a_file_whose_link_expired_is_asked_for_again(shop: Shop) -> None:
    shop.waha.configure(files_lifetime=0)
    shop.waha.person_writes(number=CUSTOMER, kind="image")
    shop.conversation()
    assert shop.fetch_media() == 0
    (message,) = shop.thread()
    assert message["attachments"][0]["state"] == "pending"
    shop.waha.configure(files_lifetime=60)
    assert shop.fetch_media() == 1


def test_a_file_that_the_provider_did_not_download_is_asked_for(shop: Shop) -> None:
    shop.waha.configure(download_media=False)
    shop.waha.person_writes(number=CUSTOMER, kind="document", filename="nota.pdf")
    shop.conversation()
    assert shop.fetch_media() == 1
    assert shop.thread()[0]["attachments"][0]["state"] == "ready"


def test_a_place_a_contact_and_an_unknown_kind_are_shown(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, kind="location", latitude=-23.5, longitude=-46.6, place="Praça")
    shop.waha.person_writes(number=CUSTOMER, kind="contact", card_name="Beltrana", card_phone="+5511987650009")
    shop.waha.person_writes(number=CUSTOMER, kind="unsupported")
    shop.until(lambda: len(shop.thread()) == 3)
    kinds = {item["kind"]: item for item in shop.thread()}
    assert kinds["location"]["payload"]["latitude"] == -23.5
    assert kinds["contact"]["payload"]["contacts"][0]["name"] == "Beltrana"
    assert kinds["unsupported"]["body"]


def test_a_call_is_a_line_in_the_conversation(shop: Shop) -> None:
    shop.waha.person_writes(number=CUSTOMER, kind="call")
    shop.conversation()
    assert [item["kind"] for item in shop.thread()] == ["system"]


def test_the_session_tells_what_becomes_of_it(shop: Shop, owner_engine: Engine) -> None:
    shop.settle()
    with owner_engine.begin() as connection:
        news = connection.execute(text("select data->'news'->>'state' from event where type = 'channel.news'"))
        states = [row[0] for row in news]
    assert [state for state in ("connecting", "qrcode", "authenticated", "ready") if state in states] == [
        "connecting",
        "qrcode",
        "authenticated",
        "ready",
    ]
