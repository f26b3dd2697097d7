"""Nossos números: each once, whoever asks at the same moment, whatever fails after."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from ramal.api import Conflict, transaction
from ramal.database.session import use_organization
from ramal.testing.client import JsonClient
from ramal_documents.services import charges, numbering, printing

from .orders import BENEFICIARY

Order = Callable[..., dict[str, Any]]


def numbers(desk: JsonClient) -> list[str]:
    return sorted(item["our_number"] for item in desk.get("/documents/boletos", page_size=100).json["items"])


def test_many_at_once_get_a_number_each(
    app: Flask, desk: JsonClient, account: dict[str, Any], organization: Any
) -> None:
    taken: list[int] = []
    start = threading.Barrier(8)

    def take() -> None:
        with app.app_context():
            use_organization(organization.id)
            start.wait()
            for count in (1, 3, 1):
                taken.extend(numbering.take_numbers(account["id"], count))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 41))


def test_requests_at_once_issue_different_boletos(app: Flask, desk: JsonClient, order: Order) -> None:
    start, made = threading.Barrier(6), []

    def ask() -> None:
        caller = JsonClient(app, desk.user)
        start.wait()
        made.append(caller.post("/documents/generate-boleto", order()))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in made] == [201] * 6
    assert len({answer.json["barcode"] for answer in made}) == 6


def test_a_number_is_lost_rather_than_given_again_when_the_writing_fails(
    desk: JsonClient, issue: Order, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(charges, "note_change", fail)
        assert desk.post("/documents/generate-boleto", order()).status_code == 500
    assert numbers(desk) == []
    assert issue()["our_number"].startswith("109/00000002-")


def test_a_boleto_keeps_its_number_when_the_printing_fails(
    desk: JsonClient, issue: Order, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> bytes:
        raise RuntimeError("no ink")

    with monkeypatch.context() as broken:
        broken.setattr(printing, "pdf_of", fail)
        assert desk.post("/documents/generate-boleto", order()).status_code == 500
    (first,) = desk.get("/documents/boletos").json["items"]
    assert first["our_number"].startswith("109/00000001-")
    assert issue()["our_number"].startswith("109/00000002-")
    assert desk.get(f"/documents/boletos/{first['id']}").json["pdf_url"]


def test_the_end_of_the_numbers_is_told(desk: JsonClient, account: dict[str, Any], issue: Order, order: Order) -> None:
    desk.patch(f"/documents/accounts/{account['id']}", {"next_number": 99_999_999})
    issue()
    answer = desk.post("/documents/generate-boleto", order())
    assert answer.status_code == 409
    assert "Itaú counts up to 99999999, and 0 are left" in answer.json["error"]["message"]
    assert desk.get(f"/documents/accounts/{account['id']}").json["next_number"] == 100_000_000


def test_the_sequence_is_raised_never_lowered(desk: JsonClient, account: dict[str, Any], issue: Order) -> None:
    assert desk.patch(f"/documents/accounts/{account['id']}", {"next_number": 500}).status_code == 200
    assert issue()["our_number"].startswith("109/00000500-")
    answer = desk.patch(f"/documents/accounts/{account['id']}", {"next_number": 500})
    assert (answer.status_code, "only be raised" in answer.text) == (422, True)


def test_two_accounts_of_one_agreement_share_no_number(desk: JsonClient, account: dict[str, Any], order: Order) -> None:
    twin = desk.post("/documents/accounts", {**_again(account), "name": "Itaú 109, outra loja"}).json
    made = []
    for _turn in range(3):
        for account_id in (account["id"], twin["id"]):
            made.append(desk.post("/documents/generate-boleto", order(account_id=account_id)).json["our_number"])
    assert len(set(made)) == 6


def test_inside_another_transaction_the_number_belongs_to_it(app: Flask, account: dict[str, Any]) -> None:
    def batch() -> None:
        with transaction():
            assert numbering.take_numbers(account["id"], 5) == range(1, 6)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        batch()
    assert numbering.take_numbers(account["id"]) == range(1, 2)
    with pytest.raises(Conflict):
        numbering.take_numbers(account["id"], 100_000_000)
    assert numbering.take_numbers(account["id"]) == range(2, 3)


def test_sicredis_numbers_carry_year_and_flag(desk: JsonClient, enabled: Any, order: Order) -> None:
    body = {"name": "Sicredi", "bank": "748", "agency": "0165", "wallet": "1", "agreement": "00623", "post": "02"}
    sicredi = desk.post("/documents/accounts", {**body, "beneficiary": BENEFICIARY, "next_number": 99_999}).json
    made = [
        desk.post("/documents/generate-boleto", order(account_id=sicredi["id"])).json["our_number"] for _ in range(2)
    ]
    assert made[0][2:-2] == "/299999"
    assert made[1][2:-2] == "/300000"


def _again(account: dict[str, Any]) -> dict[str, Any]:
    return {name: account[name] for name in ("bank", "agency", "account", "wallet", "beneficiary")}
