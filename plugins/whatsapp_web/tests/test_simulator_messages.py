"""What comes in at the simulator: every kind, files and their links, changes, the owner's own phone."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from ramal_whatsapp_web.testing import NUMBER, Callback, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback

web = httpx2.Client(timeout=60.0)
ANA = "5511900000002"
CHAT = f"{ANA}@c.us"
KEY = "secret"


@pytest.fixture
def linked(waha: WahaSimulator, waha_callback: Callback) -> WahaSimulator:
    waha.link(webhook=waha_callback.url, hmac_key=KEY)
    waha.person(ANA, name="Ana Fictícia")
    return waha


def send(simulator: WahaSimulator, operation: str = "sendText", **body: Any) -> dict[str, Any]:
    full = {"session": "default", "chatId": CHAT, **body}
    if operation == "sendText":
        full.setdefault("text", "Oi")
    answer = simulator.call("POST", f"/api/{operation}", json=full)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def path_of(message_id: str, chat: str = CHAT) -> str:
    return f"/api/default/chats/{quote(chat)}/messages/{quote(message_id)}"


# --- in ---------------------------------------------------------------------------------------------------


def test_a_text_comes_in_the_shape_of_gows(linked: WahaSimulator, waha_callback: Callback) -> None:
    key = linked.person_writes(number=ANA, body="café ☕")
    (payload,) = waha_callback.wait("message.any")
    assert payload["id"] == f"false_{CHAT}_{key}"
    assert (payload["from"], payload["to"], payload["fromMe"]) == (CHAT, None, False)
    assert (payload["body"], payload["hasMedia"], payload["media"]) == ("café ☕", False, None)
    assert (payload["ack"], payload["ackName"], payload["source"]) == (2, "DEVICE", "app")
    info = payload["_data"]["Info"]
    assert (info["Chat"], info["ID"], info["PushName"]) == (f"{ANA}@s.whatsapp.net", key, "Ana Fictícia")
    assert payload["_data"]["Message"] == {"conversation": "café ☕"}
    assert waha_callback.received[-1].signed_with(KEY)


@pytest.mark.parametrize(
    ("kind", "field", "mimetype"),
    [
        ("image", "imageMessage", "image/jpeg"),
        ("video", "videoMessage", "video/mp4"),
        ("audio", "audioMessage", "audio/ogg; codecs=opus"),
        ("voice", "audioMessage", "audio/ogg; codecs=opus"),
        ("document", "documentMessage", "application/pdf"),
        ("sticker", "stickerMessage", "image/webp"),
    ],
)
def test_files_come_with_a_link(
    linked: WahaSimulator, waha_callback: Callback, kind: str, field: str, mimetype: str
) -> None:
    linked.person_writes(number=ANA, kind=kind, body="Legenda" if kind == "image" else None)
    (payload,) = waha_callback.wait("message.any")
    assert payload["hasMedia"]
    assert (payload["media"]["mimetype"], payload["media"]["error"]) == (mimetype, None)
    content = payload["_data"]["Message"][field]
    assert content["mimetype"] == mimetype
    if kind in {"audio", "voice"}:
        assert content["PTT"] is (kind == "voice")
    if kind == "image":
        assert (payload["body"], content["caption"]) == ("Legenda", "Legenda")
    fetched = web.get(payload["media"]["url"], headers={"X-Api-Key": linked.api_key})
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, mimetype)
    (row,) = linked.written()
    assert fetched.content == linked.file(row["file"]["sha256"])
    assert web.get(payload["media"]["url"]).status_code == 401


def test_a_file_of_ones_own(linked: WahaSimulator, waha_callback: Callback) -> None:
    data = base64.b64encode(b"nota").decode()
    linked.person_writes(number=ANA, kind="document", data=data, filename="nota.txt", mimetype="text/plain")
    linked.person_writes(number=ANA, kind="document", content=b"outra", filename="b.txt", mimetype="text/plain")
    first, second = waha_callback.wait("message.any", 2)
    assert first["media"]["filename"] == "nota.txt"
    links = [item["media"]["url"] for item in (first, second)]
    assert [web.get(url, headers={"X-Api-Key": linked.api_key}).content for url in links] == [b"nota", b"outra"]


def test_links_expire_and_the_history_makes_new_ones(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(files_lifetime=0.0)
    key = linked.person_writes(number=ANA, kind="image")
    (payload,) = waha_callback.wait("message.any")
    assert web.get(payload["media"]["url"], headers={"X-Api-Key": linked.api_key}).status_code == 404
    linked.configure(files_lifetime=60.0)
    again = linked.call("GET", f"{path_of(f'false_{CHAT}_{key}')}?downloadMedia=true").json()
    assert web.get(again["media"]["url"], headers={"X-Api-Key": linked.api_key}).status_code == 200
    assert linked.call("GET", path_of(f"false_{CHAT}_{key}")).json()["media"] is None
    assert linked.call("GET", path_of(f"false_{CHAT}_AAAA")).status_code == 404


def test_media_may_stay_away_or_point_elsewhere(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(download_media=False)
    linked.person_writes(number=ANA, kind="image")
    linked.configure(download_media=True, media_base_url="http://localhost:3000")
    linked.person_writes(number=ANA, kind="image")
    bare, elsewhere = waha_callback.wait("message.any", 2)
    assert (bare["hasMedia"], bare["media"]) == (True, None)
    assert elsewhere["media"]["url"].startswith("http://localhost:3000/api/files/default/")


def test_places_cards_and_unknown_kinds(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person_writes(number=ANA, kind="location", latitude=-23.5, longitude=-46.6, place="Loja")
    linked.person_writes(number=ANA, kind="contact", card_name="Beto Fictício", card_phone="+5511900000005")
    linked.person_writes(number=ANA, kind="hologram", raw={"hologramMessage": {"beam": "up"}})
    place, card, unknown = waha_callback.wait("message.any", 3)
    assert (place["location"]["latitude"], place["location"]["description"]) == ("-23.5", "Loja")
    assert place["_data"]["Message"]["locationMessage"]["degreesLongitude"] == -46.6
    assert "waid=5511900000005:+5511900000005" in card["vCards"][0]
    assert card["_data"]["Message"]["contactMessage"]["displayName"] == "Beto Fictício"
    assert unknown["_data"]["Message"] == {"hologramMessage": {"beam": "up"}}
    assert unknown["body"] is None


def test_quotes_and_forwards(linked: WahaSimulator, waha_callback: Callback) -> None:
    ours = send(linked, text="Qual tamanho?")["id"]
    key = linked.person_writes(number=ANA, body="M", reply_to=ours)
    linked.person_writes(number=ANA, body="Repassando", forwarded=True)
    _, quoting, forwarded = waha_callback.wait("message.any", 3)
    assert quoting["replyTo"]["id"] == ours.split("_")[2]
    assert (quoting["replyTo"]["body"], quoting["replyTo"]["participant"]) == ("Qual tamanho?", f"{NUMBER}@c.us")
    context = quoting["_data"]["Message"]["extendedTextMessage"]["contextInfo"]
    assert context["stanzaID"] == ours.split("_")[2]
    assert forwarded["_data"]["Message"]["extendedTextMessage"]["contextInfo"]["isForwarded"]
    send(linked, text="Certo", reply_to=f"false_{CHAT}_{key}")
    assert [bubble["quote"] for bubble in linked.screen(ANA)] == [None, ours.split("_")[2], None, key]


def test_changes_to_messages_are_events_of_their_own(linked: WahaSimulator, waha_callback: Callback) -> None:
    key = linked.person_writes(number=ANA, body="Ola")
    ours = send(linked)["id"]
    linked.person_writes(number=ANA, kind="edit", target=key, body="Olá")
    linked.person_writes(number=ANA, kind="reaction", target=ours, emoji="🙏")
    linked.person_writes(number=ANA, kind="reaction", target=ours)
    linked.person_writes(number=ANA, kind="revoke", target=key)
    (edited,), (revoked,) = waha_callback.wait("message.edited"), waha_callback.wait("message.revoked")
    put, taken = waha_callback.wait("message.reaction", 2)
    assert (edited["editedMessageId"], edited["body"], edited["fromMe"]) == (key, "Olá", False)
    assert edited["id"] != f"false_{CHAT}_{key}"
    assert (revoked["revokedMessageId"], revoked["before"]) == (key, None)
    assert revoked["after"]["id"].startswith(f"false_{CHAT}_")
    assert put["reaction"] == {"text": "🙏", "messageId": ours}
    assert taken["reaction"]["text"] == ""
    first, second = linked.screen(ANA)
    assert (first["text"], first["edited"], first["revoked"]) == ("Olá", True, True)
    assert second["reactions"] == {}


def test_votes_calls_and_typing(linked: WahaSimulator, waha_callback: Callback) -> None:
    poll = send(linked, "sendPoll", poll={"name": "Gostou?", "options": ["Sim", "Não"]})["id"]
    linked.person_writes(number=ANA, kind="vote", target=poll, options=["Sim"])
    linked.person_writes(number=ANA, kind="call", video=True)
    linked.person_writes(number=ANA, kind="typing")
    (vote,) = waha_callback.wait("poll.vote")
    assert (vote["poll"]["id"], vote["vote"]["selectedOptions"]) == (poll, ["Sim"])
    (call_in,) = waha_callback.wait("call.received")
    assert (call_in["from"], call_in["isVideo"]) == (CHAT, True)
    (presence,) = waha_callback.wait("presence.update")
    assert presence["presences"][0]["lastKnownPresence"] == "typing"


def test_the_subscriber_chooses_events(waha: WahaSimulator, waha_callback: Callback) -> None:
    waha.link(webhook=waha_callback.url, events=["message", "message.ack"])
    waha.person_writes(number=ANA, body="Oi")
    send(waha)
    waha_callback.wait("message.ack", 3)
    assert {body["event"] for body in waha_callback.bodies()} == {"message", "message.ack"}
    assert len(waha_callback.payloads("message")) == 1


# --- the owner's phone ------------------------------------------------------------------------------------


def test_what_the_owner_writes_comes_as_an_echo(linked: WahaSimulator, waha_callback: Callback) -> None:
    theirs = linked.person_writes(number=ANA, body="Oi")
    linked.owner_writes(number=ANA, body="Falo do celular")
    linked.owner_writes(number=ANA, kind="reaction", target=theirs, emoji="👍")
    _, echo = waha_callback.wait("message.any", 2)
    assert (echo["fromMe"], echo["source"], echo["from"]) == (True, "app", CHAT)
    assert echo["id"].startswith(f"true_{CHAT}_")
    (reaction,) = waha_callback.wait("message.reaction")
    assert (reaction["fromMe"], reaction["reaction"]["messageId"]) == (True, f"false_{CHAT}_{theirs}")
    assert [bubble["author"] for bubble in linked.screen(ANA)] == ["me", NUMBER]
    assert linked.screen(ANA)[0]["reactions"] == {NUMBER: "👍"}


def test_the_owner_reads_and_nobody_is_told(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person_writes(number=ANA, body="Oi")
    waha_callback.wait("message.any")
    linked.owner_reads(number=ANA)
    assert linked.wait_idle()
    assert linked.screen(ANA)[0]["read"]
    assert waha_callback.payloads("message.ack") == []
    (chat,) = linked.call("GET", "/api/default/chats/overview").json()
    assert chat["_chat"]["unreadCount"] == 0


def test_a_second_device_hears_the_first(waha: WahaSimulator, waha_callback: Callback) -> None:
    waha.link()
    waha.link("second", NUMBER, webhook=waha_callback.url)
    waha.person(ANA)
    key = send(waha)["id"].split("_")[2]
    (echo,) = waha_callback.wait("message.any")
    assert (echo["id"], echo["source"]) == (f"true_{CHAT}_{key}", "app")


def test_from_may_hold_the_sender_as_other_engines_do(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(from_is_chat=False)
    linked.person_writes(number=ANA, body="Oi")
    linked.owner_writes(number=ANA, body="Oi")
    theirs, ours = waha_callback.wait("message.any", 2)
    assert (theirs["from"], theirs["to"]) == (CHAT, f"{NUMBER}@c.us")
    assert (ours["from"], ours["to"]) == (f"{NUMBER}@c.us", CHAT)
