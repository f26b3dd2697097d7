"""Who is who at the simulator, and what its history says: numbers, LIDs, chats, pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from ramal_whatsapp_web.testing import Callback, WahaSimulator
from ramal_whatsapp_web.testing.fixture import waha as waha
from ramal_whatsapp_web.testing.fixture import waha_callback as waha_callback

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


# --- who is who -------------------------------------------------------------------------------------------


def test_a_brazilian_number_is_known_in_one_spelling(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person("551190000033")
    for phone in ("5511990000033", "551190000033", "+5511990000033"):
        answer = linked.call("GET", "/api/contacts/check-exists", params={"phone": phone, "session": "default"})
        assert answer.json() == {"numberExists": True, "chatId": "551190000033@c.us"}
    nobody = linked.call("GET", "/api/contacts/check-exists", params={"phone": "5511900000077", "session": "default"})
    assert nobody.json() == {"numberExists": False, "chatId": None}
    assert linked.call("GET", "/api/contacts/check-exists?session=default").status_code == 400
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
    assert linked.call("POST", "/api/sendText", json=body).status_code == 500
    for chat in ("120363000000@g.us", "nonsense", "status@broadcast"):
        assert linked.call("POST", "/api/sendText", json={**body, "chatId": chat}).status_code == 422


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
    assert linked.call("GET", "/api/default/lids/200000000000007@lid").json() == pair | ({} if both else {"pn": None})
    assert linked.call("GET", f"/api/default/lids/pn/{CHAT}").json() == pair | ({} if both else {"lid": None})
    assert linked.call("GET", "/api/default/lids").json() == ([pair] if both else [])
    send(linked, chatId=chat, text="Olá")
    assert linked.screen(ANA)[-1]["text"] == "Olá"


def test_a_number_is_revealed_later(linked: WahaSimulator, waha_callback: Callback) -> None:
    linked.person_writes(lid="200000000000008", name="Bia", body="Oi")
    assert linked.call("GET", "/api/default/lids/200000000000008").json()["pn"] is None
    linked.person(ANA)
    linked.reveal(lid="200000000000008", number="5511900000008", addressing="lid")
    linked.person_writes(lid="200000000000008", body="Sou eu")
    first, second = waha_callback.wait("message.any", 2)
    assert first["from"] == second["from"] == "200000000000008@lid"
    assert second["_data"]["Info"]["SenderAlt"] == "5511900000008@s.whatsapp.net"
    assert linked.call("GET", "/api/default/lids/200000000000008").json()["pn"] == "5511900000008@c.us"


def test_contacts_have_names(linked: WahaSimulator) -> None:
    known = linked.call("GET", "/api/contacts", params={"contactId": CHAT, "session": "default"}).json()
    assert (known["pushname"], known["number"]) == ("Ana Fictícia", ANA)
    assert not linked.call("GET", "/api/contacts?contactId=1@c.us&session=default").json()["isWAContact"]
    picture = linked.call("GET", "/api/contacts/profile-picture?contactId=1&session=default").json()
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
        return [item["body"] for item in linked.call("GET", f"{base}?{query}").json()]

    assert bodies() == [str(index) for index in range(25, 15, -1)]
    assert bodies("limit=5&offset=20") == ["5", "4", "3", "2", "1"]
    assert bodies("limit=100&sortOrder=asc") == [str(index) for index in range(26)]
    span = "filter.timestamp.gte=1790000001&filter.timestamp.lte=1790000002"
    assert bodies(f"limit=100&{span}") == ["5", "4", "3", "2"]
    assert bodies("filter.fromMe=true") == ["25"]
    assert bodies("limit=1&filter.ack=DEVICE") == ["24"]
    assert linked.call("GET", f"{base}?limit=x").status_code == 400
    assert linked.call("GET", "/api/default/chats/all/messages").status_code == 422
    assert linked.call("GET", "/api/default/chats/5511900000099@c.us/messages").json() == []


def test_the_overview_shows_the_newest_chat_first(linked: WahaSimulator) -> None:
    linked.person_writes(number=ANA, body="Antes", timestamp=1_790_000_000)
    linked.person_writes(number="5511900000003", name="Beto", body="Depois", timestamp=1_790_000_001)
    chats = linked.call("GET", "/api/default/chats/overview").json()
    assert [(chat["name"], chat["lastMessage"]["body"]) for chat in chats] == [
        ("Beto", "Depois"),
        ("Ana Fictícia", "Antes"),
    ]
    assert chats[1]["id"] == CHAT
    assert linked.call("GET", "/api/default/chats/overview?limit=1&offset=1").json() == chats[1:]
    assert linked.call("GET", f"/api/default/chats/overview?ids={CHAT}").json() == chats[1:]
    body = {"pagination": {"limit": 1, "offset": 0}, "filter": {"ids": [CHAT]}}
    assert linked.call("POST", "/api/default/chats/overview", json=body).json() == chats[1:]


def test_edits_show_in_the_history_and_revoked_messages_leave_it(linked: WahaSimulator) -> None:
    kept, gone = (linked.person_writes(number=ANA, body=body) for body in ("Ola", "Ops"))
    linked.person_writes(number=ANA, kind="edit", target=kept, body="Olá")
    linked.person_writes(number=ANA, kind="revoke", target=gone)
    items = linked.call("GET", f"/api/default/chats/{CHAT}/messages").json()
    assert [item["body"] for item in items] == ["Olá"]


def test_where_it_is_and_what_it_is(linked: WahaSimulator) -> None:
    assert linked.call("GET", "/api/server/version").json()["engine"] == "GOWS"
    assert linked.call("GET", "/api/nothing").status_code == 404
    assert linked.call("PATCH", "/api/sessions").status_code == 405
    assert linked.call("POST", "/api/sendText", content=b"{").status_code == 400
    assert linked.call("POST", "/api/sendText", content=b"[]").status_code == 400
