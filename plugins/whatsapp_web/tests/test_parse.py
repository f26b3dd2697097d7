"""Every event of every engine, from a webhook's bytes to the core's items. Pure: no database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from ramal.api import (
    AccountNotice,
    Alias,
    Delivery,
    InboundItem,
    InboundMessage,
    MessageEdit,
    MessageRevoke,
    Reaction,
    SessionNews,
    Status,
    StatusUpdate,
    Typing,
)
from ramal_whatsapp_web.drivers.waha.parse import EVENTS, parse_delivery
from ramal_whatsapp_web.drivers.waha.parse.ids import MessageId, jid, message_id

SESSION = "0193a4c87f2e7b1a9c3d2f4e5a6b7c8d"
RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = 1_795_000_000  # 2026-11-18
ANA, ANA_LID, ME = "5511987650101", "270000000000101", "5511900000001"


@pytest.fixture(autouse=True)
def _context(ramal_app: Flask) -> Iterator[None]:
    """Sentences are in somebody's language."""
    with ramal_app.app_context():
        yield


def parse(body: Any, session: str = SESSION) -> list[InboundItem]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(parse_delivery(Delivery(uuid.UUID(int=1), raw, RECEIVED), session))


def event(name: str, payload: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "evt_01",
        "timestamp": AT * 1000 + 500,
        "event": name,
        "session": SESSION,
        "me": {"id": f"{ME}@c.us", "lid": "299999999999999@lid", "pushName": "Loja"},
        "payload": payload,
        **more,
    }


def incoming(**more: Any) -> dict[str, Any]:
    return {
        "id": f"false_{ANA}@c.us_AAA1",
        "timestamp": AT,
        "from": f"{ANA}@c.us",
        "fromMe": False,
        "to": f"{ME}@c.us",
        "body": "Oi",
        "hasMedia": False,
        **more,
    }


def one(payload: Mapping[str, Any], name: str = "message.any") -> Any:
    (item,) = parse(event(name, payload))
    return item


# --- ids ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("true_5511@c.us_3EB0", MessageId("3EB0", "5511@c.us", True)),
        ("false_123@lid_3EB0", MessageId("3EB0", "123@lid", False)),
        ("true_12@g.us_3EB0_5511@c.us", MessageId("3EB0", "12@g.us", True, "5511@c.us")),
        ("false_status@broadcast_3A_5511@c.us", MessageId("3A", "status@broadcast", False, "5511@c.us")),
        ("3EB0", MessageId("3EB0")),
        ({"_serialized": "true_5511@c.us_3EB0", "fromMe": True}, MessageId("3EB0", "5511@c.us", True)),
        ({"id": "3EB0", "fromMe": False, "remote": "5511@c.us"}, MessageId("3EB0", "5511@c.us", False)),
        ({"key": {"id": "3EB0", "fromMe": True, "remoteJid": "5511@lid"}}, MessageId("3EB0", "5511@lid", True)),
        ({"id": {"_serialized": "true_5511@c.us_3EB0"}}, MessageId("3EB0", "5511@c.us", True)),
        ({"ID": "3EB0"}, MessageId("3EB0")),
        ("", None),
        (None, None),
        ({"nothing": 1}, None),
        (17, None),
    ],
)  # fmt: skip
def test_an_id_is_read_in_every_shape(given: Any, expected: MessageId | None) -> None:
    assert message_id(given) == expected


def test_an_address_is_read_without_its_device() -> None:
    found = jid("5511987650101:12@s.whatsapp.net")
    assert found is not None
    assert (found.user, found.kind) == ("5511987650101", "phone")
    assert jid("nonsense") is None
    assert jid(None) is None


# --- messages -------------------------------------------------------------------------------------------


def test_a_text_with_its_person_and_time() -> None:
    item = one(incoming(_data={"Info": {"PushName": "Ana"}, "Message": {"conversation": "Oi"}}))
    assert isinstance(item, InboundMessage)
    assert (item.provider_id, item.kind, item.body, item.direction) == ("AAA1", "text", "Oi", "in")
    assert item.occurred_at == datetime.fromtimestamp(AT, UTC)
    assert (item.party.address, item.party.name) == (f"{ANA}@c.us", "Ana")
    assert item.party.aliases == (Alias("phone", ANA),)


