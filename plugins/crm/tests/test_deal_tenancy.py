"""No operation on pipelines, products or deals does anything with another organization's rows."""

from __future__ import annotations

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
from ramal_crm.models import Customer

KINDS = {
    "after_id": "deal",
    "before_id": "deal",
    "customer_id": "customer",
    "deal_id": "deal",
    "move_to": "stage",
    "owner_id": "user",
    "pipeline_id": "pipeline",
    "product_id": "product",
    "reason_id": "reason",
    "stage_id": "stage",
}
PATHS = ("pipelines", "stages", "products", "loss-reasons", "deals", "conversations")
SECRET = "Negócio Secreto"


def rows(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    """One row of each kind."""
    pipeline = desk.post("/crm/pipelines", {"name": SECRET, "stages": [{"name": SECRET}, {"name": "B"}]}).json
    found = rows_of(organization, make)
    body = {"title": SECRET, "pipeline_id": pipeline["id"], "conversation_id": str(found["conversation"])}
    made = {
        "deal": desk.post("/crm/deals", body).json,
        "pipeline": pipeline,
        "product": desk.post("/crm/products", {"name": SECRET}).json,
        "reason": desk.post("/crm/loss-reasons", {"name": SECRET}).json,
        "stage": pipeline["stages"][0],
    }
    customer = make.add(Customer(kind="person", name=SECRET)).id
    return {**found, "customer": customer, **{kind: uuid.UUID(row["id"]) for kind, row in made.items()}}


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
    mine = tuple(f"/api/v1/crm/{path}" for path in PATHS)
    paths = {path: item for path, item in whole["paths"].items() if path.startswith(mine)}
    assert len(paths) > 20
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
            wrong += [f"{attack}: shows rows"] if "Bolo" in answer.text or SECRET in answer.text else []
        elif answer.status_code not in (403, 404):
            wrong.append(f"{attack}: {answer.status_code} {answer.text[:300]}")
    assert tried > 30
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


def test_a_foreign_product_is_no_item(
    desk: JsonClient, own: dict[str, uuid.UUID], foreign: dict[str, uuid.UUID]
) -> None:
    body = {"title": "x", "items": [{"product_id": str(foreign["product"])}]}
    assert desk.post("/crm/deals", body).status_code == 404
    body["items"] = [{"product_id": str(own["product"])}]
    assert desk.post("/crm/deals", body).status_code == 201


def test_every_operation_says_what_it_does_and_who_may(document: dict[str, Any], client: FlaskClient) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["x-permission"].startswith("crm."), (method, path)
            concrete = "/".join(str(uuid.uuid4()) if part.startswith("{") else part for part in path.split("/"))
            assert client.open(concrete, method=method.upper(), json={}).status_code == 401, path
