"""Roles and database, made on a real server by a superuser and by a role with few rights."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from ramal.database import provision as module
from ramal.database.provision import ProvisionError, RolePasswords, RoleUrls, provision
from ramal.testing.services import SharedServer, worker_name


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    link = psycopg2.connect(url.replace("+psycopg2", ""))
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        link.close()


@pytest.fixture
def name(ramal_server: SharedServer) -> Iterator[str]:
    name = f"provision_{worker_name()}"
    yield name
    ramal_server.drop(name)


def test_three_roles_none_of_which_escapes_row_security(empty_database: RoleUrls) -> None:
    for url, role in (
        (empty_database.owner_url, "ramal_owner"),
        (empty_database.app_url, "ramal_app"),
        (empty_database.system_url, "ramal_system"),
    ):
        query = "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert run(url, query) == [(role, False, False, False)]


def test_only_the_owner_makes_tables_and_schemas(empty_database: RoleUrls) -> None:
    run(empty_database.owner_url, "CREATE TABLE mine (n int)", "CREATE SCHEMA plugin_x")
    for url in (empty_database.app_url, empty_database.system_url):
        for forbidden in ("CREATE TABLE theirs (n int)", "CREATE SCHEMA theirs", "SELECT * FROM mine"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                run(url, forbidden)


def test_strangers_cannot_connect(empty_database: RoleUrls, ramal_server: SharedServer) -> None:
    stranger = f"stranger_{worker_name()}"
    run(ramal_server.superuser_url, f"CREATE ROLE {stranger} LOGIN")
    try:
        url = module.as_role(empty_database.app_url, stranger, "x", database_of(empty_database))
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            run(url, "SELECT 1")
    finally:
        run(ramal_server.superuser_url, f"DROP ROLE {stranger}")


def database_of(urls: RoleUrls) -> str:
    ((name,),) = run(urls.owner_url, "SELECT current_database()")
    return str(name)


def test_doing_it_again_keeps_the_data(ramal_server: SharedServer, name: str) -> None:
    urls = provision(ramal_server.superuser_url, name, passwords=ramal_server.passwords)
    run(urls.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert provision(ramal_server.superuser_url, name, passwords=ramal_server.passwords) == urls
    assert run(urls.owner_url, "SELECT n FROM kept") == [(7,)]


def test_a_role_that_may_create_roles_and_databases_is_enough(
    ramal_server: SharedServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = f"admin_{worker_name()}"
    roles = [f"{role}_{worker_name()}" for role in ("owner", "app", "system")]
    for constant, role in zip(("OWNER", "APP", "SYSTEM"), roles, strict=True):
        monkeypatch.setattr(module, constant, role)
    run(ramal_server.superuser_url, f"CREATE ROLE {admin} LOGIN CREATEDB CREATEROLE")
    try:
        url = module.as_role(ramal_server.superuser_url, admin, "x", "postgres")
        for _ in range(2):
            urls = provision(url, name, passwords=ramal_server.passwords)
        run(urls.owner_url, "CREATE TABLE mine (n int)")
        assert run(urls.app_url, "SELECT current_user") == [(roles[1],)]
    finally:
        ramal_server.drop(name)
        run(ramal_server.superuser_url, *(f"DROP ROLE {role}" for role in (*roles, admin)))


def test_a_role_that_bypasses_row_security_is_refused(
    ramal_server: SharedServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = f"bad_{worker_name()}"
    run(ramal_server.superuser_url, f"CREATE ROLE {bad} BYPASSRLS")
    monkeypatch.setattr(module, "APP", bad)
    try:
        with pytest.raises(ProvisionError, match=f"ALTER ROLE {bad} NOSUPERUSER NOBYPASSRLS"):
            provision(ramal_server.superuser_url, name, passwords=ramal_server.passwords)
    finally:
        run(ramal_server.superuser_url, f"DROP ROLE {bad}")


def test_names_that_need_quoting(ramal_server: SharedServer) -> None:
    name = f'Ação "{worker_name()}" /?#'
    urls = ramal_server.new_database(name)
    assert database_of(urls) == name
    ramal_server.drop(name)


def test_passwords_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "roles.json"
    first = RolePasswords.kept_in(file)
    assert RolePasswords.kept_in(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({first.owner, first.app, first.system}) == 3
    assert set(json.loads(file.read_text())) == {"owner", "app", "system"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql+psycopg2://u:p@db:5433/x?sslmode=require",
            "postgresql+psycopg2://r:s%2F@db:5433/y?sslmode=require",
        ),
        ("postgresql://db/x", "postgresql://r:s%2F@db/y"),
        ("postgresql+psycopg2://u@/x?host=%2Frun&port=5432", "postgresql+psycopg2://r:s%2F@/y?host=%2Frun&port=5432"),
    ],
)
def test_urls_of_other_roles_keep_the_server(url: str, expected: str) -> None:
    assert module.as_role(url, "r", "s/", "y") == expected


def test_role_urls_move_together_to_another_database(empty_database: RoleUrls) -> None:
    moved = empty_database.on("other")
    assert moved.app_url.split("?")[0].endswith("/other")
    assert moved.on(database_of(empty_database)) == empty_database
