"""`flask db` and `ramal db` as they are typed, on a database of their own, for the core and for a plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from ramal.database.migrate import LOCK, core_versions
from ramal.database.provision import RoleUrls
from ramal.testing.services import SharedServer, worker_name

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests/plugins/sample/ramal_good"
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi", "db")
RAMAL = (sys.executable, "-m", "ramal.cli")
NEWEST = sorted(core_versions().glob("[0-9]*.py"))[-1].name[:4]
GROWN = """

class Leaf(TenantMixin, Model):
    __tablename__ = "leaf"
    __table_args__ = tenant_args()

    color: Mapped[str]
"""
LEAF = """
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.execute("create table plugin_good.leaf (id uuid)")
    pass


def downgrade():
    op.execute("drop table plugin_good.leaf")
"""


class Shell:
    """Commands in the environment of an installation with one plugin, `good`, whose source the test may change."""

    def __init__(self, urls: RoleUrls, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.package = folder / "ramal_good"
        shutil.copytree(SAMPLE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        info = folder / "ramal_good-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ramal-good\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text("[ramal.plugins]\ngood = ramal_good.plugin:GoodPlugin\n")
        self.owner: Engine = create_engine(urls.owner_url, poolclass=NullPool)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAMAL_")},
            "RAMAL_DATABASE_URL": urls.app_url,
            "RAMAL_DATABASE_OWNER_URL": urls.owner_url,
            "RAMAL_DATABASE_SYSTEM_URL": urls.system_url,
            "RAMAL_SECRET_KEYS": "tests only: a long text that nobody else knows",
            "RAMAL_DATA_DIR": str(folder),
            "RAMAL_PLUGINS": "good",
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, *command: str, fails: bool = False) -> str:
        """What a command prints; it must end well, or badly if ``fails``."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        told = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, told
        return told

    def flask(self, *arguments: str, fails: bool = False) -> str:
        return self.run(*FLASK, *arguments, fails=fails)

    def ramal(self, *arguments: str, fails: bool = False) -> str:
        return self.run(*RAMAL, *arguments, fails=fails)

    def rows(self, query: str) -> list[Any]:
        """What the owner sees."""
        with self.owner.connect() as connection:
            return list(connection.execute(text(query)))

    def revisions(self, schema: str) -> list[str]:
        """Where a schema stands."""
        return [row[0] for row in self.rows(f'select version_num from "{schema}".alembic_version')]

    def noted(self) -> tuple[str, str, str]:
        """What `installed_plugin` says of the plugin: version, revision, state."""
        (row,) = self.rows("select installed_version, revision, state from installed_plugin where name = 'good'")
        return tuple(row)

    def grow(self) -> None:
        """The plugin's author adds a table to its models."""
        with (self.package / "models.py").open("a") as models:
            models.write(GROWN)


@pytest.fixture
def shell(empty_database: RoleUrls, tmp_path: Path) -> Iterator[Shell]:
    """An installation before its first migration."""
    shell = Shell(empty_database, tmp_path)
    yield shell
    shell.owner.dispose()


@pytest.fixture
def installed(ramal_server: SharedServer, tmp_path: Path) -> Iterator[Shell]:
    """An installation with the core and the plugin."""

    def build(urls: RoleUrls) -> None:
        maker = Shell(urls, tmp_path / "maker")
        maker.ramal("db", "upgrade")
        maker.ramal("plugins", "install", "good")

    name = f"migrated_{worker_name()}"
    shell = Shell(ramal_server.copy_of_template("migrated", build, name), tmp_path / "home")
    yield shell
    shell.owner.dispose()
    ramal_server.drop(name)


def test_flask_db_makes_the_cores_tables_and_secures_them(shell: Shell) -> None:
    assert "(head)" not in shell.flask("current")
    assert shell.rows("select 1 from pg_tables where schemaname = 'public'") == []  # looking changes nothing
    assert f"core: {NEWEST}" in shell.flask("upgrade")
    assert shell.revisions("public") == [NEWEST]
    open_tables = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    assert shell.rows(f"{open_tables} and relname <> 'alembic_version' and not relforcerowsecurity") == []
    assert shell.rows("select 1 from pg_policies where tablename = 'contact' and policyname = 'app_tenant'") == [(1,)]
    assert f"{NEWEST} (head)" in shell.flask("current")
    assert "No new upgrade operations detected" in shell.flask("check")


def test_comparing_what_is_equal_writes_nothing(installed: Shell) -> None:
    before = sorted(core_versions().glob("*.py"))
    assert "Nothing to write" in installed.flask("revision", "--autogenerate", "-m", "Nothing")
    assert sorted(core_versions().glob("*.py")) == before


