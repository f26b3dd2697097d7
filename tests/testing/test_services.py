"""The pytest plugin, as a plugin author meets it: in pytest runs of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from ramal.database.provision import RoleUrls
from ramal.testing import services
from ramal.testing.services import SharedServer, worker_name

CONFTEST = """
import os
import psycopg2
import pytest

@pytest.fixture(scope="session")
def ramal_template_builder():
    def build(urls):
        with open(os.environ["BUILDS"], "a") as file:
            file.write("built\\n")
        with psycopg2.connect(urls.owner_url.replace("+psycopg2", "")) as link, link.cursor() as cursor:
            cursor.execute("CREATE TABLE thing (n int)")
            cursor.execute("GRANT ALL ON thing TO ramal_app")
        link.close()
    return build
"""
TESTS = """
import os
import psycopg2
import pytest
import redis

@pytest.mark.parametrize("n", range(6))
def test_it(n, postgres_urls, redis_url):
    with psycopg2.connect(postgres_urls.app_url.replace("+psycopg2", "")) as link, link.cursor() as cursor:
        cursor.execute("INSERT INTO thing VALUES (1) RETURNING current_database()")
        (name,) = cursor.fetchone()
    link.close()
    client = redis.Redis.from_url(redis_url)
    client.incr(name)
    assert client.keys() == [name.encode()]
    with open(os.environ["SEEN"], "a") as file:
        file.write(f"{name} {redis_url}\\n")
"""


# Plugins that this has nothing to do with, and that take seconds to load.
WITHOUT = ("schemathesis", "playwright", "hypothesispytest", "pytest_httpserver", "base_url", "cacheprovider")


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(TESTS)
    (folder / "tmp").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"TMPDIR": str(folder / "tmp"), "BUILDS": str(folder / "builds"), "SEEN": str(folder / "seen")}
    command = [sys.executable, "-m", "pytest", "-q", *(f"-pno:{plugin}" for plugin in WITHOUT), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def leftovers(folder: Path) -> list[str]:
    """The run's folders that are still there, and its servers that still run."""
    found = [path.name for path in (folder / "tmp").glob("ramal-*")]
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()):
                found.append(process.name())
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("workers", ["0", "3"])
def test_processes_share_a_server_and_nothing_else(tmp_path: Path, workers: str) -> None:
    result = run_pytest(tmp_path, "-n", workers)
    assert result.returncode == 0, result.stdout + result.stderr
    seen = set((tmp_path / "seen").read_text().splitlines())
    assert len(seen) == max(1, int(workers))
    assert len({line.split()[0] for line in seen}) == len({line.split()[1] for line in seen}) == len(seen)
    assert (tmp_path / "builds").read_text() == "built\n"
    assert leftovers(tmp_path) == []


def test_a_run_that_needs_nothing_starts_nothing(tmp_path: Path) -> None:
    result = run_pytest(tmp_path, "--collect-only")
    assert result.returncode == 0
    assert leftovers(tmp_path) == []


def test_the_server_ends_when_the_run_is_killed() -> None:
    run = subprocess.Popen(["sleep", "600"])
    folder = services.make_run_folder()
    try:
        server = services.shared_server(folder, run.pid)
        keeper = psutil.Process(json.loads((folder / "keeper.json").read_text())["pid"])
        assert services.shared_server(folder, run.pid) == server
        run.kill()
        run.wait()
        keeper.wait(timeout=60)
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(server.superuser_url.replace("+psycopg2", ""))
    finally:
        run.kill()
        services.end_run(folder)
    assert not folder.exists()


def test_a_server_that_does_not_start_says_why() -> None:
    folder = services.make_run_folder()
    try:
        (folder / "postgres").write_text("in the way")
        with pytest.raises(RuntimeError, match=r"(?s)did not start.*in the way|did not start.*postgres"):
            services.shared_server(folder, os.getpid())
    finally:
        services.end_run(folder)


def test_a_template_that_fails_is_tried_again(ramal_server: SharedServer) -> None:
    key, name = f"bad_{worker_name()}", f"copy_{worker_name()}"

    def fail(_urls: RoleUrls) -> None:
        raise ValueError("broken migration")

    with pytest.raises(ValueError, match="broken migration"):
        ramal_server.copy_of_template(key, fail, name)
    urls = ramal_server.copy_of_template(key, lambda _urls: None, name)
    assert urls.app_url.split("?")[0].endswith(name)
    ramal_server.drop(name)
    ramal_server.drop(f"template_{key}")


def test_each_process_has_a_redis(redis_url: str) -> None:
    assert redis.Redis.from_url(redis_url).ping()


def test_the_database_is_migrated_and_belongs_to_the_owner_role(postgres_urls: RoleUrls) -> None:
    link = psycopg2.connect(postgres_urls.owner_url.replace("+psycopg2", ""))
    try:
        with link, link.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
            assert cursor.fetchall() == [("ramal_owner",)]
    finally:
        link.close()
