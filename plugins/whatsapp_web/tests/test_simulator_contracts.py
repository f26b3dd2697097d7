"""The simulator refuses what the reference refuses: each required field is dropped in turn."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from ramal_whatsapp_web.testing.contracts import checked
from ramal_whatsapp_web.testing.refusals import RefusalError

Path = tuple[str | int, ...]
CHAT = {"session": "default", "chatId": "5511900000002@c.us"}
FILE = {"mimetype": "image/png", "url": "https://loja.example/a.png"}
ROWS = [{"title": "M", "rowId": "m"}]

#: Contract, body, and the fields it can't do without.
BODIES: dict[str, tuple[str, dict[str, Any], list[Path]]] = {
    "text": ("sendText", {**CHAT, "text": "Oi", "reply_to": None}, [("session",), ("chatId",), ("text",)]),
    "image": ("sendImage", {**CHAT, "file": FILE, "caption": "c"}, [("file",), ("file", "mimetype"), ("file", "url")]),
    "voice": ("sendVoice", {**CHAT, "file": {"mimetype": "audio/ogg", "data": "eA=="}}, [("file", "data")]),
    "place": ("sendLocation", {**CHAT, "latitude": 1, "longitude": 2.5}, [("latitude",), ("longitude",)]),
    "card": (
        "sendContactVcard",
        {**CHAT, "contacts": [{"fullName": "Ana", "phoneNumber": "+55"}]},
        [("contacts",), ("contacts", 0), ("contacts", 0, "fullName"), ("contacts", 0, "phoneNumber")],
    ),
    "poll": (
        "sendPoll",
        {**CHAT, "poll": {"name": "?", "options": ["a", "b"]}},
        [("poll",), ("poll", "name"), ("poll", "options"), ("poll", "options", 0)],
    ),
    "list": (
        "sendList",
        {**CHAT, "message": {"title": "t", "button": "b", "sections": [{"title": "s", "rows": ROWS}]}},
        [("message", "title"), ("message", "button"), ("message", "sections", 0, "rows", 0, "rowId")],
    ),
    "forward": ("forwardMessage", {**CHAT, "messageId": "true_1@c.us_A"}, [("messageId",)]),
    "seen": ("chat", {**CHAT, "messageIds": ["false_1@c.us_A"]}, [("session",), ("chatId",)]),
    "reaction": (
        "reaction",
        {"session": "default", "messageId": "true_1@c.us_A", "reaction": ""},
        [("session",), ("messageId",), ("reaction",)],
    ),
    "edit": ("edit", {"text": "Oi"}, [("text",)]),
    "presence": ("presence", {"presence": "typing", "chatId": "1@c.us"}, [("presence",)]),
    "code": ("request_code", {"phoneNumber": "5511900000001"}, [("phoneNumber",)]),
    "session": (
        "session",
        {
            "name": "a-b_1",
            "config": {
                "webhooks": [
                    {
                        "url": "https://loja.example/hook",
                        "events": ["message.any"],
                        "hmac": {"key": "k"},
                        "retries": {"policy": "linear", "delaySeconds": 2, "attempts": 3},
                        "customHeaders": [{"name": "X", "value": "1"}],
                    }
                ],
                "proxy": {"server": "proxy:3128"},
            },
        },
        [
            ("config", "webhooks", 0, "url"),
            ("config", "webhooks", 0, "events"),
            ("config", "webhooks", 0, "events", 0),
            ("config", "webhooks", 0, "customHeaders", 0, "name"),
            ("config", "proxy", "server"),
        ],
    ),
}


def dropped() -> Iterator[Any]:
    for name, (_contract, _body, fields) in BODIES.items():
        for path in fields:
            yield pytest.param(name, path, id=f"{name}-{'.'.join(map(str, path))}")


@pytest.mark.parametrize("name", BODIES)
def test_a_whole_body_passes(name: str) -> None:
    contract, body, _fields = BODIES[name]
    assert checked(body, contract) is body


@pytest.mark.parametrize(("name", "path"), list(dropped()))
def test_a_body_without_a_needed_field_is_refused(name: str, path: Path) -> None:
    contract, whole, _fields = BODIES[name]
    body = copy.deepcopy(whole)
    place: Any = body
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    with pytest.raises(RefusalError) as caught:
        checked(body, contract)
    assert (caught.value.status, caught.value.body["error"]) == (400, "Bad Request")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("text", {"text": ""}),
        ("text", {"text": 7}),
        ("text", {"chatId": 5511900000002}),
        ("image", {"file": {**FILE, "data": "eA=="}}),
        ("image", {"file": {**FILE, "url": "file:///etc/passwd"}}),
        ("place", {"latitude": 91}),
        ("place", {"latitude": "1"}),
        ("poll", {"poll": {"name": "?", "options": ["a", "a"]}}),
        ("reaction", {"messageId": "3EB0"}),
        ("presence", {"presence": "dancing"}),
        ("session", {"config": {"proxy": {"server": "http://proxy:3128"}}}),
    ],
)
def test_a_wrong_value_is_refused(name: str, changes: dict[str, Any]) -> None:
    contract, body, _fields = BODIES[name]
    with pytest.raises(RefusalError):
        checked({**body, **changes}, contract)
