"""Documents kept for contacts: versions, tags, search, and who looked at them."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.database.session import transaction
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory
from ramal_documents.services import people

from .browsing import Browser

PDF = b"%PDF-1.7\n" + b"x" * 2_000
Keep = Callable[..., dict[str, Any]]


@pytest.fixture
def contact(make: Factory, enabled: Any) -> Any:
    return make.contact(name="Fulana de Tal")


@pytest.fixture
def keep(desk: JsonClient, contact: Any) -> Keep:
    """Keep a file."""

    def made(data: bytes = PDF, filename: str = "contrato.pdf", **form: Any) -> dict[str, Any]:
        body = {"file": (io.BytesIO(data), filename), "contact_id": str(contact.id), **form}
        answer = desk.post("/documents/repository", data=body, content_type="multipart/form-data")
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    return made


def add_version(desk: JsonClient, document: dict[str, Any], data: bytes, **form: str) -> Any:
    body = {"file": (io.BytesIO(data), "contrato-2.pdf"), **form}
    return desk.post(f"/documents/repository/{document['id']}/versions", data=body, content_type="multipart/form-data")


def titles(desk: JsonClient, **query: Any) -> list[str]:
    return [item["title"] for item in desk.get("/documents/repository", **query).json["items"]]


def test_a_document_is_kept_with_its_hash_and_opened(desk: JsonClient, keep: Keep, client: FlaskClient) -> None:
    document = keep(title="Contrato de locação", tags="Assinado, contrato, assinado", note="via do inquilino")
    assert (document["title"], document["tags"], document["versions"]) == (
        "Contrato de locação",
        ["assinado", "contrato"],
        1,
    )
    last = document["last"]
    assert (last["sha256"], last["size"]) == (hashlib.sha256(PDF).hexdigest(), len(PDF))
    assert (last["mime_type"], last["note"], last["actor_name"]) == (
        "application/pdf",
        "via do inquilino",
        "Ana Admin",
    )
    url = desk.post(f"/documents/repository/{document['id']}/open", {}).json["url"]
    assert client.get(url.partition("localhost")[2]).data == PDF
    log = desk.get(f"/documents/repository/{document['id']}/access").json["items"]
    assert [(line["action"], line["number"], line["actor_name"]) for line in log] == [
        ("opened", 1, "Ana Admin"),
        ("added", 1, "Ana Admin"),
    ]


def test_versions_follow_each_other_and_stay(desk: JsonClient, keep: Keep, client: FlaskClient) -> None:
    document = keep()
    assert add_version(desk, document, PDF).status_code == 409
    newer = add_version(desk, document, PDF + b"2", note="com rubrica")
    assert newer.status_code == 201, newer.text
    assert [version["number"] for version in newer.json["history"]] == [2, 1]
    assert newer.json["last"]["note"] == "com rubrica"
    path = f"/documents/repository/{document['id']}/open"
    first = desk.post(path, {"number": 1}).json["url"]
    assert client.get(first.partition("localhost")[2]).data == PDF
    assert desk.post(path, {"number": 3}).status_code == 404


def test_documents_are_found_by_title_tag_file_and_hash(desk: JsonClient, keep: Keep, make: Factory) -> None:
    keep(title="Contrato", tags="locação")
    keep(PDF + b"b", "recibo.pdf", title="Recibo", tags="pago")
    assert titles(desk) == ["Recibo", "Contrato"]
    assert titles(desk, q="contr") == ["Contrato"]
    assert titles(desk, q="recibo.p") == ["Recibo"]
    assert titles(desk, q="pago") == titles(desk, tag="Pago") == ["Recibo"]
    assert titles(desk, q=hashlib.sha256(PDF).hexdigest()) == ["Contrato"]
    assert titles(desk, q="100%") == []
    assert titles(desk, contact_id=str(make.contact(name="Outra").id)) == []
    page = desk.get("/documents/repository", page_size=1).json
    assert titles(desk, page_size=1, cursor=page["next_cursor"]) == ["Contrato"]


def test_title_and_tags_change_and_the_log_says_so(desk: JsonClient, keep: Keep) -> None:
    document = keep()
    path = f"/documents/repository/{document['id']}"
    assert document["title"] == "contrato.pdf"
    changed = desk.patch(path, {"title": "Contrato", "tags": ["B", "a"]}).json
    assert (changed["title"], changed["tags"]) == ("Contrato", ["a", "b"])
    assert desk.get(f"{path}/access").json["items"][0]["action"] == "changed"
    assert desk.patch(path, {"tags": [str(number) for number in range(20)]}).status_code == 422
    assert desk.patch(path, {"tags": ["x" * 31]}).status_code == 422


def test_a_removed_document_takes_its_bytes_along(
    desk: JsonClient, keep: Keep, work: Callable[[], None], client: FlaskClient, owner_engine: Any
) -> None:
    document = keep()
    path = f"/documents/repository/{document['id']}"
    url = desk.post(f"{path}/open", {}).json["url"].partition("localhost")[2]
    assert desk.delete(path).status_code == 204
    assert desk.get(path).status_code == 404
    work()
    assert client.get(url).status_code == 404
    with owner_engine.connect() as connection:
        query = "select before->>'1' from audit_event where target_id = %(id)s and action like '%%deleted'"
        assert connection.exec_driver_sql(query, {"id": document["id"]}).scalar_one() == document["last"]["sha256"]


def test_what_is_no_file_or_nobodys_is_refused(desk: JsonClient, contact: Any, keep: Keep) -> None:
    def post(**body: Any) -> Any:
        return desk.post("/documents/repository", data=body, content_type="multipart/form-data")

    assert post(contact_id=str(contact.id)).status_code == 422
    assert post(file=(io.BytesIO(PDF), "a.pdf")).status_code == 422
    assert post(file=(io.BytesIO(PDF), "a.pdf"), contact_id="01a20000-0000-7000-8000-000000000000").status_code == 404
    assert post(file=(io.BytesIO(b"MZ" + PDF), "a.pdf"), contact_id=str(contact.id)).status_code == 422
    assert titles(desk) == []


def test_viewers_open_and_do_not_keep(api: Callable[[Any], JsonClient], enabled: Any, keep: Keep, contact: Any) -> None:
    document = keep()
    viewer = api(enabled.member("viewer"))
    path = f"/documents/repository/{document['id']}"
    assert viewer.post(f"{path}/open", {}).status_code == 200
    assert viewer.delete(path).status_code == 403
    assert viewer.patch(path, {"title": "x"}).status_code == 403
    assert add_version(viewer, document, PDF + b"2").status_code == 403


def test_documents_follow_their_contact_and_are_told_and_erased(
    desk: JsonClient, keep: Keep, contact: Any, make: Factory, work: Callable[[], None]
) -> None:
    document = keep(title="RG")
    other = make.contact(name="A mesma")
    with transaction():
        people.follow_merge(other.id, contact.id)
    assert titles(desk, contact_id=str(other.id)) == ["RG"]
    assert people.export(other.id)["documents"] == [
        {"title": "RG", "tags": [], "filename": "contrato.pdf", "sha256": document["last"]["sha256"]}
    ]
    with transaction():
        assert people.erase(other.id)["documents_deleted"] == 1
    work()
    assert titles(desk) == []


@pytest.fixture
def browser(client: FlaskClient, login: Callable[..., FlaskClient], enabled: Any, admin: Any) -> Browser:
    return Browser(login(client, admin))


def test_documents_on_their_pages(browser: Browser, contact: Any) -> None:
    page = f"/repository?contact_id={contact.id}"
    form = {"contact_id": str(contact.id), "title": "Contrato", "tags": "locação"}
    refused = browser.send("/repository", form, page=page)
    assert (refused.status_code, "Choose a file." in refused.text) == (422, True)
    kept = browser.send("/repository", {**form, "file": (io.BytesIO(PDF), "contrato.pdf")}, page=page)
    assert kept.status_code == 303, kept.text
    path = kept.headers["Location"].removeprefix("/p/documents")
    assert hashlib.sha256(PDF).hexdigest() in browser.text(path)
    same = browser.send(f"{path}/versions", {"file": (io.BytesIO(PDF), "c.pdf")}, page=path)
    assert (same.status_code, "the very file" in same.text) == (422, True)
    newer = {"file": (io.BytesIO(PDF + b"2"), "c.pdf"), "note": "assinado"}
    assert browser.send(f"{path}/versions", newer, page=path).status_code == 303
    assert browser.text(path).count('data-testid="version"') == 2
    opened = browser.client.get(f"/p/documents{path}/1")
    assert browser.client.get(opened.headers["Location"]).data == PDF
    assert re.search(r"<strong>Opened</strong> \(1\)", browser.text(path))
    assert browser.send(path, {"title": "Contrato 2", "tags": "x"}, page=path).status_code == 303
    wrong = browser.send(path, {"title": "Contrato 2", "tags": "x" * 40}, page=path)
    assert (wrong.status_code, "at most 30 characters" in wrong.text) == (422, True)
    assert "Contrato 2" in browser.text("/repository?q=contrato")
    assert "No document fits" in browser.text("/repository?q=nada")
    assert browser.send(f"{path}/delete", {}, page=path).status_code == 303
    assert "Contrato 2" not in browser.text("/repository")


@pytest.mark.parametrize("query", [f"tag={'x' * 300}", f"q={'x' * 300}"])
def test_a_filter_that_is_none_shows_all(browser: Browser, query: str) -> None:
    assert "Some of the filter does not fit" in browser.text(f"/repository?{query}")


def test_a_form_with_a_file_leads_on_by_htmx(browser: Browser, contact: Any) -> None:
    page = browser.text(f"/repository?contact_id={contact.id}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = browser.client.post(
        "/p/documents/repository",
        data={"contact_id": str(contact.id), "file": (io.BytesIO(b"%PDF-1.7\n" + b"x" * 6_000_000), "grande.pdf")},
        headers={"HX-Request": "true", "X-CSRF-TOKEN": token[1]},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["HX-Redirect"].startswith("/p/documents/repository/")