@pytest.mark.parametrize(
    "data",
    [
        {"Info": {"Sender": f"{ANA_LID}:3@lid", "SenderAlt": f"{ANA}@s.whatsapp.net"}},
        {"key": {"remoteJid": f"{ANA_LID}@lid", "remoteJidAlt": f"{ANA}@s.whatsapp.net"}},
        {"key": {"remoteJid": f"{ANA_LID}@lid", "senderPn": f"{ANA}@s.whatsapp.net"}},
    ],
)
def test_number_and_lid_are_learnt_from_every_engine(data: dict[str, Any]) -> None:
    item = one(incoming(id=f"false_{ANA_LID}@lid_AAA1", **{"from": f"{ANA_LID}@lid"}, _data=data))
    assert item.party.aliases == (Alias("phone", ANA), Alias("lid", ANA_LID))
    assert item.party.address == f"{ANA_LID}@lid"


def test_the_same_message_under_two_ids_is_one() -> None:
    by_phone = one(incoming())
    by_lid = one(incoming(id=f"false_{ANA_LID}@lid_AAA1", **{"from": f"{ANA_LID}@lid"}))
    assert by_phone.provider_id == by_lid.provider_id == "AAA1"


@pytest.mark.parametrize(
    "payload",
    [
        {"id": f"true_{ANA}@c.us_B1", "from": f"{ANA}@c.us", "to": None},
        {"id": f"true_{ANA}@c.us_B1", "from": f"{ME}@c.us", "to": f"{ANA}@c.us"},
        {"id": "B1", "from": f"{ME}@c.us", "to": f"{ANA}@c.us"},
    ],
)
def test_a_message_of_ours_names_the_other_person(payload: dict[str, Any]) -> None:
    data = {"Info": {"Sender": f"{ME}:7@s.whatsapp.net", "RecipientAlt": f"{ANA_LID}@lid", "PushName": "Loja"}}
    item, tick = parse(event("message.any", incoming(fromMe=True, source="app", ack=1, _data=data) | payload))
    assert isinstance(item, InboundMessage)
    assert (item.direction, item.own_send, item.party.name) == ("out", False, None)
    assert item.party.aliases == (Alias("phone", ANA), Alias("lid", ANA_LID))
    assert tick == StatusUpdate("B1", Status.SENT, datetime.fromtimestamp(AT, UTC))


def test_an_echo_of_the_api_may_be_our_own_send() -> None:
    item = one(incoming(id=f"true_{ANA}@c.us_B1", fromMe=True, source="api"))
    assert item.own_send


def test_what_we_fetched_ourselves_says_so_in_its_ticks() -> None:
    payload = incoming(id=f"true_{ANA}@c.us_B1", fromMe=True, ack=3)
    _message, tick = parse(event("message.any", payload, origin="history"))
    assert isinstance(tick, StatusUpdate)
    assert (tick.status, tick.payload) == (Status.READ, {"origin": "history"})


