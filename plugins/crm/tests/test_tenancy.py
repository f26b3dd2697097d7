"""No operation of the plugin does anything with another organization's rows, wherever their ids stand.

Imports and exports have their own file: an export with a filter that finds nothing is made all the same.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from ramal.plugins.services import enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, TestOrganization
from ramal.testing.tenancy import attacks, rows_of

KINDS = {
    "absorbed_customer_id": "customer",
    "activity_id": "activity",
    "after_id": "deal",
    "before_id": "deal",
    "contact_ids": "contact",
    "customer_file_id": "customer_file",
    "customer_id": "customer",
    "deal_id": "deal",
    "field_id": "field",
    "group_id": "group",
    "lead_id": "lead",
    "move_to": "stage",
    "note_id": "note",
    "owner_id": "user",
    "pipeline_id": "pipeline",
    "product_id": "product",
    "reason_id": "reason",
    "rule_id": "rule",
    "stage_id": "stage",
}
SECRET = "Vizinha Secreta"


def rows(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    """One row of each kind, made through the API."""
    known = rows_of(organization, make)
    group = desk.post("/crm/groups", {"name": SECRET}).json
    field = desk.post("/crm/fields", {"entity": "customer", "label": SECRET, "type": "text"}).json
    customer = desk.post("/crm/customers", {"name": SECRET, "contact_ids": [str(known["contact"])]}).json
    note = desk.post(f"/crm/customers/{customer['id']}/notes", {"body": SECRET}).json
    file = desk.post(
        f"/crm/customers/{customer['id']}/files",
        data={"file": (io.BytesIO(b"%PDF-1.7 x"), f"{SECRET}.pdf")},
        content_type="multipart/form-data",
    ).json
    made = {"customer": customer, "customer_file": file, "field": field, "group": group, "note": note}
    made |= sales(desk, known)
    return {**known, **{kind: uuid.UUID(row["id"]) for kind, row in made.items()}}


def sales(desk: JsonClient, known: Mapping[str, uuid.UUID]) -> dict[str, Any]:
    """A deal with all that it names, a lead with its rule, an activity."""
    pipeline = desk.post("/crm/pipelines", {"name": "Funil", "stages": [{"name": "A"}, {"name": "B"}]}).json
    talk = {"conversation_id": str(known["conversation"])}
    due = "2026-12-10T14:00:00Z"
    return {
        "activity": desk.post("/crm/activities", {"title": SECRET, "due_at": due, **talk}).json,
        "deal": desk.post("/crm/deals", {"title": SECRET, "pipeline_id": pipeline["id"], **talk}).json,
        "lead": desk.post("/crm/leads", {"contact_id": str(known["contact"]), "source": SECRET, **talk}).json,
        "pipeline": pipeline,
        "product": desk.post("/crm/products", {"name": SECRET}).json,
        "reason": desk.post("/crm/loss-reasons", {"name": SECRET}).json,
        "rule": desk.put("/crm/lead-rules", {"channel_id": str(known["channel"]), "source": SECRET}).json,
        "stage": pipeline["stages"][0],
    }


@pytest.fixture
def own(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    return rows(desk, organization, make)


@pytest.fixture
def foreign(
    api: Callable[..., JsonClient], other_organization: TestOrganization, make: Factory, acting_for: Any
) -> dict[str, uuid.UUID]:
    with acting_for(other_organization.id):
        enable_plugin("crm")
        return rows(api(other_organization.admin), other_organization, make)


@pytest.fixture
def document(client: FlaskClient, enabled: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(client.get("/api/schema").data)
    others = tuple(f"/api/v1/crm/{path}" for path in ("imports", "exports"))
    paths = {
        path: item
        for path, item in whole["paths"].items()
        if path.startswith("/api/v1/crm") and not path.startswith(others)
    }
    assert len(paths) > 30
    return {**whole, "paths": paths}


def content(engine: Engine, organization_id: uuid.UUID) -> list[str]:
    """All of the plugin's rows of an organization, as the database's owner sees them."""
    found: list[str] = []
    with engine.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'plugin_crm'"))
        for table in sorted(tables.scalars()):
            if table != "alembic_version":
                query = f'select t::text from plugin_crm."{table}" t where organization_id = :id order by 1'
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
            wrong += [f"{attack}: shows rows"] if answer.json.get("items") else []
        elif answer.status_code not in (403, 404):
            wrong.append(f"{attack}: {answer.status_code} {answer.text[:300]}")
        if SECRET in answer.text:
            wrong.append(f"{attack}: tells the secret")
    assert tried > 50
    assert not wrong, "\n".join(wrong)
    assert content(owner_engine, other_organization.id) == before


def test_searches_see_ones_own_alone(desk: JsonClient, foreign: dict[str, uuid.UUID], enabled: Any) -> None:
    """The search function runs as the tables' owner: it must hold to the organization by itself."""
    assert desk.get("/crm/customers", q="vizinha").json["items"] == []
    mine = desk.post("/crm/customers", {"name": "Vizinha Minha"}).json
    assert [each["id"] for each in desk.get("/crm/customers", q="vizinha").json["items"]] == [mine["id"]]


def test_ones_own_ids_find_the_rows(desk: JsonClient, document: dict[str, Any], own: dict[str, uuid.UUID]) -> None:
    """Else the test above would prove nothing: a wrong address is a 404 too."""
    missed = [
        f"{attack}: {answer.status_code}"
        for attack in attacks(document, own, own, KINDS)
        if attack.method == "GET"
        and (answer := desk.request("GET", attack.path, query_string=dict(attack.query))).status_code != 200
    ]
    assert not missed, "\n".join(missed)


def test_a_foreign_product_is_no_item(
    desk: JsonClient, own: dict[str, uuid.UUID], foreign: dict[str, uuid.UUID]
) -> None:
    body = {"title": "x", "items": [{"product_id": str(foreign["product"])}]}
    assert desk.post("/crm/deals", body).status_code == 404
    body["items"] = [{"product_id": str(own["product"])}]
    assert desk.post("/crm/deals", body).status_code == 201


def test_without_a_login_nothing_answers(client: FlaskClient, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in item:
            concrete = "/".join(str(uuid.uuid4()) if part.startswith("{") else part for part in path.split("/"))
            assert client.open(concrete, method=method.upper(), json={}).status_code == 401, path


def test_every_operation_is_described_and_guarded(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["x-permission"].startswith("crm."), (method, path)
