"""``ramal plugins …`` and ``ramal <plugin> …`` as an operator types them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ramal.cli import main

COMMAND = (
    "    @hookimpl\n    def register_cli(self):\n"
    "        import click\n"
    "        @click.command('where')\n"
    "        def where():\n"
    "            from ramal.database.session import organization_id_or_none\n"
    "            click.echo(f'in {organization_id_or_none()}')\n"
    "        return [where]"
)


@pytest.fixture
def ramal(make_app, monkeypatch):
    """Run a command as it would be run on the test's database, with the named plugins."""
    make_app()
    settings = make_app.settings
    monkeypatch.setenv("RAMAL_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("RAMAL_DATABASE_OWNER_URL", settings.database_owner_url)
    monkeypatch.setenv("RAMAL_DATABASE_SYSTEM_URL", settings.database_system_url)
    monkeypatch.setenv("RAMAL_REDIS_URL", settings.redis_url)
    monkeypatch.setenv("RAMAL_SECRET_KEYS", settings.secret_keys[0])
    monkeypatch.setenv("RAMAL_DATA_DIR", str(settings.data_dir))

    def run(*arguments, plugins, **options):
        make_app(*plugins, install=False)
        monkeypatch.setenv("RAMAL_PLUGINS", ",".join(plugins))
        return CliRunner().invoke(main, list(arguments), **options)

    return run


def test_the_life_of_a_plugin(ramal, distribute, tmp_path):
    distribute("good")

    def listed():
        lines = ramal("plugins", "list", plugins=["good"]).output.splitlines()
        return next(line.split() for line in lines if line.startswith("good"))

    assert listed() == ["good", "0.1.0", "-", "available"]
    assert "would run 0001" in ramal("plugins", "install", "good", "--dry-run", plugins=["good"]).output
    done = ramal("plugins", "install", "good", plugins=["good"])
    assert done.output.splitlines() == [
        "good: 0.1.0 (revision 0001)",
        "Restart the running processes to make them see it.",
    ]
    assert listed() == ["good", "0.1.0", "0.1.0", "installed"]
    distribute("good", version="0.2.0")
    assert listed()[:4] == ["good", "0.2.0", "0.1.0", "pending_upgrade"]
    assert "good: 0.2.0, would run nothing" in ramal("plugins", "upgrade", "--dry-run", plugins=["good"]).output
    assert ramal("plugins", "upgrade", plugins=["good"]).exit_code == 0
    assert listed() == ["good", "0.2.0", "0.2.0", "installed"]
    assert "its data stays" in ramal("plugins", "uninstall", "good", plugins=["good"]).output
    refused = ramal("plugins", "uninstall", "good", "--purge", plugins=["good"], input="n\n")
    assert refused.exit_code == 1
    done = ramal(
        "plugins", "uninstall", "good", "--purge", "--yes", "--dump-folder", str(tmp_path / "d"), plugins=["good"]
    )
    assert "removed with its data" in done.output
    assert len(list((tmp_path / "d").iterdir())) == 1


def test_errors_are_sentences_and_end_with_1(ramal, write_plugin):
    write_plugin("ill", "    raise RuntimeError('boom')")
    done = ramal("plugins", "install", "ill", plugins=["ill"])
    assert done.exit_code == 1
    assert done.output.endswith("Error: ill can't be used: import: RuntimeError: boom\n")
    line = next(
        line for line in ramal("plugins", "list", plugins=["ill"]).output.splitlines() if line.startswith("ill")
    )
    assert "broken" in line
    assert "RuntimeError: boom" in line


def test_a_failed_migration_ends_with_1(ramal, write_plugin):
    revision = "revision = {!r}\ndown_revision = {!r}\ndef upgrade(): {}\n"
    write_plugin("ill", migrations__r1=revision.format("r1", None, "pass"))
    assert ramal("plugins", "install", "ill", plugins=["ill"]).exit_code == 0
    write_plugin("ill", migrations__r1=revision.format("r1", None, "1 / 0"), version="0.2.0")
    write_plugin(
        "ill", migrations__r1=revision.format("r1", None, "pass"), migrations__r2=revision.format("r2", "r1", "1 / 0")
    )
    done = ramal("plugins", "upgrade", plugins=["ill"])
    assert done.exit_code == 1
    assert "ill: migration failed: ZeroDivisionError" in done.output


def test_without_the_owners_url_it_says_so(ramal, monkeypatch):
    monkeypatch.setenv("RAMAL_DATABASE_OWNER_URL", "")
    done = ramal("plugins", "upgrade", plugins=[])
    assert "RAMAL_DATABASE_OWNER_URL is not set" in done.output


def test_commands_of_a_plugin_run_in_an_organization_that_has_it(ramal, make_app, write_plugin, owner, organization_id):
    write_plugin("tools", COMMAND)
    make_app("tools")
    (slug,) = owner("select slug from organization where id = :o", o=organization_id)[0]
    assert "no organization has tools enabled" in ramal("tools", "where", plugins=["tools"]).output
    done = ramal("tools", "--organization", slug, "where", plugins=["tools"])
    assert f"{slug} does not have tools enabled" in done.output
    owner("insert into organization_plugin (id, organization_id, plugin, enabled, settings, updated_at)"
          " values (gen_random_uuid(), :o, 'tools', true, '{}', now())", o=organization_id)  # fmt: skip
    assert ramal("tools", "where", plugins=["tools"]).output == "in None\n"
    assert ramal("tools", "--organization", slug, "where", plugins=["tools"]).output == f"in {organization_id}\n"
    assert (
        "there is no organization nowhere"
        in ramal("tools", "--organization", "nowhere", "where", plugins=["tools"]).output
    )


def test_a_plugin_that_is_not_installed_has_no_commands(ramal, write_plugin):
    write_plugin("tools", COMMAND)
    assert "tools can't be used: available" in ramal("tools", "where", plugins=["tools"]).output
    assert "No such command 'nowhere'" in ramal("nowhere", plugins=[]).output


def test_new_refuses_bad_names_and_full_folders(tmp_path):
    runner = CliRunner()
    done = runner.invoke(main, ["plugins", "new", "Bad-Name", "--folder", str(tmp_path / "x")])
    assert "can't be a plugin's name" in done.output
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "file").touch()
    assert "is not empty" in runner.invoke(main, ["plugins", "new", "fine", "--folder", str(tmp_path / "x")]).output


