"""The simulator refuses what the reference refuses: each required field is dropped in turn."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ramal_whatsapp_cloud.testing import GraphSimulator
from ramal_whatsapp_cloud.testing.contracts import check
from ramal_whatsapp_cloud.testing.graph_errors import GraphRefusalError

from .helpers import web

TO = "5511900000002"
Path = tuple[str | int, ...]


def body(kind: str, content: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": TO,
        "type": kind,
        kind: content,
    }


BODIES: dict[str, dict[str, Any]] = {
    "text": body("text", {"body": "Oi"}),
    "recipient": {**body("text", {"body": "Oi"}), "recipient": "BR.1abc"},
    "reply": {**body("text", {"body": "Oi"}), "context": {"message_id": "wamid.X"}},
    "image": body("image", {"id": "1", "caption": "c"}),
    "image_link": body("image", {"link": "https://loja.example/a.jpg"}),
    "video": body("video", {"id": "1"}),
    "audio": body("audio", {"id": "1", "voice": True}),
    "document": body("document", {"id": "1", "filename": "a.pdf"}),
    "sticker": body("sticker", {"id": "1"}),
    "location": body("location", {"latitude": 1.5, "longitude": 2}),
    "contacts": body(
        "contacts", [{"name": {"formatted_name": "Ana", "first_name": "Ana"}, "phones": [{"phone": "1"}]}]
    ),
    "reaction": body("reaction", {"message_id": "wamid.X", "emoji": ""}),
    "button": body(
        "interactive",
        {
            "type": "button",
            "header": {"type": "text", "text": "h"},
            "body": {"text": "b"},
            "footer": {"text": "f"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "Sim"}}]},
        },
    ),
    "list": body(
        "interactive",
        {
            "type": "list",
            "body": {"text": "b"},
            "action": {"button": "Ver", "sections": [{"rows": [{"id": "1", "title": "Um"}]}]},
        },
    ),
    "template": body("template", {"name": "oi", "language": {"code": "pt_BR"}}),
}
del BODIES["recipient"]["to"]

#: What the reference calls required, by body.
COMMON: tuple[Path, ...] = (("messaging_product",), ("recipient_type",), ("type",))
INTERACTIVE: tuple[Path, ...] = (
    ("interactive", "type"),
    ("interactive", "body"),
    ("interactive", "body", "text"),
    ("interactive", "action"),
)
ROW: Path = ("interactive", "action", "sections", 0, "rows", 0)
REQUIRED: dict[str, tuple[Path, ...]] = {
    "text": (*COMMON, ("to",), ("text",), ("text", "body")),
    "recipient": (*COMMON, ("recipient",), ("text",)),
    "reply": (("context", "message_id"),),
    "image": (*COMMON, ("to",), ("image",), ("image", "id")),
    "image_link": (("image", "link"),),
    "video": (*COMMON, ("to",), ("video",), ("video", "id")),
    "audio": (*COMMON, ("to",), ("audio",), ("audio", "id")),
    "document": (*COMMON, ("to",), ("document",), ("document", "id")),
    "sticker": (*COMMON, ("to",), ("sticker",), ("sticker", "id")),
    "location": (*COMMON, ("to",), ("location",), ("location", "latitude"), ("location", "longitude")),
    "contacts": (
        *COMMON,
        ("to",),
        ("contacts",),
        ("contacts", 0),
        ("contacts", 0, "name"),
        ("contacts", 0, "name", "formatted_name"),
        ("contacts", 0, "name", "first_name"),
        ("contacts", 0, "phones", 0, "phone"),
    ),
    "reaction": (*COMMON, ("to",), ("reaction",), ("reaction", "message_id"), ("reaction", "emoji")),
    "button": (
        *COMMON,
        ("to",),
        ("interactive",),
        *INTERACTIVE,
        ("interactive", "header", "type"),
        ("interactive", "header", "text"),
        ("interactive", "footer", "text"),
        ("interactive", "action", "buttons"),
        ("interactive", "action", "buttons", 0),
        ("interactive", "action", "buttons", 0, "type"),
        ("interactive", "action", "buttons", 0, "reply"),
        ("interactive", "action", "buttons", 0, "reply", "id"),
        ("interactive", "action", "buttons", 0, "reply", "title"),
    ),
    "list": (
        *COMMON,
        ("to",),
        ("interactive",),
        *INTERACTIVE,
        ("interactive", "action", "button"),
        ("interactive", "action", "sections"),
        ("interactive", "action", "sections", 0, "rows"),
        ROW,
        (*ROW, "id"),
        (*ROW, "title"),
    ),
    "template": (*COMMON, ("to",), ("template",), ("template", "name"), ("template", "language", "code")),
}


def without(value: dict[str, Any], path: Path) -> dict[str, Any]:
    copied = copy.deepcopy(value)
    parent: Any = copied
    for part in path[:-1]:
        parent = parent[part]
    del parent[path[-1]]
    return copied


def dropped() -> Iterator[tuple[str, Path]]:
    for name, paths in REQUIRED.items():
        for path in paths:
            yield name, path


@pytest.fixture(scope="module")
def simulator() -> Iterator[GraphSimulator]:
    with GraphSimulator() as running:
        yield running


def post(simulator: GraphSimulator, content: Any, path: str = "messages") -> httpx2.Response:
    url = f"{simulator.url}/v26.0/{simulator.phone_number_id}/{path}"
    headers = {"Authorization": f"Bearer {simulator.account.access_token}"}
    return web.post(url, json=content, headers=headers)


def test_every_body_has_its_required_fields_listed() -> None:
    assert REQUIRED.keys() == BODIES.keys()


@pytest.mark.parametrize("name", BODIES)
def test_the_whole_body_is_taken(name: str) -> None:
    check(BODIES[name], "message")


@pytest.mark.parametrize(("name", "path"), list(dropped()))
def test_a_body_without_a_required_field_is_refused(simulator: GraphSimulator, name: str, path: Path) -> None:
    before = len(simulator.ledger())
    answer = post(simulator, without(BODIES[name], path))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] in {131008, 131009}
    assert error["type"] == "OAuthException"
    assert error["error_data"]["details"].startswith("Param")
    assert error["fbtrace_id"]
    assert len(simulator.ledger()) == before


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("text", ("messaging_product",), "telegram"),
        ("text", ("type",), "hologram"),
        ("text", ("text", "body"), ""),
        ("text", ("text", "body"), "x" * 4097),
        ("text", ("to",), 5511900000002),
        ("text", ("biz_opaque_callback_data",), "x" * 513),
        ("text", ("surprise",), 1),
        ("recipient", ("recipient",), TO),
        ("image", ("image", "caption"), "x" * 1025),
        ("audio", ("audio", "caption"), "no captions here"),
        ("location", ("location", "latitude"), "1.5"),
        ("location", ("location", "latitude"), 91),
        ("button", ("interactive", "action", "buttons", 0, "reply", "title"), "x" * 21),
        ("list", (*ROW, "description"), "x" * 73),
        ("list", ("interactive", "action", "button"), "x" * 21),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, path: Path, value: Any) -> None:
    changed = copy.deepcopy(BODIES[name])
    parent: Any = changed
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    with pytest.raises(GraphRefusalError):
        check(changed, "message")


READ = {"messaging_product": "whatsapp", "status": "read", "message_id": "x", "typing_indicator": {"type": "text"}}


@pytest.mark.parametrize("path", [("messaging_product",), ("status",), ("message_id",), ("typing_indicator", "type")])
def test_a_read_receipt_without_a_required_field_is_refused(simulator: GraphSimulator, path: Path) -> None:
    check(READ, "read")
    assert post(simulator, without(READ, path)).status_code == 400


def test_a_read_receipt_for_a_message_that_nobody_wrote_is_refused(simulator: GraphSimulator) -> None:
    assert post(simulator, READ).json()["error"]["code"] == 131009
    wamid = simulator.customer_writes()
    assert post(simulator, {**READ, "message_id": wamid}).json() == {"success": True}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_refused(simulator: GraphSimulator, content: bytes) -> None:
    url = f"{simulator.url}/v26.0/{simulator.phone_number_id}/messages"
    headers = {"Authorization": f"Bearer {simulator.account.access_token}"}
    answer = web.post(url, content=content, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def upload(simulator: GraphSimulator, fields: dict[str, str], file: tuple[str, bytes, str] | None) -> httpx2.Response:
    url = f"{simulator.url}/v26.0/{simulator.phone_number_id}/media"
    headers = {"Authorization": f"Bearer {simulator.account.access_token}"}
    files = {"file": file} if file else {"other": ("x", b"x", "text/plain")}
    return web.post(url, data=fields, files=files, headers=headers)


def test_an_upload_needs_product_file_and_type(simulator: GraphSimulator) -> None:
    good = {"messaging_product": "whatsapp", "type": "image/png"}
    file = ("a.png", b"png", "image/png")
    assert upload(simulator, good, file).json()["id"].isdigit()
    assert upload(simulator, {"type": "image/png"}, file).status_code == 400
    assert upload(simulator, good, None).status_code == 400
    assert upload(simulator, {**good, "type": "image/gif"}, file).status_code == 400
    assert upload(simulator, good, ("a.png", b"", "image/png")).status_code == 400
    large = ("a.webp", bytes(500 * 1024 + 1), "image/webp")
    answer = upload(simulator, {**good, "type": "image/webp"}, large)
    assert answer.json()["error"]["code"] == 131053


def test_a_file_that_was_never_uploaded_is_refused(simulator: GraphSimulator) -> None:
    assert post(simulator, BODIES["image"]).json()["error"]["code"] == 131009
