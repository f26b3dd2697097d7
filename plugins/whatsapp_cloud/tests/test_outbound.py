"""What leaves, and what is refused before it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from ramal.api import Alias, InvalidPayload, OutboundFile
from ramal_whatsapp_cloud.outbound import check_file, message_body, reaction_body
from ramal_whatsapp_cloud.testing.contracts import check

from .helpers import CUSTOMER, outbound, reaction

MB = 1024 * 1024
YES = {"id": "yes", "title": "Sim"}
ROW = {"id": "1", "title": "Segunda via", "description": "Boleto"}


def file(**changes: Any) -> OutboundFile:
    values: dict[str, Any] = {
        "filename": "foto.jpg",
        "mime_type": "image/jpeg",
        "size": 1000,
        "sha256": "",
        "path": "/nowhere",
    }
    return OutboundFile(**(values | changes))


OUTGOING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"body": "Bom dia!"}, {"text": {"body": "Bom dia!", "preview_url": False}}),
    ({"body": "veja https://loja.example"}, {"text": {"body": "veja https://loja.example", "preview_url": True}}),
    ({"kind": "image", "files": (file(),), "body": "Olha"}, {"image": {"id": "42", "caption": "Olha"}}),
    ({"kind": "video", "files": (file(),), "body": None}, {"video": {"id": "42"}}),
    (
        {"kind": "document", "files": (file(filename="a.pdf"),), "body": None},
        {"document": {"id": "42", "filename": "a.pdf"}},
    ),
    ({"kind": "audio", "files": (file(),), "body": None}, {"audio": {"id": "42"}}),
    ({"kind": "voice", "files": (file(),), "body": None}, {"audio": {"id": "42", "voice": True}}),
    ({"kind": "sticker", "files": (file(),), "body": None}, {"sticker": {"id": "42"}}),
    (
        {"kind": "location", "payload": {"latitude": -23.5, "longitude": -46.6, "name": "Loja", "x": 1}},
        {"location": {"latitude": -23.5, "longitude": -46.6, "name": "Loja"}},
    ),
    (
        {"kind": "contact", "payload": {"contacts": [{"name": "Ana Lima", "phones": ["+5511900000003"]}]}},
        {
            "contacts": [
                {
                    "name": {"formatted_name": "Ana Lima", "first_name": "Ana"},
                    "phones": [{"phone": "+5511900000003", "type": "CELL"}],
                }
            ]
        },
    ),
    (
        {"kind": "interactive", "body": "Confirma?", "payload": {"type": "button", "buttons": [YES], "footer": "f"}},
        {
            "interactive": {
                "type": "button",
                "body": {"text": "Confirma?"},
                "footer": {"text": "f"},
                "action": {"buttons": [{"type": "reply", "reply": YES}]},
            }
        },
    ),
    (
        {
            "kind": "interactive",
            "body": "Escolha",
            "payload": {"type": "list", "header": "Menu", "button": "Ver", "sections": [{"rows": [ROW]}]},
        },
        {
            "interactive": {
                "type": "list",
                "header": {"type": "text", "text": "Menu"},
                "body": {"text": "Escolha"},
                "action": {"button": "Ver", "sections": [{"rows": [ROW]}]},
            }
        },
    ),
]


@pytest.mark.parametrize(("changes", "expected"), OUTGOING)
def test_a_message_is_written_as_the_reference_says(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    body = message_body(outbound(**changes), "42")
    assert {key: body[key] for key in expected} == expected
    assert body["biz_opaque_callback_data"] == outbound().client_ref
    assert (body["recipient_type"], body["to"]) == ("individual", CUSTOMER)
    check(body, "message")


def test_a_reply_quotes() -> None:
    body = message_body(outbound(reply_to="wamid.X"))
    assert body["context"] == {"message_id": "wamid.X"}
    check(body, "message")


@pytest.mark.parametrize(("emoji", "written"), [("👍", "👍"), (None, "")])
def test_a_reaction_is_written_as_the_reference_says(emoji: str | None, written: str) -> None:
    change = reaction(emoji=emoji)
    body = reaction_body(change)
    assert (body["type"], body["reaction"]) == ("reaction", {"message_id": "wamid.X", "emoji": written})
    assert (body["recipient_type"], body["to"]) == ("individual", CUSTOMER)
    assert body["biz_opaque_callback_data"] == change.client_ref
    check(body, "message")


@pytest.mark.parametrize("kind", ["edit", "revoke"])
def test_what_the_api_has_no_word_for_never_leaves(kind: str) -> None:
    with pytest.raises(InvalidPayload):
        reaction_body(reaction(kind=kind))


def test_a_person_without_a_phone_is_a_recipient() -> None:
    body = message_body(outbound(address="BR.10000000000000000014"))
    assert body["recipient"] == "BR.10000000000000000014"
    assert "to" not in body
    check(body, "message")


def test_a_group_is_addressed_as_one() -> None:
    body = message_body(outbound(address="grupo-1", aliases=(Alias("group", "grupo-1"),)))
    assert (body["recipient_type"], body["to"]) == ("group", "grupo-1")


def interactive(**payload: Any) -> dict[str, Any]:
    return {"kind": "interactive", "body": "?", "payload": payload}


@pytest.mark.parametrize(
    "changes",
    [
        {"body": ""},
        {"body": None},
        {"body": "x" * 4097},
        {"address": " "},
        {"client_ref": "x" * 513},
        {"kind": "template"},
        {"kind": "image", "files": ()},
        {"kind": "image", "files": (file(), file())},
        {"kind": "image", "files": (file(),), "body": "x" * 1025},
        {"kind": "audio", "files": (file(),), "body": "texto"},
        {"kind": "sticker", "files": (file(),), "body": "texto"},
        {"kind": "location", "payload": {"latitude": 1}},
        {"kind": "contact", "payload": {"contacts": []}},
        {"kind": "contact", "payload": {"contacts": [{"name": ""}]}},
        {"kind": "contact", "payload": {"contacts": [{"name": "A"}] * 258}},
        {"kind": "reaction", "payload": {"emoji": "👍"}},
        interactive(type="carousel"),
        interactive(type="button", buttons=[]),
        interactive(type="button", buttons=[{"id": str(n), "title": "a"} for n in range(4)]),
        interactive(type="button", buttons=[YES, YES]),
        interactive(type="button", buttons=[{"id": "1", "title": "x" * 21}]),
        interactive(type="button", buttons=[{"title": "Sim"}]),
        interactive(type="button", buttons=[YES], header="x" * 61),
        interactive(type="button", buttons=[YES], footer="x" * 61),
        interactive(type="button", buttons=[YES]) | {"body": "x" * 1025},
        interactive(type="list", button="Ver", sections=[]),
        interactive(type="list", button="Ver", sections=[{"rows": []}]),
        interactive(type="list", button="x" * 21, sections=[{"rows": [ROW]}]),
        interactive(type="list", button="Ver", sections=[{"rows": [{"id": str(n), "title": "a"} for n in range(11)]}]),
        interactive(type="list", button="Ver", sections=[{"rows": [ROW]}, {"rows": [ROW | {"id": "2"}]}]),
        interactive(type="list", button="Ver", sections=[{"title": "a", "rows": [ROW]}, {"title": "b", "rows": []}]),
        interactive(type="list", button="Ver", sections=[{"rows": [ROW | {"description": "x" * 73}]}]),
        interactive(type="list", button="Ver", sections=[{"rows": [ROW | {"id": "x" * 201}]}]),
    ],
)
def test_what_the_provider_would_refuse_never_leaves(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload) as refusal:
        message_body(outbound(**changes), "42")
    assert refusal.value.message.endswith((".", "templates."))


@pytest.mark.parametrize(
    ("kind", "size", "mime_type"),
    [
        ("image", 5 * MB + 1, "image/jpeg"),
        ("image", 10, "image/gif"),
        ("image", 0, "image/jpeg"),
        ("video", 16 * MB + 1, "video/mp4"),
        ("video", 10, "video/x-matroska"),
        ("voice", 10, "audio/mpeg"),
        ("audio", 10, "audio/wav"),
        ("document", 100 * MB + 1, "application/pdf"),
        ("sticker", 500 * 1024 + 1, "image/webp"),
        ("sticker", 10, "image/png"),
    ],
)
def test_files_the_provider_would_refuse(kind: str, size: int, mime_type: str) -> None:
    with pytest.raises(InvalidPayload):
        check_file(kind, file(size=size, mime_type=mime_type))


def test_files_at_the_limit_pass() -> None:
    check_file("image", file(size=5 * MB))
    check_file("voice", file(mime_type="audio/ogg; codecs=opus"))
    check_file("document", file(size=100 * MB, mime_type="application/zip"))
