"""No operation on imports or exports does anything with another organization's rows."""

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

from .tables_of_customers import row, table, upload

KINDS = {
    "contact_id": "contact",
    "customer_id": "customer",
    "export_id": "export",
    "group_id": "group",
    "import_id": "import",
    "owner_id": "user",
    "pipeline_id": "pipeline",
    "stage_id": "stage",
}
PATHS = ("imports", "exports")
SECRET = "Vizinha Secreta"


def rows(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    """One row of each kind."""
    body = upload(table([row(1, Nome=SECRET)]), f"{SECRET}.csv")
    pipeline = desk.post("/crm/pipelines", {"name": SECRET, "stages": [{"name": SECRET}, {"name": "B"}]}).json
    made = {
        "customer": desk.post("/crm/customers", {"name": SECRET}).json,
        "export": desk.post("/crm/exports/customers", {"filters": {"q": SECRET}}).json,
        "group": desk.post("/crm/groups", {"name": SECRET}).json,
        "import": desk.post("/crm/imports", data=body, content_type="multipart/form-data").json,
        "pipeline": pipeline,
        "stage": pipeline["stages"][0],
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
        enable_plugin("crm")
        return rows(api(other_organization.admin), other_organization, make)


@pytest.fixture
def document(client: FlaskClient, enabled: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(client.get("/api/schema").data)
    mine = tuple(f"/api/v1/crm/{path}" for path in PATHS)
    paths = {path: item for path, item in whole["paths"].items() if path.startswith(mine)}
    assert len(paths) > 8
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
        if "/exports/" in attack.path and attack.method == "POST":
            # A filter that names what is not there finds nothing.
            found = answer.status_code == 202 and answer.json["rows"] == 0
            wrong += [] if found else [f"{attack}: {answer.status_code} {answer.text[:300]}"]
        elif answer.status_code not in (403, 404):
            wrong.append(f"{attack}: {answer.status_code} {answer.text[:300]}")
        if SECRET in answer.text:
            wrong.append(f"{attack}: tells the secret")
    assert tried > 7
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
