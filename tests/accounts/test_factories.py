"""The fixtures that every area and every plugin author builds on."""

from collections.abc import Callable

from flask.testing import FlaskClient

from ramal.database.session import db
from ramal.inbox.models import Message
from ramal.testing.factories import Factory, Member, TestOrganization


def test_rows_belong_to_the_organization_in_use(make: Factory, organization: TestOrganization) -> None:
    message = make.message(body="Bom dia")
    assert message.organization_id == organization.id
    assert db.session.execute(db.select(Message.body)).scalars().all() == ["Bom dia"]


def test_every_test_starts_empty(make: Factory) -> None:
    assert db.session.execute(db.select(Message.body)).scalars().all() == []


def test_a_browser_can_be_logged_in(
    client: FlaskClient, login: Callable[[FlaskClient, Member], FlaskClient], agent: Member
) -> None:
    login(client, agent)
    assert client.get("/api/v1/me").status_code == 200
    assert client.patch("/api/v1/me", json={"theme": "dark"}).status_code == 200


def test_a_browser_without_the_csrf_value_changes_nothing(
    client: FlaskClient, login: Callable[[FlaskClient, Member], FlaskClient], agent: Member
) -> None:
    login(client, agent)
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    answer = client.patch("/api/v1/me", json={"theme": "dark"})
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["error"]["code"] == "FORBIDDEN"
