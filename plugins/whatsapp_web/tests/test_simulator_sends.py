"""What goes out through the simulator: every kind, its ticks, the shapes of answers, changes, receipts."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing import NUMBER, Callback, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback
from ramal_whatsapp_web.testing.pictures import voice_note

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


def test_a_text_goes_out_and_its_ticks_come_back(linked: WahaSimulator, waha_callback: Callback) -> None:
    message_id = send(linked, text="Bom dia!")["id"]
    acks = waha_callback.wait("message.ack", 3)
    assert [(ack["id"], ack["ack"], ack["ackName"]) for ack in acks] == [
        (message_id, 1, "SERVER"),
        (message_id, 2, "DEVICE"),
        (message_id, 3, "READ"),
    ]
    assert all(ack["fromMe"] for ack in acks)
    (echo,) = waha_callback.payloads("message.any")
    assert (echo["id"], echo["source"]) == (message_id, "api")
    (bubble,) = linked.screen(ANA)
    assert (bubble["text"], bubble["author"]) == ("Bom dia!", NUMBER)
    (row,) = linked.ledger("sendText")
    assert (row["to"], row["text"], row["reached"]) == (CHAT, "Bom dia!", True)
    assert linked.call("GET", path_of(message_id)).json()["ack"] == 3


def test_voice_notes_are_played(linked: WahaSimulator, waha_callback: Callback) -> None:
    data = base64.b64encode(voice_note(1.0)).decode()
    send(linked, "sendVoice", file={"mimetype": "audio/ogg; codecs=opus", "data": data})
    assert [ack["ackName"] for ack in waha_callback.wait("message.ack", 4)][-1] == "PLAYED"


def test_acks_by_hand(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.configure(auto_acks=False)
    key = send(linked)["id"].split("_")[2]
    for level in (1, 2, -1):
        linked.ack(key, level)
    assert [ack["ack"] for ack in waha_callback.wait("message.ack", 3)] == [1, 2, -1]
    with pytest.raises(KeyError):
        linked.ack("3EB0", 1)


@pytest.mark.parametrize(
    ("operation", "kind", "mimetype"),
    [
        ("sendImage", "image", "image/png"),
        ("sendFile", "document", "application/pdf"),
        ("sendVideo", "video", "video/mp4"),
        ("sendVoice", "voice", "audio/ogg; codecs=opus"),
        ("sendSticker", "sticker", "image/webp"),
    ],
)
def test_files_go_out(linked: WahaSimulator, operation: str, kind: str, mimetype: str) -> None:
    file = {"mimetype": mimetype, "filename": "a.bin", "data": base64.b64encode(b"bytes").decode()}
    send(linked, operation, file=file, caption="Veja")
    (bubble,) = linked.screen(ANA)
    assert (bubble["kind"], bubble["text"], bubble["file"]["mimetype"]) == (kind, "Veja", mimetype)
    assert linked.file(bubble["file"]["sha256"]) == b"bytes"


@pytest.fixture
def shop() -> Iterator[str]:
    """A caller that serves a file of its own."""

    @Request.application
    def answer(request: Request) -> Response:
        return Response(b"catalogo") if request.path == "/a.pdf" else Response(status=404)

    server = make_server("127.0.0.1", 0, answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_files_are_fetched_from_the_caller(linked: WahaSimulator, shop: str) -> None:
    send(linked, "sendFile", file={"mimetype": "application/pdf", "filename": "a.pdf", "url": f"{shop}/a.pdf"})
    assert linked.file(linked.screen(ANA)[0]["file"]["sha256"]) == b"catalogo"
    body = {"session": "default", "chatId": CHAT, "file": {"mimetype": "application/pdf", "url": f"{shop}/gone"}}
    answer = linked.call("POST", "/api/sendFile", json=body)
    assert (answer.status_code, answer.json()["exception"]["code"]) == (500, 2)
    assert len(linked.screen(ANA)) == 1


def test_places_cards_lists_and_forwards_go_out(linked: WahaSimulator) -> None:
    send(linked, "sendLocation", latitude=-23.5, longitude=-46.6, title="Loja")
    card = {"fullName": "Beto", "phoneNumber": "+55 11 90000-0005"}
    ready = {"vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:Caio\nEND:VCARD"}
    send(linked, "sendContactVcard", contacts=[card, ready])
    sections = [{"title": "Tamanhos", "rows": [{"title": "M", "rowId": "m"}]}]
    send(linked, "sendList", message={"title": "Escolha", "button": "Ver", "sections": sections})
    theirs = linked.person_writes(number=ANA, kind="image", body="Foto")
    send(linked, "forwardMessage", messageId=f"false_{CHAT}_{theirs}")
    place, cards, choice, photo, forwarded = linked.screen(ANA)
    assert place["details"]["location"]["name"] == "Loja"
    assert "waid=5511900000005" in cards["details"]["vcards"][0]
    assert cards["details"]["vcards"][1] == ready["vcard"]
    assert choice["text"] == "Escolha"
    assert (forwarded["forwarded"], forwarded["file"]["sha256"]) == (True, photo["file"]["sha256"])
    unknown = {"session": "default", "chatId": CHAT, "messageId": "true_1@c.us_X"}
    assert linked.call("POST", "/api/forwardMessage", json=unknown).status_code == 404


def test_we_change_and_react_to_messages(linked: WahaSimulator, waha_callback: Callback) -> None:
    ours, theirs = send(linked, text="Ola")["id"], linked.person_writes(number=ANA, body="Oi")
    assert linked.call("PUT", path_of(ours), json={"text": "Olá"}).status_code == 200
    reaction = {"session": "default", "messageId": f"false_{CHAT}_{theirs}", "reaction": "❤️"}
    assert linked.call("PUT", "/api/reaction", json=reaction).status_code == 200
    first, second = linked.screen(ANA)
    assert (first["text"], first["edited"]) == ("Olá", True)
    assert second["reactions"] == {NUMBER: "❤️"}
    linked.call("PUT", "/api/reaction", json={**reaction, "reaction": ""})
    assert linked.screen(ANA)[1]["reactions"] == {}
    assert linked.call("DELETE", path_of(ours)).status_code == 200
    assert linked.screen(ANA)[0]["revoked"]
    assert [row["operation"] for row in linked.ledger()] == ["sendText", "edit", "react", "react", "revoke"]
    assert waha_callback.wait("message.edited")[0]["fromMe"]
    assert linked.call("PUT", path_of(f"false_{CHAT}_{theirs}"), json={"text": "x"}).status_code == 404
    gone = {**reaction, "messageId": f"true_{CHAT}_GONE"}
    assert linked.call("PUT", "/api/reaction", json=gone).status_code == 404


def test_blue_ticks_and_typing_of_ours(linked: WahaSimulator) -> None:
    keys = [linked.person_writes(number=ANA, body=str(index)) for index in range(3)]
    seen = {"session": "default", "chatId": CHAT, "messageIds": [f"false_{CHAT}_{keys[0]}"]}
    assert linked.call("POST", "/api/sendSeen", json=seen).status_code == 201
    assert [bubble["read"] for bubble in linked.screen(ANA)] == [True, False, False]
    keys.append(linked.person_writes(number=ANA, body="3"))
    answer = linked.call("POST", f"/api/default/chats/{CHAT}/messages/read", json={})
    assert answer.json() == {"ids": [f"false_{CHAT}_{keys[3]}"]}
    for path in ("startTyping", "stopTyping"):
        assert linked.call("POST", f"/api/{path}", json={"session": "default", "chatId": CHAT}).status_code == 201
    linked.call("POST", "/api/default/presence", json={"presence": "online"})
    assert [row["presence"] for row in linked.ledger("presence")] == ["typing", "paused", "online"]


@pytest.mark.parametrize("shape", ["gows", "webjs", "noweb"])
def test_answers_have_the_shape_of_an_engine(linked: WahaSimulator, shape: Any) -> None:
    linked.configure(id_shape=shape)
    answer = send(linked)
    (row,) = linked.ledger()
    full = f"true_{CHAT}_{row['key']}"
    found = {
        "gows": lambda: answer["id"],
        "webjs": lambda: answer["id"]["_serialized"],
        "noweb": lambda: f"true_{answer['key']['remoteJid'].replace('@s.whatsapp.net', '@c.us')}_{answer['key']['id']}",
    }[shape]()
    assert found == full


def test_sample_pictures_and_voices_are_real(linked: WahaSimulator) -> None:
    linked.person_writes(number=ANA, kind="image")
    content = linked.file(linked.written()[0]["file"]["sha256"])
    assert Image.open(io.BytesIO(content)).size == (640, 480)
    note = voice_note(7.0)
    assert note.count(b"OggS") == 4
    assert note[28:36] == b"OpusHead"