FILE = {"url": "http://waha/api/files/s/x.bin", "filename": "x.bin", "error": None}
KINDS = [
    ({"Message": {"extendedTextMessage": {"text": "Oi"}}}, {}, "text"),
    ({"message": {"ephemeralMessage": {"message": {"conversation": "Oi"}}}}, {}, "text"),
    ({"type": "chat"}, {}, "text"),
    ({"Message": {"imageMessage": {"mimetype": "image/jpeg"}}}, {"hasMedia": True}, "image"),
    ({"message": {"viewOnceMessageV2": {"message": {"imageMessage": {}}}}}, {"hasMedia": True}, "image"),
    ({"type": "image"}, {"media": FILE | {"mimetype": "image/png"}}, "image"),
    ({"Message": {"videoMessage": {}}}, {"hasMedia": True}, "video"),
    ({"Message": {"audioMessage": {"PTT": True}}}, {"hasMedia": True}, "voice"),
    ({"message": {"audioMessage": {"ptt": False}}}, {"hasMedia": True}, "audio"),
    ({"type": "ptt"}, {"hasMedia": True}, "voice"),
    ({"message": {"documentWithCaptionMessage": {"message": {"documentMessage": {}}}}}, {"hasMedia": True}, "document"),
    ({"Message": {"stickerMessage": {}}}, {"hasMedia": True}, "sticker"),
    ({}, {"hasMedia": True, "media": FILE | {"mimetype": "image/webp"}}, "sticker"),
    ({}, {"hasMedia": True, "media": FILE | {"mimetype": "audio/ogg; codecs=opus"}}, "voice"),
    ({}, {"hasMedia": True, "media": FILE | {"mimetype": "application/pdf"}}, "document"),
    ({}, {"hasMedia": True, "media": FILE | {"mimetype": "video/mp4"}}, "video"),
    ({}, {"location": {"latitude": "-23.5", "longitude": "-46.6"}}, "location"),
    ({}, {"vCards": ["BEGIN:VCARD\nFN:Bia\nTEL;waid=5511:+55 11 98765-0102\nEND:VCARD"]}, "contact"),
    ({"Message": {"listResponseMessage": {"singleSelectReply": {"selectedRowID": "r1"}}}}, {}, "interactive"),
    ({"Message": {"buttonsResponseMessage": {"selectedButtonID": "b1"}}}, {}, "interactive"),
    ({"type": "buttons_response", "selectedButtonId": "b1"}, {}, "interactive"),
    ({"Message": {"pollCreationMessageV3": {"name": "Qual?", "options": [{"optionName": "Um"}]}}}, {}, "interactive"),
    ({"Message": {"orderMessage": {}}}, {}, "unsupported"),
    ({"type": "e2e_notification"}, {"body": ""}, "unsupported"),
    ({}, {"body": ""}, "unsupported"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "more", "kind"), KINDS)
def test_every_kind_of_every_engine(data: dict[str, Any], more: dict[str, Any], kind: str) -> None:
    assert one(incoming(_data=data, **more)).kind == kind


def test_a_file_keeps_where_it_is_and_what_it_is() -> None:
    media = {"url": "http://waha/api/files/s/n.pdf", "mimetype": "application/pdf", "filename": "nota.pdf"}
    data = {"Message": {"documentMessage": {"fileLength": "1234"}}}
    item = one(incoming(body="Segue", hasMedia=True, media=media, _data=data))
    (file,) = item.attachments
    assert (item.body, file.mime_type, file.filename, file.size) == ("Segue", "application/pdf", "nota.pdf", 1234)
    assert file.ref == {"url": media["url"], "id": f"false_{ANA}@c.us_AAA1", "error": None}


def test_a_place_with_its_name_and_without_the_pictures_code() -> None:
    data = {"Message": {"locationMessage": {"degreesLatitude": -23.5, "degreesLongitude": -46.6, "name": "Praça"}}}
    item = one(incoming(body="/9j/" + "A" * 400, _data=data))
    assert item.body is None
    assert item.payload == {"latitude": -23.5, "longitude": -46.6, "name": "Praça"}


def test_contacts_by_their_cards() -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Bia Exemplo\nitem1.TEL;waid=5511987650102:+55 11 98765-0102\nEND:VCARD"
    item = one(incoming(body="", _data={"Message": {"contactsArrayMessage": {"contacts": [{"vcard": card}]}}}))
    assert item.payload == {"contacts": [{"name": "Bia Exemplo", "phones": ["+55 11 98765-0102"]}]}
    assert one(incoming(body=card, _data={"type": "vcard"})).payload == item.payload


