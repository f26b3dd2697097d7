"""No operation of the API does anything with another organization's rows, wherever their ids stand."""

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, Member, TestOrganization
from ramal.testing.tenancy import Attack, UnknownName, attacks, rows_of

Api = Callable[[Member | None], JsonClient]
ActingFor = Callable[[uuid.UUID], AbstractContextManager[None]]

#: What a request may change in its own house is not looked at; nor are logins.
NOT_COMPARED = {"auth_session", "user"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get("/api/schema").data)
    return found


@pytest.fixture
def own(organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    return rows_of(organization, make)


@pytest.fixture
def foreign(other_organization: TestOrganization, make: Factory, acting_for: ActingFor) -> dict[str, uuid.UUID]:
    with acting_for(other_organization.id):
        return rows_of(other_organization, make)


@pytest.fixture
def caller(api: Api, admin: Member) -> JsonClient:
    return api(admin)


def content_of(engine: Engine, organization_id: uuid.UUID) -> dict[str, list[str]]:
    """All rows of an organization, as the database's owner sees them."""
    tables = text(
        "select table_name from information_schema.columns where table_schema = 'public'"
        " and column_name = 'organization_id' order by table_name"
    )
    found = {}
    with engine.connect() as connection:
        for table in connection.execute(tables).scalars():
            if table not in NOT_COMPARED:
                rows = text(f'select t::text from "{table}" t where organization_id = :id order by 1')
                found[table] = list(connection.execute(rows, {"id": organization_id}).scalars())
    return found


def carry_out(caller: JsonClient, attack: Attack) -> Any:
    return caller.request(attack.method, attack.path, attack.body, query_string=dict(attack.query))


def says_unknown(caller: JsonClient, attack: Attack, foreign: dict[str, uuid.UUID], answer: Any) -> bool:
    """A field of a body may answer 422, in the very words that an id which nobody has would get."""
    if attack.field is None or answer.status_code != 422 or attack.field not in answer.json["error"]["details"]:
        return False
    text_ = json.dumps(attack.body)
    for id_ in foreign.values():
        text_ = text_.replace(str(id_), str(uuid.uuid4()))
    unknown = caller.request(attack.method, attack.path, json.loads(text_)).json["error"]
    return all(unknown[key] == answer.json["error"][key] for key in ("code", "message", "details"))


def test_foreign_ids_lead_nowhere(
    caller: JsonClient,
    document: dict[str, Any],
    own: dict[str, uuid.UUID],
    foreign: dict[str, uuid.UUID],
    owner_engine: Engine,
) -> None:
    neighbour = foreign["organization"]
    before = content_of(owner_engine, neighbour)
    assert any(before.values())
    wrong = []
    for attack in attacks(document, own, foreign):
        answer = carry_out(caller, attack)
        if attack.query and answer.status_code == 200:
            # A filter by somebody else's id finds nothing.
            told = [kind for kind, id_ in foreign.items() if str(id_) in answer.text]
            if told or answer.json.get("items"):
                wrong.append(f"{attack}: shows {told or 'rows'}")
        elif answer.status_code not in (403, 404) and not says_unknown(caller, attack, foreign, answer):
            wrong.append(f"{attack}: {answer.status_code} {answer.text[:200]}")
        if "vizinha" in answer.text.lower() or "segredo da" in answer.text:
            wrong.append(f"{attack}: tells the secret")
    assert not wrong, "\n".join(wrong)
    assert content_of(owner_engine, neighbour) == before


def test_the_same_requests_with_ones_own_ids_find_the_rows(
    caller: JsonClient, document: dict[str, Any], own: dict[str, uuid.UUID]
) -> None:
    """Else the test above would prove nothing: a wrong address is a 404 too."""
    missed = [
        f"{attack}: {answer.status_code}"
        for attack in attacks(document, own, own)
        if attack.method == "GET" and (answer := carry_out(caller, attack)).status_code not in (200, 302, 303)
    ]
    assert not missed, "\n".join(missed)


def test_an_id_nobody_explained_is_an_error(own: dict[str, uuid.UUID]) -> None:
    parameter = {"in": "path", "name": "deal_id", "schema": {"type": "string", "format": "uuid"}}
    document = {"paths": {"/deals/{deal_id}": {"get": {"parameters": [parameter]}}}, "components": {"schemas": {}}}
    with pytest.raises(UnknownName):
        list(attacks(document, own, own))
    assert list(attacks(document, {"deal": uuid.uuid4()}, {"deal": uuid.uuid4()}, {"deal_id": "deal"}))


def test_without_a_login_no_operation_answers(
    client: FlaskClient, document: dict[str, Any], own: dict[str, uuid.UUID]
) -> None:
    open_ = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if operation["x-permission"] != "public":
                concrete = path
                for parameter in operation.get("parameters", []):
                    if parameter.get("in") == "path":
                        value = parameter["schema"].get("enum", [str(uuid.uuid4())])[0]
                        concrete = concrete.replace(f"{{{parameter['name']}}}", value)
                answer = client.open(concrete, method=method.upper(), json={})
                if answer.status_code != 401:
                    open_.append(f"{method.upper()} {path}: {answer.status_code}")
    assert not open_, "\n".join(open_)
