"""Who may do what, and that nobody reaches another organization's numbers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from ramal.api import connect_channel, transaction, utcnow
from ramal.plugins.services import enable_plugin
from ramal.testing.client import JsonClient
from ramal.testing.factories import Factory, TestOrganization
from ramal.testing.tenancy import attacks, rows_of
from ramal_whatsapp_web.models import MessageTimes, SessionChange
from ramal_whatsapp_web.services import sessions

from .pairing import BASE

KINDS = {"session_id": "session", "channel": "channel"}
SECRET = "Vizinha Secreta"
SETTINGS = {"driver": "simulator", "server_url": "http://127.0.0.1:1", "api_key": "chave-secreta"}


def rows(organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    """A number with its history and figures."""
    known = rows_of(organization, make)
    with transaction() as session:
        channel = connect_channel("whatsapp_web", SECRET, SETTINGS)
        row = sessions.open_session(channel.id)
        row.me_name = SECRET
        session.add(SessionChange(session_id=row.id, state="ready", source="person", actor_name=SECRET))
        times = MessageTimes(channel_id=channel.id, message_id=known["message"], queued_at=utcnow())
        session.add(times)
    return {**known, "session": row.id, "channel": channel.id}


@pytest.fixture
def own(desk: JsonClient, organization: TestOrganization, make: Factory) -> dict[str, uuid.UUID]:
    return rows(organization, make)


@pytest.fixture
def foreign(
    other_organization: TestOrganization, make: Factory, acting_for: Callable[..., AbstractContextManager[None]]
) -> dict[str, uuid.UUID]:
    with acting_for(other_organization.id):
        enable_plugin("whatsapp_web")
        return rows(other_organization, make)


@pytest.fixture
def document(client: FlaskClient, enabled: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(client.get("/api/schema").data)
    paths = {path: item for path, item in whole["paths"].items() if path.startswith("/api/v1/whatsapp_web")}
    assert len(paths) >= 13
    return {**whole, "paths": paths}


def content(engine: Engine, organization_id: uuid.UUID) -> list[str]:
    """The plugin's rows of an organization, and its channels, as the database's owner sees them."""
    found: list[str] = []
    with engine.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'plugin_whatsapp_web'"))
        names = [f'plugin_whatsapp_web."{name}"' for name in sorted(tables.scalars()) if name != "alembic_version"]
        for table in (*names, "channel"):
            query = f"select t::text from {table} t where organization_id = :id order by 1"
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
    assert len(before) > 3
    wrong, tried = [], 0
    for attack in attacks(document, own, foreign, KINDS):
        tried += 1
        answer = desk.request(attack.method, attack.path, attack.body, query_string=dict(attack.query))
        if answer.status_code not in (403, 404):
            wrong.append(f"{attack}: {answer.status_code} {answer.text[:300]}")
        if SECRET in answer.text:
            wrong.append(f"{attack}: tells the secret")
    assert tried >= 14
    assert not wrong, "\n".join(wrong)
    assert content(owner_engine, other_organization.id) == before


def test_foreign_pages_are_not_found(
    client: FlaskClient, login: Any, enabled: TestOrganization, foreign: dict[str, uuid.UUID]
) -> None:
    browser = login(client, enabled.admin)
    pages = (f"/p/whatsapp_web/sessions/{foreign['session']}{part}" for part in ("", "/panel", "/log", "/qr"))
    for page in (*pages, f"/p/whatsapp_web/channels/{foreign['channel']}"):
        answer = browser.get(page)
        assert answer.status_code == 404, page
        assert SECRET not in answer.text
    assert SECRET not in browser.get("/p/whatsapp_web/").text
    assert SECRET not in browser.get(f"/p/whatsapp_web/latency?channel={foreign['channel']}").text


def test_the_supervisor_of_one_sees_no_other(
    own: dict[str, uuid.UUID],
    foreign: dict[str, uuid.UUID],
    other_organization: TestOrganization,
    organization: TestOrganization,
) -> None:
    """It serves them one after the other; each time only that one's sessions are there."""
    from ramal.api import own_session
    from ramal_whatsapp_web.services import supervisor

    for organization_id, wanted in ((organization.id, own), (other_organization.id, foreign)):
        with own_session(organization_id), transaction():
            sessions.locked(wanted["session"]).next_at = utcnow()
    found = dict(supervisor._due())
    assert found == {organization.id: own["session"], other_organization.id: foreign["session"]}


def test_agents_see_nothing_and_viewers_change_nothing(
    clerk: JsonClient, enabled: TestOrganization, api: Callable[..., JsonClient], own: dict[str, uuid.UUID]
) -> None:
    assert clerk.get(BASE).status_code == 403
    supervisor = api(enabled.member("supervisor"))
    (item,) = supervisor.get(BASE).json["items"]
    assert item["name"] == SECRET
    assert "chave-secreta" not in supervisor.get(BASE).text
    for verb in ("start", "stop", "restart", "logout", "export"):
        answer = supervisor.post(f"{BASE}/{item['id']}/{verb}", {"password": "x" * 12} if verb == "export" else {})
        assert answer.status_code == 403, verb
    assert supervisor.get(f"{BASE}/{item['id']}/qr").status_code == 403
    assert supervisor.post(f"{BASE}/{item['id']}/pairing-code", {"phone": "(11) 91234-5678"}).status_code == 403


def test_without_a_login_nothing_answers(client: FlaskClient, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in item:
            concrete = "/".join(str(uuid.uuid4()) if part.startswith("{") else part for part in path.split("/"))
            assert client.open(concrete, method=method.upper(), json={}).status_code == 401, path


def test_every_operation_is_described_and_guarded(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["x-permission"].startswith("whatsapp_web."), (method, path)
