"""PIX keys and codes, by API and on their pages."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image

from ramal.testing.client import JsonClient
from ramal_documents.pix import parse

from .browsing import Browser

KEY = {"key": "Financeiro@Exemplo.com.br", "name": "Padaria Modelo", "city": "São Paulo"}


@pytest.fixture
def key(desk: JsonClient) -> dict[str, Any]:
    answer = desk.post("/documents/pix-keys", KEY)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def test_a_static_code_is_made_and_its_picture_read(desk: JsonClient, key: dict[str, Any]) -> None:
    assert (key["type"], key["key"]) == ("email", "financeiro@exemplo.com.br")
    body = {"key_id": key["id"], "amount": "150.00", "txid": "PEDIDO118", "description": "Pedido 118"}
    made = desk.post("/documents/generate-pix", body)
    assert made.status_code == 201, made.text
    reading = parse(made.json["code"])
    assert (reading.ok, reading.kind, reading.txid, str(reading.amount)) == (True, "static", "PEDIDO118", "150.00")
    picture = Image.open(io.BytesIO(base64.b64decode(made.json["qr_png"])))
    (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == made.json["code"]
    assert made.json["qr_svg"].startswith("<svg")
    again = desk.get(f"/documents/pix/{made.json['id']}").json
    assert again["code"] == made.json["code"]
    assert desk.post("/documents/generate-pix", body).status_code == 409


def test_every_code_without_a_txid_gets_its_own(desk: JsonClient, key: dict[str, Any]) -> None:
    made = [desk.post("/documents/generate-pix", {"key_id": key["id"]}).json for _ in range(2)]
    assert made[0]["txid"] != made[1]["txid"]
    assert parse(made[0]["code"]).amount is None
    assert [item["id"] for item in desk.get("/documents/pix").json["items"]] == [made[1]["id"], made[0]["id"]]


def test_a_dynamic_code_takes_the_banks_address(desk: JsonClient, enabled: Any) -> None:
    url = "pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
    made = desk.post("/documents/generate-pix", {"url": url, "name": "Padaria Modelo", "city": "Campinas"}).json
    reading = parse(made["code"])
    assert (made["kind"], reading.url, reading.single_use, made["txid"]) == ("dynamic", url, True, None)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"amount": "0"}, "amount", "above 0"),
        ({"amount": "1.005"}, "amount", "two ways"),
        ({"txid": "com espaço"}, "txid", "letters"),
        ({"description": "€"}, "info", "no room for the characters"),
        ({"url": "http://x"}, "key_id", "one of the two"),
    ],
)
def test_what_does_not_fit_a_code_is_named(
    desk: JsonClient, key: dict[str, Any], changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = desk.post("/documents/generate-pix", {"key_id": key["id"], **changes})
    assert answer.status_code == 422, answer.text
    assert sentence in " ".join(answer.json["error"]["details"][field])


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"key": "52998224725"}, "key", "say which"),
        ({"key": "52998224726", "type": "cpf"}, "key", "check digits"),
        ({"key": "nada"}, "key", "no PIX key"),
        ({"name": "P" * 26}, "name", "25 characters"),
        ({"city": ""}, "city", "missing"),
    ],
)
def test_what_is_no_key_is_refused(
    desk: JsonClient, enabled: Any, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = desk.post("/documents/pix-keys", {**KEY, **changes})
    assert answer.status_code == 422, answer.text
    assert sentence in " ".join(answer.json["error"]["details"][field])


def test_a_key_is_there_once_and_may_be_switched_off(desk: JsonClient, clerk: JsonClient, key: dict[str, Any]) -> None:
    assert desk.post("/documents/pix-keys", KEY).status_code == 409
    assert clerk.post("/documents/pix-keys", KEY).status_code == 403
    path = f"/documents/pix-keys/{key['id']}"
    assert clerk.patch(path, {"active": False}).status_code == 403
    assert desk.patch(path, {"active": False}).json["active"] is False
    assert desk.post("/documents/generate-pix", {"key_id": key["id"]}).status_code == 409
    assert desk.get("/audit").json["items"][0]["after"]["active"] is False


def test_the_pages_make_keys_and_codes(
    client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any, desk: JsonClient
) -> None:
    browser = Browser(login(client, admin))
    assert browser.send("/pix/keys", {**KEY, "type": ""}, page="/pix").status_code == 303
    wrong = browser.send("/pix/keys", {**KEY, "key": "52998224725", "type": ""}, page="/pix")
    assert (wrong.status_code, "say which" in wrong.text) == (422, True)
    (key,) = desk.get("/documents/pix-keys").json["items"]
    made = browser.send("/pix", {"key_id": key["id"], "amount": "10,00", "description": "Bolo"}, page="/pix")
    assert made.status_code == 303, made.text
    page = client.get(made.headers["Location"]).text
    assert "br.gov.bcb.pix" in page
    assert client.get(made.headers["Location"] + "/qr.svg").mimetype == "image/svg+xml"
    assert client.get(made.headers["Location"] + "/qr.png").data[:4] == b"\x89PNG"
    refused = browser.send("/pix", {"key_id": key["id"], "amount": "0"}, page="/pix")
    assert (refused.status_code, "above 0" in refused.text) == (422, True)
    off = browser.send(f"/pix/keys/{key['id']}", {"active": "0"}, page="/pix")
    assert off.status_code == 303
    assert desk.get("/documents/pix-keys").json["items"][0]["active"] is False


def test_the_page_for_checking_explains_lines_and_pix_codes(
    client: FlaskClient,
    login: Callable[..., FlaskClient],
    issue: Any,
    admin: Any,
    desk: JsonClient,
    key: dict[str, Any],
) -> None:
    browser = Browser(login(client, admin))
    line = issue()["digitable_line"]
    assert "Every check digit is right." in browser.send("/check", {"text": line}).text
    broken = browser.send("/check", {"text": line[:3] + "8" + line[4:]}).text
    assert 'data-testid="wrong-digits"' in broken
    code = desk.post("/documents/generate-pix", {"key_id": key["id"], "amount": "5.00"}).json["code"]
    assert "The PIX code is right." in browser.send("/check", {"text": code}).text
    assert "The checksum should be" in browser.send("/check", {"text": code[:-4] + "0000"}).text
    none = browser.send("/check", {"text": "olá"})
    assert (none.status_code, "digits only" in none.text) == (422, True)