def test_revision_writes_what_the_models_lack(ramal, write_plugin, tmp_path, owner):
    models = (
        "from sqlalchemy.orm import Mapped\nfrom ramal.api import PluginModel, TenantMixin, tenant_args\n"
        "class Model(PluginModel, plugin='grows'):\n    __abstract__ = True\n"
        "class Leaf(TenantMixin, Model):\n    __tablename__ = 'leaf'\n    __table_args__ = tenant_args()\n"
        "    color: Mapped[str]\n"
    )
    write_plugin("grows", models=models)
    done = ramal("plugins", "revision", "grows", "Add leaves", plugins=["grows"])
    assert done.exit_code == 0, done.output
    (file,) = tmp_path.rglob("migrations/0001_*.py")
    assert "plugin_grows" in file.read_text()
    assert ramal("plugins", "install", "grows", plugins=["grows"]).output.startswith("grows: 0.1.0 (revision 0001)")
    assert owner("select relrowsecurity from pg_class where oid = 'plugin_grows.leaf'::regclass") == [(True,)]


def test_new_and_check_and_a_revision_without_a_configured_database(tmp_path, monkeypatch, distribute):
    for name in ("RAMAL_DATABASE_OWNER_URL", "RAMAL_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()
    done = runner.invoke(main, ["plugins", "new", "fresh_leaf", "--folder", str(tmp_path / "leaf")])
    assert "pip install -e" in done.output
    monkeypatch.syspath_prepend(str(tmp_path / "leaf"))
    distribute("fresh_leaf", "ramal_fresh_leaf.plugin:FreshLeafPlugin")
    (tmp_path / "leaf/ramal_fresh_leaf/migrations/0001_daily_count.py").unlink()
    done = runner.invoke(main, ["plugins", "revision", "fresh_leaf", "Count days"])
    assert done.exit_code == 0, done.output
    assert "create_table(" in (tmp_path / "leaf/ramal_fresh_leaf/migrations/0001_count_days.py").read_text()

    ran = []

    def main_of_pytest(arguments):
        ran.append((arguments[1:], open(arguments[0]).read()))
        return 1

    monkeypatch.setattr(pytest, "main", main_of_pytest)
    done = runner.invoke(main, ["plugins", "check", "fresh_leaf", "-k", "manifest"])
    assert done.exit_code == 1
    assert ran[0][0] == ["-q", "-k", "manifest"]
    assert "plugin_contract('fresh_leaf')" in ran[0][1]
