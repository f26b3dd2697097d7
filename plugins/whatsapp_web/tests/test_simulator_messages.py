"""Messages of the simulator: both ways, every kind, with their ticks, files, ids and changes."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from PIL import Image
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from ramal_whatsapp_web.testing import NUMBER, Callback, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback
from ramal_whatsapp_web.testing.pictures import voice_note

web = httpx2.Client()
ANA = "5511900000002"
CHAT = f"{ANA}@c.us"
KEY = "secret"


@pytest.fixture
def linked(waha: WahaSimulator, waha_callback: Callback) -> WahaSimulator:
    waha.link(webhook=waha_callback.url, hmac_key=KEY)
    waha.person(ANA, name="Ana Fictícia")
    return waha


def call(simulator: WahaSimulator, method: str, path: str, **content: Any) -> httpx2.Response:
    return web.request(method, f"{simulator.url}{path}", headers={"X-Api-Key": simulator.api_key}, **content)


def send(simulator: WahaSimulator, operation: str = "sendText", **body: Any) -> dict[str, Any]:
    full = {"session": "default", "chatId": CHAT, **body}
    if operation == "sendText":
        full.setdefault("text", "Oi")
    answer = call(simulator, "POST", f"/api/{operation}", json=full)
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
    again = call(linked, "GET", f"{path_of(f'false_{CHAT}_{key}')}?downloadMedia=true").json()
    assert web.get(again["media"]["url"], headers={"X-Api-Key": linked.api_key}).status_code == 200
    assert call(linked, "GET", path_of(f"false_{CHAT}_{key}")).json()["media"] is None
    assert call(linked, "GET", path_of(f"false_{CHAT}_AAAA")).status_code == 404


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
    (chat,) = call(linked, "GET", "/api/default/chats/overview").json()
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


# --- out --------------------------------------------------------------------------------------------------


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
    assert call(linked, "GET", path_of(message_id)).json()["ack"] == 3


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
    answer = call(linked, "POST", "/api/sendFile", json=body)
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
    assert call(linked, "POST", "/api/forwardMessage", json=unknown).status_code == 404


def test_we_change_and_react_to_messages(linked: WahaSimulator, waha_callback: Callback) -> None:
    ours, theirs = send(linked, text="Ola")["id"], linked.person_writes(number=ANA, body="Oi")
    assert call(linked, "PUT", path_of(ours), json={"text": "Olá"}).status_code == 200
    reaction = {"session": "default", "messageId": f"false_{CHAT}_{theirs}", "reaction": "❤️"}
    assert call(linked, "PUT", "/api/reaction", json=reaction).status_code == 200
    first, second = linked.screen(ANA)
    assert (first["text"], first["edited"]) == ("Olá", True)
    assert second["reactions"] == {NUMBER: "❤️"}
    call(linked, "PUT", "/api/reaction", json={**reaction, "reaction": ""})
    assert linked.screen(ANA)[1]["reactions"] == {}
    assert call(linked, "DELETE", path_of(ours)).status_code == 200
    assert linked.screen(ANA)[0]["revoked"]
    assert [row["operation"] for row in linked.ledger()] == ["sendText", "edit", "react", "react", "revoke"]
    assert waha_callback.wait("message.edited")[0]["fromMe"]
    assert call(linked, "PUT", path_of(f"false_{CHAT}_{theirs}"), json={"text": "x"}).status_code == 404
    gone = {**reaction, "messageId": f"true_{CHAT}_GONE"}
    assert call(linked, "PUT", "/api/reaction", json=gone).status_code == 404


def test_blue_ticks_and_typing_of_ours(linked: WahaSimulator) -> None:
    keys = [linked.person_writes(number=ANA, body=str(index)) for index in range(3)]
    seen = {"session": "default", "chatId": CHAT, "messageIds": [f"false_{CHAT}_{keys[0]}"]}
    assert call(linked, "POST", "/api/sendSeen", json=seen).status_code == 201
    assert [bubble["read"] for bubble in linked.screen(ANA)] == [True, False, False]
    keys.append(linked.person_writes(number=ANA, body="3"))
    answer = call(linked, "POST", f"/api/default/chats/{CHAT}/messages/read", json={})
    assert answer.json() == {"ids": [f"false_{CHAT}_{keys[3]}"]}
    for path in ("startTyping", "stopTyping"):
        assert call(linked, "POST", f"/api/{path}", json={"session": "default", "chatId": CHAT}).status_code == 201
    call(linked, "POST", "/api/default/presence", json={"presence": "online"})
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


# --- who is who -------------------------------------------------------------------------------------------


def test_a_brazilian_number_is_known_in_one_spelling(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person("551190000033")
    for phone in ("5511990000033", "551190000033", "+5511990000033"):
        answer = call(linked, "GET", "/api/contacts/check-exists", params={"phone": phone, "session": "default"})
        assert answer.json() == {"numberExists": True, "chatId": "551190000033@c.us"}
    nobody = call(linked, "GET", "/api/contacts/check-exists", params={"phone": "5511900000077", "session": "default"})
    assert nobody.json() == {"numberExists": False, "chatId": None}
    assert call(linked, "GET", "/api/contacts/check-exists?session=default").status_code == 400
    send(linked, chatId="5511990000033@c.us", text="Perdida")
    send(linked, chatId="551190000033@c.us", text="Chega")
    waha_callback.wait("message.ack", 3)
    assert linked.wait_idle()
    assert [bubble["text"] for bubble in linked.screen("551190000033")] == ["Chega"]
    assert {ack["id"].split("_")[1] for ack in waha_callback.payloads("message.ack")} == {"551190000033@c.us"}
    assert [row["reached"] for row in linked.ledger()] == [False, True]


def test_unknown_numbers_may_be_refused(linked: WahaSimulator) -> None:
    linked.configure(refuse_unknown=True)
    body = {"session": "default", "chatId": "5511900000077@c.us", "text": "Oi"}
    assert call(linked, "POST", "/api/sendText", json=body).status_code == 500
    for chat in ("120363000000@g.us", "nonsense", "status@broadcast"):
        assert call(linked, "POST", "/api/sendText", json={**body, "chatId": chat}).status_code == 422


@pytest.mark.parametrize(
    ("known", "addressing", "chat", "alternative"),
    [
        ("phone", "phone", CHAT, ""),
        ("lid", "lid", "200000000000007@lid", ""),
        ("both", "phone", CHAT, "200000000000007@lid"),
        ("both", "lid", "200000000000007@lid", f"{ANA}@s.whatsapp.net"),
    ],
)
def test_people_are_known_by_phone_by_lid_or_both(
    linked: WahaSimulator, waha_callback: Callback, known: str, addressing: str, chat: str, alternative: str
) -> None:
    linked.person_writes(number=ANA, lid="200000000000007", known=known, addressing=addressing, body="Oi")
    (payload,) = waha_callback.wait("message.any")
    assert payload["id"].split("_")[1] == chat == payload["from"]
    assert payload["_data"]["Info"]["SenderAlt"] == alternative
    assert payload["_data"]["Info"]["AddressingMode"] == ("lid" if chat.endswith("@lid") else "pn")
    pair = {"lid": "200000000000007@lid", "pn": CHAT}
    both = known == "both"
    assert call(linked, "GET", "/api/default/lids/200000000000007@lid").json() == pair | ({} if both else {"pn": None})
    assert call(linked, "GET", f"/api/default/lids/pn/{CHAT}").json() == pair | ({} if both else {"lid": None})
    assert call(linked, "GET", "/api/default/lids").json() == ([pair] if both else [])
    send(linked, chatId=chat, text="Olá")
    assert linked.screen(ANA)[-1]["text"] == "Olá"


def test_a_number_is_revealed_later(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person_writes(lid="200000000000008", name="Bia", body="Oi")
    assert call(linked, "GET", "/api/default/lids/200000000000008").json()["pn"] is None
    linked.person(ANA)
    linked.reveal(lid="200000000000008", number="5511900000008", addressing="lid")
    linked.person_writes(lid="200000000000008", body="Sou eu")
    first, second = waha_callback.wait("message.any", 2)
    assert first["from"] == second["from"] == "200000000000008@lid"
    assert second["_data"]["Info"]["SenderAlt"] == "5511900000008@s.whatsapp.net"
    assert call(linked, "GET", "/api/default/lids/200000000000008").json()["pn"] == "5511900000008@c.us"


def test_contacts_have_names(linked: WahaSimulator) -> None:
    known = call(linked, "GET", "/api/contacts", params={"contactId": CHAT, "session": "default"}).json()
    assert (known["pushname"], known["number"]) == ("Ana Fictícia", ANA)
    assert not call(linked, "GET", "/api/contacts?contactId=1@c.us&session=default").json()["isWAContact"]
    picture = call(linked, "GET", "/api/contacts/profile-picture?contactId=1&session=default").json()
    assert picture == {"profilePictureURL": None}
    with pytest.raises(ValueError, match="number or a LID"):
        linked.person()


# --- history ----------------------------------------------------------------------------------------------


def test_history_pages_filters_and_turns(linked: WahaSimulator) -> None:
    for index in range(25):
        linked.person_writes(number=ANA, body=str(index), timestamp=1_790_000_000 + index // 2)
    linked.owner_writes(number=ANA, body="25", timestamp=1_790_000_100)
    base = f"/api/default/chats/{quote(CHAT)}/messages"

    def bodies(query: str = "") -> list[str]:
        return [item["body"] for item in call(linked, "GET", f"{base}?{query}").json()]

    assert bodies() == [str(index) for index in range(25, 15, -1)]
    assert bodies("limit=5&offset=20") == ["5", "4", "3", "2", "1"]
    assert bodies("limit=100&sortOrder=asc") == [str(index) for index in range(26)]
    span = "filter.timestamp.gte=1790000001&filter.timestamp.lte=1790000002"
    assert bodies(f"limit=100&{span}") == ["5", "4", "3", "2"]
    assert bodies("filter.fromMe=true") == ["25"]
    assert bodies("limit=1&filter.ack=DEVICE") == ["24"]
    assert call(linked, "GET", f"{base}?limit=x").status_code == 400
    assert call(linked, "GET", "/api/default/chats/all/messages").status_code == 422
    assert call(linked, "GET", "/api/default/chats/5511900000099@c.us/messages").json() == []


def test_the_overview_shows_the_newest_chat_first(linked: WahaSimulator) -> None:
    linked.person_writes(number=ANA, body="Antes", timestamp=1_790_000_000)
    linked.person_writes(number="5511900000003", name="Beto", body="Depois", timestamp=1_790_000_001)
    chats = call(linked, "GET", "/api/default/chats/overview").json()
    assert [(chat["name"], chat["lastMessage"]["body"]) for chat in chats] == [
        ("Beto", "Depois"),
        ("Ana Fictícia", "Antes"),
    ]
    assert chats[1]["id"] == CHAT
    assert call(linked, "GET", "/api/default/chats/overview?limit=1&offset=1").json() == chats[1:]
    assert call(linked, "GET", f"/api/default/chats/overview?ids={CHAT}").json() == chats[1:]
    body = {"pagination": {"limit": 1, "offset": 0}, "filter": {"ids": [CHAT]}}
    assert call(linked, "POST", "/api/default/chats/overview", json=body).json() == chats[1:]


def test_edits_show_in_the_history_and_revoked_messages_leave_it(linked: WahaSimulator) -> None:
    kept, gone = (linked.person_writes(number=ANA, body=body) for body in ("Ola", "Ops"))
    linked.person_writes(number=ANA, kind="edit", target=kept, body="Olá")
    linked.person_writes(number=ANA, kind="revoke", target=gone)
    items = call(linked, "GET", f"/api/default/chats/{CHAT}/messages").json()
    assert [item["body"] for item in items] == ["Olá"]


def test_where_it_is_and_what_it_is(linked: WahaSimulator) -> None:
    assert call(linked, "GET", "/api/server/version").json()["engine"] == "GOWS"
    assert call(linked, "GET", "/api/nothing").status_code == 404
    assert call(linked, "PATCH", "/api/sessions").status_code == 405
    assert call(linked, "POST", "/api/sendText", content=b"{").status_code == 400
    assert call(linked, "POST", "/api/sendText", content=b"[]").status_code == 400