def test_choices_and_polls() -> None:
    chosen = {"title": "Azul", "singleSelectReply": {"selectedRowID": "r1"}}
    item = one(incoming(body="", _data={"Message": {"listResponseMessage": chosen}}))
    assert item.payload == {"type": "list_reply", "id": "r1", "title": "Azul"}
    poll = {"name": "Qual?", "options": [{"optionName": "Um"}, {"optionName": "Dois"}]}
    item = one(incoming(body="", _data={"Message": {"pollCreationMessage": poll}}))
    assert item.body == "Qual?\n- Um\n- Dois"


def test_a_quote_and_a_forwarded_message() -> None:
    data = {"Message": {"extendedTextMessage": {"text": "Sim", "contextInfo": {"isForwarded": True}}}}
    item = one(incoming(replyTo={"id": "BBB2", "participant": f"{ME}@c.us"}, _data=data))
    assert (item.reply_to, item.forwarded) == ("BBB2", True)
    assert one(incoming(replyTo=f"true_{ANA}@c.us_BBB2")).reply_to == "BBB2"


@pytest.mark.parametrize(
    ("name", "data"),
    [("message.any", {"type": "ciphertext"}), ("message.any", {"IsUnavailable": True}), ("message.waiting", {})],
)
def test_what_cannot_be_opened_yet_is_seen(name: str, data: dict[str, Any]) -> None:
    item = one(incoming(body="", _data=data), name)
    assert (item.provider_id, item.kind) == ("waiting:AAA1", "unsupported")
    assert item.payload["reason"] == "undecryptable"


def test_what_comes_at_last_takes_the_place_of_the_waiting_line() -> None:
    message, revoke = parse(event("message.any", incoming(_data={"RetryCount": 1})))
    assert isinstance(message, InboundMessage)
    assert message.provider_id == "AAA1"
    assert isinstance(revoke, MessageRevoke)
    assert revoke.target == "waiting:AAA1"


@pytest.mark.parametrize("moment", [None, "soon", True, 10**18, -5])
def test_a_nonsense_time_is_replaced_by_the_envelopes(moment: Any) -> None:
    assert one(incoming(timestamp=moment)).occurred_at == datetime.fromtimestamp(AT + 0.5, UTC)


def test_milliseconds_text_and_iso_times_are_read() -> None:
    for moment in (AT * 1000, str(AT), datetime.fromtimestamp(AT, UTC).isoformat()):
        assert one(incoming(timestamp=moment)).occurred_at == datetime.fromtimestamp(AT, UTC)


# --- what is said about messages ------------------------------------------------------------------------


def test_a_reaction_and_its_end() -> None:
    about = {"text": "👍", "messageId": f"true_{ANA}@c.us_BBB2"}
    item = one(incoming(id=f"false_{ANA}@c.us_R1", reaction=about), "message.reaction")
    assert isinstance(item, Reaction)
    assert (item.target, item.emoji, item.key, item.direction) == ("BBB2", "👍", "R1", "in")
    assert one(incoming(reaction=about | {"text": ""}), "message.reaction").emoji is None
    ours = incoming(id=f"true_{ANA}@c.us_R2", fromMe=True, reaction=about)
    assert one(ours, "message.reaction").direction == "out"


def test_an_edit_by_its_own_id_and_without_one() -> None:
    item = one(incoming(id=f"false_{ANA}@c.us_E1", body="Oi!", editedMessageId="AAA1"), "message.edited")
    assert isinstance(item, MessageEdit)
    assert (item.target, item.body, item.key) == ("AAA1", "Oi!", "E1")
    first, again, other = (one(incoming(body=body), "message.edited") for body in ("Oi!", "Oi!", "Olá!"))
    assert first.target == "AAA1"
    assert first.key == again.key != other.key


@pytest.mark.parametrize(
    "payload",
    [
        {"after": incoming(id=f"false_{ANA}@c.us_V1"), "before": None, "revokedMessageId": "AAA1"},
        {"after": incoming(), "before": incoming(body="Oi")},
        {"before": incoming(), "after": None},
    ],
)
def test_a_deletion_for_everyone(payload: dict[str, Any]) -> None:
    item = one(payload, "message.revoked")
    assert isinstance(item, MessageRevoke)
    assert (item.target, item.key) == ("AAA1", "revoke:AAA1")
    assert item.party is not None


