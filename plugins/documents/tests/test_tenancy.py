"""No operation of the plugin does anything with another organization's rows, wherever their ids stand."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from ramal.plugins.services import enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, TestOrganization
from ramal.testing.tenancy import attacks, rows_of

from .agreements import TEMPLATE, values
from .images import png
from .orders import ACCOUNT, PAYER, in_days
from .spreadsheets import row, table, upload

KINDS = {
    "account_id": "account",
    "batch_id": "batch",
    "boleto_id": "boleto",
    "boleto_ids": "boleto",
    "booklet_id": "booklet",
    "contract_id": "contract",
    "document_id": "document",
    "key_id": "key",
    "picture_id": "picture",
    "pix_id": "pix",
    "template_id": "template",
    "version_id": "version",
}
SECRET = "Vizinha Secreta"


def rows(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    """One row of each kind, made through the API."""
    account = desk.post("/documents/accounts", ACCOUNT).json
    body = {"account_id": account["id"], "amount": "10.00", "due_date": str(in_days(9))}
    body["payer"] = {**PAYER, "name": SECRET}
    booklet = desk.post("/documents/generate-booklet", {**body, "count": 2}).json
    boleto = desk.post("/documents/generate-boleto", {**body, "draft": True}).json
    key = desk.post(
        "/documents/pix-keys", {"key": f"{organization.slug}@exemplo.com.br", "name": "X", "city": "Y"}
    ).json
    pix = desk.post("/documents/generate-pix", {"key_id": key["id"], "description": SECRET}).json
    template = desk.post("/documents/contract-templates", {**TEMPLATE, "name": SECRET}).json
    body = {"template_id": template["id"], "values": values(), "title": SECRET}
    contract = desk.post("/documents/generate-contract", body).json
    agreements = {"contract": contract, "template": template, "version": template["latest"]}
    data = table([row(1, Nome=SECRET)])
    batch = desk.post(
        "/documents/batches", data=upload(data, account, f"{SECRET}.csv"), content_type="multipart/form-data"
    ).json
    kept = {"file": (io.BytesIO(b"%PDF-1.7 x"), f"{SECRET}.pdf"), "contact_id": str(make.contact(name=SECRET).id)}
    document = desk.post("/documents/repository", data=kept, content_type="multipart/form-data").json
    logo = {"file": (io.BytesIO(png()), "logo.png"), "name": "vizinha"}
    picture = desk.post("/documents/pictures", data=logo, content_type="multipart/form-data").json
    made = {
        "account": account,
        "batch": batch,
        "document": document,
        "boleto": boleto,
        "booklet": booklet,
        "key": key,
        "picture": picture,
        "pix": pix,
        **agreements,
    }
    return {**rows_of(organization, make), **{kind: uuid.UUID(row["id"]) for kind, row in made.items()}}


@pytest.fixture
def own(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    return rows(desk, organization, make)


@pytest.fixture
def foreign(
    api: Callable[..., JsonClient], other_organization: TestOrganization, make: Factory, acting_for: Any
) -> dict[str, uuid.UUID]:
    with acting_for(other_organization.id):
        enable_plugin("documents")
        return rows(api(other_organization.admin), other_organization, make)


@pytest.fixture
def document(client: FlaskClient, enabled: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(client.get("/api/schema").data)
    paths = {path: item for path, item in whole["paths"].items() if path.startswith("/api/v1/documents")}
    assert len(paths) > 10
    return {**whole, "paths": paths}


def content(engine: Engine, organization_id: uuid.UUID) -> list[str]:
    """All of the plugin's rows of an organization, as the database's owner sees them."""
    found: list[str] = []
    with engine.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'plugin_documents'"))
        for table in sorted(tables.scalars()):
            if table != "alembic_version":
                query = f'select t::text from plugin_documents."{table}" t where organization_id = :id order by 1'
                found += connection.execute(text(query), {"id": organization_id}).scalars()
    return found


def test_foreign_ids_lead_nowhere(
    desk: JsonClient,
    document: dict[str, Any],
    own: dict[str, uuid.UUID],
    foreign: dict[str, uuid.UUID],
    owner_engine: Engine,
    other_organization: TestOrganization,
) -> None:
    before = content(owner_engine, other_organization.id)
    assert len(before) > 6
    wrong, tried = [], 0
    for attack in attacks(document, own, foreign, KINDS):
        tried += 1
        answer = desk.request(attack.method, attack.path, attack.body, query_string=dict(attack.query))
        if attack.query and answer.status_code == 200:
            wrong += [f"{attack}: shows rows"] if answer.json["items"] else []
        elif answer.status_code not in (403, 404):
            wrong.append(f"{attack}: {answer.status_code} {answer.text[:300]}")
        if SECRET in answer.text:
            wrong.append(f"{attack}: tells the secret")
    assert tried > 20
    assert not wrong, "\n".join(wrong)
    assert content(owner_engine, other_organization.id) == before


def test_ones_own_ids_find_the_rows(desk: JsonClient, document: dict[str, Any], own: dict[str, uuid.UUID]) -> None:
    """Else the test above would prove nothing: a wrong address is a 404 too."""
    missed = [
        f"{attack}: {answer.status_code}"
        for attack in attacks(document, own, own, KINDS)
        if attack.method == "GET"
        and (answer := desk.request("GET", attack.path, query_string=dict(attack.query))).status_code != 200
    ]
    assert not missed, "\n".join(missed)


def test_without_a_login_nothing_answers(client: FlaskClient, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in item:
            concrete = "/".join(str(uuid.uuid4()) if part.startswith("{") else part for part in path.split("/"))
            assert client.open(concrete, method=method.upper(), json={}).status_code == 401, path


def test_every_field_that_goes_in_is_described(document: dict[str, Any]) -> None:
    """Whoever reads the documentation sees an example or a plain type for each."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["x-permission"].startswith("documents."), (method, path)


def test_a_table_goes_to_no_account_of_another_organization(
    desk: JsonClient, foreign: dict[str, uuid.UUID], own: dict[str, uuid.UUID]
) -> None:
    body = upload(table([row(1)]), {"id": str(foreign["account"])})
    assert desk.post("/documents/batches", data=body, content_type="multipart/form-data").status_code == 404
