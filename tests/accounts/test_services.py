"""Use cases that no route reaches: the first admin, and what the command line does."""

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, text

from ramal.accounts import passwords
from ramal.accounts.permissions import permission_registry, permissions_of, register
from ramal.accounts.services import (
    authenticate,
    create_organization,
    create_super_admin,
    ensure_first_admin,
    issue_tokens,
    member_name,
    update_profile,
)
from ramal.cli.users import users
from ramal.config import Settings
from ramal.database.base import new_id
from ramal.database.session import use_organization
from ramal.errors import Conflict, InvalidPayload, NotFound, Unauthorized
from ramal.testing.factories import Member, TestOrganization


def test_the_first_admin_is_made_once(app: Flask, owner_engine: Engine) -> None:
    password = ensure_first_admin("root@example.com")
    assert password
    assert len(password) >= 16
    assert ensure_first_admin("other@example.com") is None
    with app.test_request_context():
        assert authenticate("root@example.com", password).organization_id is not None
    with owner_engine.connect() as connection:
        assert connection.execute(text('select email, is_super_admin from "user"')).all() == [
            ("root@example.com", True)
        ]


def test_a_given_password_is_not_shown_again(app: Flask) -> None:
    assert ensure_first_admin("root@example.com", "given") is None
    with app.test_request_context():
        assert authenticate("root@example.com", "given")


def test_the_command_line_makes_admins_and_resets_passwords(
    app: Flask, ramal_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ramal.cli.users.create_app", lambda: app)
    run = CliRunner().invoke
    made = run(users, ["create-admin", "--email", "eva@example.com", "--password", "eva's secret"])
    assert made.exit_code == 0, made.output
    again = run(users, ["create-admin", "--email", "eva@example.com", "--password", "eva's secret"])
    assert again.exit_code == 1
    assert "eva@example.com" in again.output
    weak = run(users, ["reset-password", "eva@example.com", "--password", "short"])
    assert weak.exit_code == 1
    reset = run(users, ["reset-password", "EVA@example.com", "--password", "another secret"])
    assert reset.exit_code == 0
    with app.test_request_context():
        assert authenticate("eva@example.com", "another secret")
    assert run(users, ["reset-password", "nobody@example.com", "--password", "another secret"]).exit_code == 1


def test_a_user_without_any_organization_cannot_log_in(app: Flask, agent: Member, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("delete from membership where user_id = :id"), {"id": agent.id})
    with app.test_request_context(), pytest.raises(Unauthorized):
        authenticate(agent.email, agent.password)


def test_a_super_admin_without_an_organization_can(app: Flask, owner_engine: Engine) -> None:
    admin = create_super_admin("Platform", {"name": "Eva", "email": "eva@example.com", "password": "eva's secret"})
    with owner_engine.begin() as connection:
        connection.execute(text("delete from membership"))
    with app.test_request_context():
        pair = authenticate("eva@example.com", "eva's secret")
    assert pair.organization_id is None
    headers = {"Authorization": f"Bearer {pair.access}"}
    client = app.test_client()
    me = client.get("/api/v1/me", headers=headers).json
    assert me is not None
    assert (me["id"], me["organization"], me["permissions"]) == (str(admin.id), None, [])
    assert client.get("/api/v1/organizations", headers=headers).status_code == 200
    assert client.get("/api/v1/users", headers=headers).status_code == 403


def test_organizations_of_the_same_name_get_different_addresses(app: Flask) -> None:
    slugs = [
        create_organization("Ótica", {"name": "A", "email": f"a{number}@example.com", "password": "a long secret"})[
            0
        ].slug
        for number in range(2)
    ]
    assert slugs[0] == "otica"
    assert slugs[1].startswith("otica-")
    odd = create_organization("日本", {"name": "A", "email": "b@example.com", "password": "a long secret"})[0]
    assert odd.slug == "organization"


def test_a_taken_email_or_a_weak_password_make_nothing(app: Flask, agent: Member) -> None:
    admin = {"name": "A", "email": agent.email.upper(), "password": "a long secret"}
    with pytest.raises(Conflict):
        create_organization("X", admin)
    with pytest.raises(InvalidPayload):
        create_organization("X", {**admin, "password": "12345678"})


def test_names_of_members(organization: TestOrganization, other_organization: TestOrganization) -> None:
    assert member_name(organization.agent.id) == organization.agent.name
    with pytest.raises(NotFound):
        member_name(other_organization.agent.id)
    use_organization(organization.id)


def test_nobody_is_nobody(app: Flask) -> None:
    with pytest.raises(NotFound):
        issue_tokens(new_id())
    with pytest.raises(NotFound):
        update_profile(new_id(), {"name": "x"})


def test_old_hashes_are_renewed_at_login(app: Flask, agent: Member, owner_engine: Engine) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(agent.password)
    with owner_engine.begin() as connection:
        connection.execute(
            text('update "user" set password_hash = :hash where id = :id'), {"hash": weak, "id": agent.id}
        )
    with app.test_request_context():
        assert authenticate(agent.email, agent.password)
    with owner_engine.connect() as connection:
        now = connection.execute(text('select password_hash from "user" where id = :id'), {"id": agent.id}).scalar_one()
    assert now != weak
    assert not passwords.needs_rehash(now)
    assert passwords.verify_password(now, agent.password)
    assert not passwords.verify_password("no hash at all", "x")


def test_plugins_add_permissions(app: Flask) -> None:
    registry = permission_registry()
    before = dict(registry.permissions)
    try:
        register("deal.manage", "Change deals", ["supervisor"])
        assert "deal.manage" in permissions_of("supervisor")
        assert "deal.manage" in permissions_of("org_admin"), "the administrator may do everything"
        assert "deal.manage" not in permissions_of("agent")
        assert permissions_of("nobody") == frozenset()
        with pytest.raises(ValueError, match="king"):
            register("deal.read", "See deals", ["king"])
    finally:
        registry.permissions = before
        registry._by_role.clear()