@pytest.mark.parametrize(
    ("ack", "status"),
    [(-1, Status.FAILED), (1, Status.SENT), (2, Status.DELIVERED), (3, Status.READ), (4, Status.PLAYED)],
)
def test_a_tick(ack: int, status: Status) -> None:
    item = one({"id": f"true_{ANA}@c.us_B1", "fromMe": True, "from": f"{ANA}@c.us", "ack": ack}, "message.ack")
    assert isinstance(item, StatusUpdate)
    assert (item.provider_id, item.status) == ("B1", status)
    assert item.occurred_at == datetime.fromtimestamp(AT + 0.5, UTC)
    assert bool(item.error) == (status is Status.FAILED)


def test_a_tick_by_its_name_only() -> None:
    assert one({"id": f"true_{ANA}@c.us_B1", "ackName": "READ"}, "message.ack").status == Status.READ


@pytest.mark.parametrize(
    "payload",
    [
        {"id": f"true_{ANA}@c.us_B1", "ack": 0},
        {"id": f"false_{ANA}@c.us_A1", "ack": 3, "fromMe": False},
        {"id": "true_12@g.us_B1", "ack": 3},
        {"id": f"true_{ANA}@c.us_B1", "ack": 17},
    ],
)
def test_no_tick(payload: dict[str, Any]) -> None:
    assert parse(event("message.ack", payload)) == []


def test_typing_of_a_person_only() -> None:
    presence = {"id": f"{ANA}@c.us", "presences": [{"participant": f"{ANA}@c.us", "lastKnownPresence": "typing"}]}
    item = one(presence, "presence.update")
    assert isinstance(item, Typing)
    assert item.party.aliases == (Alias("phone", ANA),)
    presence["presences"] = [{"lastKnownPresence": "online"}]
    assert parse(event("presence.update", presence)) == []
    assert parse(event("presence.update", presence | {"id": "12@g.us"})) == []


def test_a_vote_in_our_poll() -> None:
    vote = {"id": f"false_{ANA}@c.us_P1", "from": f"{ANA}@c.us", "fromMe": False, "selectedOptions": ["Um", "Dois"]}
    item = one({"vote": vote, "poll": {"id": f"true_{ANA}@c.us_B1"}}, "poll.vote")
    assert (item.provider_id, item.body, item.reply_to) == ("P1", "Um, Dois", "B1")
    taken_back = one({"vote": vote | {"selectedOptions": []}, "poll": {}}, "poll.vote")
    assert taken_back.body


@pytest.mark.parametrize("name", ["call.received", "call.accepted", "call.rejected"])
def test_a_call_is_a_line(name: str) -> None:
    item = one({"id": "C1", "from": f"{ANA}@c.us", "timestamp": AT, "isVideo": True}, name)
    assert (item.kind, item.provider_id) == ("system", f"call:C1:{name[5:]}")
    assert item.opens_conversation == (name == "call.received")
    assert parse(event(name, {"id": "C1", "from": f"{ANA}@c.us", "isGroup": True})) == []


# --- the session ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "state", "reason"),
    [
        ({"status": "STARTING"}, "connecting", None),
        ({"status": "SCAN_QR_CODE"}, "qrcode", None),
        ({"status": "STARTING", "statuses": [{"status": "SCAN_QR_CODE"}, {}]}, "authenticated", None),
        ({"status": "WORKING"}, "ready", None),
        ({"status": "STOPPED"}, "disconnected", None),
        ({"status": "PASSKEY_REQUIRED"}, "action_required", "passkey"),
        ({"status": "FAILED"}, "failed", None),
        ({"status": "FAILED", "data": {"reason": "conflict", "code": 440}}, "failed", "conflict"),
        ({"status": "FAILED", "data": {"message": "logged out from another device"}}, "logged_out", "logged_out"),
        ({"status": "FAILED", "data": {"reason": "banned"}}, "banned", "banned"),
        ({"status": "FAILED", "data": {"reason": "temporary_ban", "until": 1}}, "banned", "temporary_ban"),
        ({"status": "FAILED", "data": {"reason": "qr_timeout"}}, "failed", "qr_timeout"),
        ({"status": "MOON"}, "failed", "moon"),
        ({}, "failed", "unknown"),
    ],
)  # fmt: skip
def test_the_sessions_news(payload: dict[str, Any], state: str, reason: str | None) -> None:
    item = one(payload, "session.status")
    assert isinstance(item, SessionNews)
    assert (item.state, item.reason, item.key) == (state, reason, "session:evt_01")
    assert item.title
    assert item.payload["me"] == {"number": ME, "name": "Loja", "lid": "299999999999999"}