def test_ramal_db_upgrade_leaves_new_plugins_to_the_operator(shell: Shell) -> None:
    told = shell.ramal("db", "upgrade")
    assert told.splitlines() == [
        "core: up to date",
        "good: 0.1.0 is available: `ramal plugins install good` installs it",
    ]
    refused = shell.flask("-x", "plugin=good", "upgrade", fails=True)
    assert "good is not installed: `ramal plugins install good` makes its tables" in refused
    assert shell.rows("select 1 from pg_namespace where nspname = 'plugin_good'") == []


def test_an_author_writes_a_revision_and_applies_it_with_flask_db(installed: Shell) -> None:
    good = ("-x", "plugin=good")
    assert "No new upgrade operations detected" in installed.flask(*good, "check")
    installed.grow()
    installed.flask(*good, "revision", "--autogenerate", "-m", "Leaves")
    written = (installed.package / "migrations/0002_leaves.py").read_text()
    assert 'schema="plugin_good"' in written.replace("'", '"')
    assert "thing" not in written
    assert "0001 -> 0002 (head), Leaves" in installed.flask(*good, "history")

    assert "good: 0002" in installed.flask(*good, "upgrade")
    assert (installed.revisions("plugin_good"), installed.revisions("public")) == (["0002"], [NEWEST])
    policies = installed.rows("select policyname from pg_policies where tablename = 'leaf' order by 1")
    assert policies == [("app_tenant",), ("owner_all",)]
    grants = "select privilege_type from information_schema.role_table_grants where table_name = 'leaf'"
    assert ("INSERT",) in installed.rows(f"{grants} and grantee = 'ramal_app'")
    assert installed.noted() == ("0.1.0", "0002", "installed")


def test_ramal_db_speaks_of_a_plugin_too(installed: Shell) -> None:
    good = ("db", "-x", "plugin=good")
    (installed.package / "migrations/0002_leaf.py").write_text(LEAF)
    assert "(head)" not in installed.ramal(*good, "current")
    installed.ramal("db", "upgrade")
    assert installed.noted() == ("0.1.0", "0002", "installed")
    assert "good: 0001" in installed.ramal(*good, "downgrade")
    assert installed.rows("select to_regclass('plugin_good.leaf')") == [(None,)]
    # A process that boots now sees that its code is ahead: old schema never meets new code.
    assert installed.noted() == ("0.1.0", "0001", "installed")
    assert "good: 0002" in installed.ramal(*good, "upgrade", "+1")


def test_what_fails_leaves_nothing(installed: Shell) -> None:
    (installed.package / "migrations/0002_leaf.py").write_text(LEAF.replace("pass", "op.execute('oops')"))
    assert "oops" in installed.flask("-x", "plugin=good", "upgrade", fails=True)
    assert installed.revisions("plugin_good") == ["0001"]
    assert installed.rows("select to_regclass('plugin_good.leaf')") == [(None,)]
    assert "migration failed" in installed.ramal("db", "upgrade", fails=True)


def test_flask_db_waits_for_the_lock_of_whoever_migrates(installed: Shell) -> None:
    url = installed.environment["RAMAL_DATABASE_OWNER_URL"]
    mark = "&" if "?" in url else "?"
    installed.environment["RAMAL_DATABASE_OWNER_URL"] = f"{url}{mark}options=-clock_timeout%3D200ms"
    with installed.owner.connect() as other:
        other.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
        assert "lock timeout" in installed.flask("upgrade", fails=True)
        assert f"{NEWEST} (head)" in installed.flask("current")  # looking waits for nobody


@pytest.fixture
def refusal(app: Flask, caplog: pytest.LogCaptureFixture) -> Callable[..., str]:
    """Run a ``flask db`` command that must be refused; answers with the reason."""

    def run(*arguments: str) -> str:
        done = app.test_cli_runner().invoke(args=["db", *arguments])
        assert done.exit_code == 1, done.output
        return caplog.messages[-1]

    return run


def test_refusals_are_sentences(refusal: Callable[..., str]) -> None:
    assert "no installed distribution brings a plugin nowhere" in refusal("-x", "plugin=nowhere", "current")
    assert "-x takes plugin=<name>" in refusal("-x", "tenant=nowhere", "upgrade")
    assert "--sql can't be had" in refusal("upgrade", "--sql")


def test_without_the_owner_it_says_so(refusal: Callable[..., str], app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["ramal.settings"]
    monkeypatch.setitem(app.extensions, "ramal.settings", settings.with_(database_owner_url=""))
    assert "RAMAL_DATABASE_OWNER_URL is not set" in refusal("current")
