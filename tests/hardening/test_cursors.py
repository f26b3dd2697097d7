"""Whatever stands in a cursor, no list of any plugin fails over it."""

from __future__ import annotations

import base64
import io
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from ramal.api import connect_channel, transaction
from ramal.http.access import PUBLIC, SUPER_ADMIN
from ramal.http.pagination import encode_cursor
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, Member, TestOrganization
from ramal.testing.tenancy import NAMES, rows_of
from ramal_whatsapp_web.services.sessions import open_session

TIME, ID = "2026-01-01T00:00:00+00:00", str(uuid.UUID(int=1))


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


#: No list's: refused by each that reads cursors.
STRANGE = (
    "!!!",
    *map(cursor, ("null", "5", '"a"', "{}", "[]", "NaN", "[" * 300, "[1, 2]", f'["{ID}", 1, 2, 3, 4]')),
)
#: In each form that some list takes, with one value that PostgreSQL does not.
FORMS = ((ID,), (TIME, ID), ("a", ID), ("a",), (TIME, 1), (4, TIME, ID))
BAD = (None, 10**30, "a\0b", "9999-12-31T23:59:59-23:59")
#: Arguments that say how a list is ordered.
ORDERS = ("sort", "when")


BENT = {
    encode_cursor(*form[:place], bad, *form[place + 1 :])
    for form, bad in itertools.product(FORMS, BAD)
    for place in range(len(form))
}
#: A time is a text where names are in order, and those nobody waits in come last in their order.
SOMEONES = {encode_cursor(BAD[-1]), encode_cursor(BAD[-1], ID), encode_cursor(None, ID)}


@pytest.fixture
def desk(api: Callable[[Member], JsonClient], enabled: TestOrganization, admin: Member) -> JsonClient:
    return api(admin)


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get("/api/schema").data)
    return found


@pytest.fixture
def known(
    desk: JsonClient, document: dict[str, Any], organization: TestOrganization, make: Factory
) -> dict[str, uuid.UUID]:
    """A row for each parameter that the lists' paths have."""
    rows = rows_of(organization, make)
    account = desk.post("/documents/accounts", example(document, "/documents/accounts")).json
    kept = {"file": (io.BytesIO(b"%PDF-1.7 x"), "contrato.pdf"), "contact_id": str(rows["contact"])}
    table = {"file": (io.BytesIO(b"Nome;CPF\nFulana;529.982.247-25\n"), "tabela.csv"), "account_id": account["id"]}
    number = {"driver": "simulator", "server_url": "http://127.0.0.1:1", "api_key": "chave"}
    with transaction():
        session = open_session(connect_channel("whatsapp_web", "Loja", number).id)
    made = {
        "customer_id": desk.post("/crm/customers", {"name": "Padaria Aurora"}).json["id"],
        "import_id": upload(desk, "/crm/imports", {"file": (io.BytesIO(b"Nome\nFulana\n"), "clientes.csv")}),
        "batch_id": upload(desk, "/documents/batches", table),
        "document_id": upload(desk, "/documents/repository", kept),
        "session_id": session.id,
    }
    return {name: rows[kind] for name, kind in NAMES.items()} | made


def example(document: dict[str, Any], path: str) -> Any:
    return document["paths"][f"/api/v1{path}"]["post"]["requestBody"]["content"]["application/json"]["example"]


def upload(desk: JsonClient, path: str, form: dict[str, Any]) -> uuid.UUID:
    answer = desk.post(path, data=form, content_type="multipart/form-data")
    return uuid.UUID(answer.json["id"])


def lists(document: dict[str, Any], known: dict[str, uuid.UUID]) -> Iterator[tuple[str, dict[str, str], str]]:
    """Path, query and the argument that holds the cursor: of each list as it is, and in each of its orders."""
    for template, item in document["paths"].items():
        operation = item.get("get", {"x-permission": PUBLIC})
        if operation["x-permission"] in (PUBLIC, SUPER_ADMIN):
            continue
        parameters = operation.get("parameters", [])
        path = template
        for name in (each["name"] for each in parameters if each.get("in") == "path"):
            path = path.replace(f"{{{name}}}", str(known.get(name, name)))
        for name in (each["name"] for each in parameters if each.get("name") in ("cursor", "before", "after")):
            for query in orders(parameters):
                yield path, query, name


def orders(parameters: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    yield {}
    for parameter in parameters:
        if parameter.get("name") in ORDERS:
            yield from ({parameter["name"]: str(word)} for word in parameter["schema"].get("enum", ()))


def test_no_list_fails_over_a_cursor(desk: JsonClient, document: dict[str, Any], known: dict[str, uuid.UUID]) -> None:
    wrong, readers = [], 0
    for path, query, name in lists(document, known):
        whole = desk.request("GET", path, query_string=query)
        assert whole.status_code == 200, f"{path} {query}: {whole.text}"
        if desk.request("GET", path, query_string={**query, name: STRANGE[0]}).status_code == 200:
            continue  # it pages by number
        readers += 1
        for evil in (*STRANGE, *BENT):
            answer = desk.request("GET", path, query_string={**query, name: evil})
            if evil in SOMEONES and answer.status_code == 200:
                continue
            if answer.status_code != 422 or "cursor" not in answer.json["error"]["details"]:
                wrong.append(f"{path} {query} {name}={evil}: {answer.status_code}")
    assert readers > 30
    assert not wrong, "\n".join(wrong)