@pytest.mark.parametrize("size", ["\u00b2", "9" * 40, 10**30, -5, 1.5, {"low": 5}, [1], "1" * 16])
def test_a_size_that_no_file_has_does_not_hold_its_message_back(size: Any) -> None:
    item = one(incoming(hasMedia=True, media={"url": "http://127.0.0.1/x", "mimetype": "image/png", "filesize": size}))
    assert isinstance(item, InboundMessage)
    assert (item.kind, item.attachments[0].size) == ("image", None)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"vCards": 5},
        {"location": {"latitude": 10**400}},
        {"_data": {"Message": {"pollCreationMessage": {"options": 5}}}},
        {"_data": {"RetryCount": float("inf")}},
    ],
    ids=repr,
)
def test_a_message_whose_parts_make_no_sense_is_still_a_message(nonsense: dict[str, Any]) -> None:
    item = one(incoming(body="Oi", **nonsense))
    assert isinstance(item, InboundMessage)
    assert item.body == "Oi"


# --- what is no conversation ----------------------------------------------------------------------------


@pytest.mark.parametrize("chat", ["120363000000000000@g.us", "120363000000000001@newsletter", "status@broadcast"])
@pytest.mark.parametrize(
    "name", ["message.any", "message.reaction", "message.edited", "message.waiting", "message.revoked"]
)
def test_groups_channels_and_status_posts_are_left_out_with_one_line(chat: str, name: str) -> None:
    payload = incoming(id=f"false_{chat}_G1", participant=f"{ANA}@c.us", **{"from": chat}, to=None)
    payload |= {"reaction": {"text": "👍", "messageId": f"false_{chat}_G0"}}
    (item,) = parse(event(name, payload))
    assert isinstance(item, AccountNotice)
    assert item.key.startswith("left-out:")


@pytest.mark.parametrize("name", sorted(EVENTS))
@pytest.mark.parametrize("payload", [{}, {"id": 7}, {"vote": [], "poll": 3}, {"reaction": "no"}, None, [1]])
def test_nonsense_never_stops_the_others(name: str, payload: Any) -> None:
    items = parse([event(name, payload), event("message.any", incoming())])
    assert isinstance(items[-1], InboundMessage)
    assert all(isinstance(item, AccountNotice | SessionNews) for item in items[:-1])


def test_an_event_nobody_knows_is_said_once_and_some_are_expected() -> None:
    first, again = (one({"x": number}, "moon.rose") for number in (1, 2))
    assert first.key == again.key == "event:moon.rose"
    for name in ("message", "engine.event", "group.v2.join", "label.upsert", "chat.archive"):
        assert parse(event(name, {})) == []


def test_another_sessions_event_is_left_out() -> None:
    assert parse(event("message.any", incoming(), session="another")) == []


@pytest.mark.parametrize("body", [b"{cut", b"[1]", b'"text"', b'{"event": 7}', b"{}", b"[" * 100_000])
def test_what_is_no_webhook_raises_a_sentence(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(body)


def test_reading_twice_gives_the_same() -> None:
    body = [event(name, incoming(reaction={"text": "x", "messageId": "AAA1"})) for name in EVENTS]
    assert parse(body) == parse(body)
