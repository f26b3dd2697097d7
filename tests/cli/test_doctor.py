"""`ramal doctor`: what it says about a healthy installation, and about each way to be ill."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pytest_httpserver import HTTPServer
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from ramal.cli import running
from ramal.cli.doctor import database, machine, work
from ramal.cli.doctor.findings import Finding, examined
from ramal.config import Settings
from ramal.database.provision import RoleUrls, on_database
from ramal.testing.factories import TestOrganization
from ramal.testing.installation import Installation
from ramal.testing.services import SharedServer


def _run(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    return _ramal(environment, "doctor", *arguments)


def _ramal(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "ramal.cli", *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return result.returncode, result.stdout + result.stderr


def _levels(findings: Iterator[Finding] | list[Finding]) -> dict[str, str]:
    return {finding.subject: finding.level for finding in findings}


def test_a_healthy_installation(installation: Installation) -> None:
    code, output = _run(installation.environment, "--json")
    findings = {finding["subject"]: finding for finding in json.loads(output)}
    wrong = [finding for finding in findings.values() if finding["level"] == "error"]
    assert (code, wrong) == (0, [])
    for subject in ("database", "system role", "owner role", "organizations apart", "migrations", "clock", "redis"):
        assert findings[subject]["level"] == "ok", findings[subject]
    for subject in ("web server", "socket", "worker", "storage", "secret keys"):
        assert findings[subject]["level"] == "ok", findings[subject]


def test_it_speaks_to_people_and_fails_with_code_1(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAMAL_")}
    code, output = _run({**environment, "RAMAL_DATA_DIR": str(tmp_path)})
    assert code == 1
    assert "✗ database: RAMAL_DATABASE_URL is not set" in output
    assert "→ Set RAMAL_DATABASE_URL" in output
    assert "to mend" in output


@pytest.fixture
def beside(installation: Installation, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of another terminal, where nobody set the variables: the file of `ramal up` has them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAMAL_")}
    with running.told(tmp_path, installation.environment), (tmp_path / running.LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield {**environment, "RAMAL_DATA_DIR": str(tmp_path)}
    assert not (tmp_path / running.FILE).exists()


def test_it_finds_the_servers_of_a_running_ramal_up(beside: dict[str, str]) -> None:
    assert (Path(beside["RAMAL_DATA_DIR"]) / running.FILE).stat().st_mode & 0o777 == 0o600
    assert _run(beside)[0] == 0


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("plugins", "list"), "whatsapp_cloud  0.1.0    0.1.0"),
        (("db", "current"), "(head)"),
        (
            ("users", "reset-password", "nobody@example.com", "--password", "uma frase bem comprida"),
            "nobody@example.com",
        ),
    ],
    ids=["plugins", "db", "users"],
)
def test_so_do_the_other_commands(beside: dict[str, str], command: tuple[str, ...], says: str) -> None:
    assert says in _ramal(beside, *command)[1]


def test_what_a_dead_ramal_up_left_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in running.NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAMAL_DATA_DIR", str(tmp_path))
    (tmp_path / running.FILE).write_text(json.dumps({"RAMAL_DATABASE_URL": "postgresql://gone"}))
    (tmp_path / running.LOCK).touch()
    assert not running.adopt()
    assert "RAMAL_DATABASE_URL" not in os.environ


# --- the database -----------------------------------------------------------------------------------


def test_a_database_that_is_not_there() -> None:
    url = "postgresql+psycopg2://nobody@127.0.0.1:9/nothing"
    settings = Settings(database_url=url, database_system_url=url, database_owner_url=url)
    finding = next(iter(database.look_at_database(settings)))
    assert (finding.subject, finding.level) == ("database", "error")
    assert "no connection" in finding.detail


def test_a_superuser_is_refused(ramal_server: SharedServer, postgres_urls: RoleUrls) -> None:
    name = postgres_urls.app_url.split("?")[0].rsplit("/", 1)[-1]
    url = on_database(ramal_server.superuser_url, name)
    settings = Settings(database_url=url, database_system_url=url, database_owner_url=postgres_urls.owner_url)
    found = {finding.subject: finding for finding in database.look_at_database(settings)}
    assert found["database"].level == found["system role"].level == "error"
    assert "superuser" in found["database"].detail
    assert "NOSUPERUSER" in found["database"].mend


def test_the_owner_is_refused_as_the_application(postgres_urls: RoleUrls) -> None:
    settings = Settings(database_url=postgres_urls.owner_url, database_system_url=postgres_urls.system_url)
    found = {finding.subject: finding for finding in database.look_at_database(settings)}
    assert (found["database"].level, found["owner role"].level) == ("error", "warning")
    assert "member of ramal_owner" in found["database"].detail


def test_roles_that_are_swapped(postgres_urls: RoleUrls) -> None:
    settings = Settings(database_url=postgres_urls.system_url, database_system_url=postgres_urls.app_url)
    found = {finding.subject: finding for finding in database.look_at_database(settings)}
    assert "no member of ramal_app" in found["database"].detail
    assert "no member of ramal_system" in found["system role"].detail


def test_a_schema_that_is_not_there_yet(empty_database: RoleUrls) -> None:
    levels = {finding.subject: finding for finding in database.look_at_database(_settings_of(empty_database))}
    assert levels["migrations"].level == "error"
    assert "ramal db upgrade" in levels["migrations"].mend


def test_a_schema_of_a_newer_release(ramal_server: SharedServer, migrated: RoleUrls) -> None:
    _execute(migrated.owner_url, "update alembic_version set version_num = '9999'")
    found = {finding.subject: finding for finding in database.look_at_database(_settings_of(migrated))}
    assert "doesn't know" in found["migrations"].detail


def test_a_fence_with_a_hole(migrated: RoleUrls) -> None:
    _execute(migrated.owner_url, "alter table contact disable row level security")
    found = {finding.subject: finding for finding in database.look_at_database(_settings_of(migrated))}
    assert found["organizations apart"].level == "error"
    assert "contact" in found["organizations apart"].detail


def test_a_fence_that_is_open(migrated: RoleUrls) -> None:
    _execute(migrated.owner_url, "insert into organization (id, name, slug) values (gen_random_uuid(), 'X', 'x')")
    _execute(migrated.owner_url, "create policy hole on organization to ramal_app using (true)")
    found = {finding.subject: finding for finding in database.look_at_database(_settings_of(migrated))}
    assert "without naming one" in found["organizations apart"].detail


@pytest.mark.parametrize(("skew", "level"), [(0.1, "ok"), (-5.0, "warning"), (60.0, "error")])
def test_clocks_that_differ(skew: float, level: str) -> None:
    assert database._clock(skew).level == level


@pytest.fixture
def migrated(ramal_server: SharedServer, ramal_template_builder: Any) -> Iterator[RoleUrls]:
    """A database of its own, to be spoiled."""
    name = f"doctor_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    yield ramal_server.copy_of_template("ramal", ramal_template_builder, name)
    ramal_server.drop(name)


def _settings_of(urls: RoleUrls) -> Settings:
    return Settings(database_url=urls.app_url, database_system_url=urls.system_url, database_owner_url=urls.owner_url)


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))


# --- what surrounds it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "level"), [((), "error"), (("short",), "warning"), (("k" * 40,), "ok"), (("k" * 40, "l" * 40), "ok")]
)
def test_secret_keys(keys: tuple[str, ...], level: str) -> None:
    assert _levels(machine.look_at_keys(Settings(secret_keys=keys))) == {"secret keys": level}


@pytest.mark.parametrize(
    ("url", "level"),
    [("", "warning"), ("http://chat.example", "warning"), ("https://chat.example", "ok"), ("http://localhost:1", "ok")],
)
def test_public_address(url: str, level: str) -> None:
    assert _levels(machine.look_at_address(Settings(public_url=url))) == {"public address": level}


@pytest.mark.parametrize(("free", "level"), [(100, "error"), (1024**3, "warning"), (10 * 1024**3, "ok")])
def test_room_for_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": free}))
    assert _levels(machine.look_at_storage(Settings(data_dir=tmp_path))) == {"storage": level}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    settings = Settings(data_dir=tmp_path / "data")
    (finding,) = examined("storage", lambda: machine.look_at_storage(settings), "Let it write.")
    assert (finding.level, finding.mend) == ("error", "Let it write.")
    assert "FileExistsError" in finding.detail


def test_redis_that_is_not_there() -> None:
    assert _levels(machine.look_at_redis(Settings())) == {"redis": "error"}
    settings = Settings(redis_url="redis://127.0.0.1:9/0")
    assert _levels(examined("redis", lambda: machine.look_at_redis(settings), "Start it.")) == {"redis": "error"}


def test_redis_that_is_nearly_full(redis_url: str) -> None:
    import redis

    with redis.Redis.from_url(redis_url) as link:
        link.config_set("maxmemory", link.info("memory")["used_memory"])
        try:
            assert _levels(machine.look_at_redis(Settings(redis_url=redis_url))) == {"redis": "warning"}
        finally:
            link.config_set("maxmemory", 0)


def test_a_web_server_that_is_not_there_or_not_well(httpserver: HTTPServer) -> None:
    assert _levels(machine.look_at_web(Settings(port=9))) == {"web server": "error"}
    httpserver.expect_request("/health/ready").respond_with_json({"status": "unavailable"}, status=503)
    httpserver.expect_request("/ws").respond_with_data("", status=404)
    settings = Settings(port=httpserver.port)
    assert _levels(machine.look_at_web(settings)) == {"web server": "error", "socket": "error"}


def test_a_socket_behind_a_dead_proxy() -> None:
    (finding,) = machine.look_at_socket("http://127.0.0.1:9")
    assert (finding.level, "proxy" in finding.mend) == ("error", True)


@pytest.mark.parametrize(("program", "level"), [(None, "warning"), ("/bin/true", "warning"), ("/bin/echo", "ok")])
def test_fonts(monkeypatch: pytest.MonkeyPatch, program: str | None, level: str) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda _name: program)
    assert _levels(machine.look_at_fonts()) == {"fonts": level}


# --- the worker -------------------------------------------------------------------------------------


def test_no_worker_and_work_that_waits(app: Flask, organization: TestOrganization, owner_engine: Any) -> None:
    assert _levels(work.look_at_work(app)) == {"worker": "error"}
    with owner_engine.begin() as connection:
        connection.execute(
            text(
                "insert into job (id, organization_id, plugin, name, arguments, run_at, max_attempts, status)"
                " values (gen_random_uuid(), :id, 'core', 'x', '{}', now() - interval '5 minutes', 3, 'queued'),"
                " (gen_random_uuid(), :id, 'core', 'y', '{}', now(), 3, 'failed')"
            ),
            {"id": organization.id},
        )
    found = {finding.subject: finding for finding in work.look_at_work(app)}
    assert "jobs wait for" in found["worker"].detail
    assert "ramal worker" in found["worker"].mend
    assert found["dead letters"].level == "warning"


def test_work_that_waits_although_workers_run() -> None:
    finding = work._worker({"webhooks": 300.0}, workers=2)
    assert (finding.level, finding.detail) == ("error", "webhooks wait for 300 s, though 2 workers run")
    assert replace(finding, level="ok").mend
