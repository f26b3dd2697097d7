"""Installing, upgrading, uninstalling and purging, on a real PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from ramal.errors import PluginError
from ramal.plugins import lifecycle
from ramal.plugins.dump import count_dumped_rows
from ramal.storage.backend import store_of

CATALOGUE = """
    select 'class', n.nspname, c.relname, c.relkind::text, c.relacl::text, c.relrowsecurity::text
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^pg_(toast|temp|catalog)'
    union all select 'schema', nspname, nspacl::text, '', '', '' from pg_namespace where nspname !~ '^pg_(toast|temp)'
    union all select 'policy', schemaname, tablename, policyname, qual, with_check from pg_policies
    union all select 'constraint', n.nspname, c.conname, c.contype::text, '', '' from pg_constraint c
      join pg_namespace n on n.oid = c.connamespace
    union all select 'function', n.nspname, p.proname, '', '', '' from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace where n.nspname !~ '^pg_'
    union all select 'type', n.nspname, t.typname, '', '', '' from pg_type t
      join pg_namespace n on n.oid = t.typnamespace where n.nspname !~ '^pg_(toast|temp)'
    order by 1, 2, 3, 4, 5
"""


@pytest.fixture
def settings(make_app):
    make_app("good", install=False)
    return make_app.settings.with_(plugins=("good",))


def install(settings, name="good", **options):
    return list(lifecycle.install(settings.database_owner_url, name, settings, **options))


def uninstall(settings, name="good", purge=False, **options):
    store = store_of(settings) if purge else None
    return list(lifecycle.uninstall(settings.database_owner_url, name, settings, purge=store, **options))


def test_install_makes_schema_version_table_and_policies(settings, distribute, owner):
    distribute("good")
    assert install(settings) == ["good: 0.1.0 (revision 0001)"]
    assert owner("select version_num from plugin_good.alembic_version") == [("0001",)]
    policies = {row[0] for row in owner("select policyname from pg_policies where schemaname = 'plugin_good'")}
    assert policies == {"owner_all", "app_tenant"}
    assert owner("select installed_version, revision, state from installed_plugin where name = 'good'") == [
        ("0.1.0", "0001", "installed")
    ]


def test_dry_run_changes_nothing(settings, distribute, owner):
    distribute("good")
    before = owner(CATALOGUE)
    assert install(settings, dry_run=True) == ["good: 0.1.0, would run 0001"]
    assert owner(CATALOGUE) == before
    install(settings)
    assert install(settings, dry_run=True) == ["good: 0.1.0, would run nothing"]


def test_purge_leaves_the_catalogue_as_before_install(settings, distribute, owner, organization_id):
    distribute("good")
    before = owner(CATALOGUE)
    install(settings)
    assert owner(CATALOGUE) != before
    owner(
        "insert into organization_plugin (id, organization_id, plugin, enabled, settings, updated_at)"
        " values (gen_random_uuid(), :o, 'good', true, '{}', now())",
        o=organization_id,
    )
    uninstall(settings, purge=True)
    assert owner(CATALOGUE) == before
    assert owner("select 1 from installed_plugin where name = 'good'") == []
    assert owner("select 1 from organization_plugin where plugin = 'good'") == []


def test_purge_takes_what_the_bell_and_the_log_say_of_it(settings, distribute, owner, organization_id):
    distribute("good")
    install(settings)
    values = {"o": organization_id, "u": uuid.uuid4()}
    owner(
        "insert into \"user\" (id, email, name, password_hash) values (:u, :u || '@exemplo.com.br', 'Ana', 'x')",
        u=str(values["u"]),
    )
    owner(
        "insert into membership (id, organization_id, user_id, role) values (gen_random_uuid(), :o, :u, 'agent')",
        **values,
    )
    for plugin in ("good", "goodness"):
        code = f"{plugin}.NEWS"
        owner(
            "insert into event (id, organization_id, type, bucket) values (gen_random_uuid(), :o, :code, 0)",
            o=organization_id,
            code=code,
        )
        owner(
            "insert into notification (id, organization_id, user_id, code, title, at)"
            " values (gen_random_uuid(), :o, :u, :code, '{}', now())",
            code=code,
            **values,
        )
        owner(
            "insert into notification_preference (id, organization_id, user_id, code, medium, enabled)"
            " values (gen_random_uuid(), :o, :u, :code, 'bell', false)",
            code=code,
            **values,
        )
    uninstall(settings, purge=True)
    for table, column in (("event", "type"), ("notification", "code"), ("notification_preference", "code")):
        assert owner(f"select {column} from {table} where {column} like 'good%'") == [("goodness.NEWS",)]
    owner('delete from "user" where id = :u', u=values["u"])


def test_purge_disconnects_the_plugins_channels_and_forgets_their_secrets(settings, distribute, owner, organization_id):
    distribute("good")
    install(settings)
    owner(
        "insert into channel (id, organization_id, kind, plugin, name, secrets, updated_at)"
        " values (gen_random_uuid(), :o, 'good', 'good', 'Balcão', 'x', now())",
        o=organization_id,
    )
    uninstall(settings, purge=True)
    assert owner("select enabled, secrets, status, deleted_at is not null from channel where plugin = 'good'") == [
        (False, None, "disconnected", True)
    ]


@pytest.mark.parametrize("without", ["", "pg_dump"])
def test_purge_dumps_every_row_first(settings, distribute, owner, organization_id, tmp_path, monkeypatch, without):
    if without:
        monkeypatch.setattr("ramal.plugins.dump.shutil.which", lambda program: None)
    distribute("good")
    install(settings)
    for name in ("one", "two\nlines", "\\."):
        owner(
            "insert into plugin_good.thing (id, organization_id, name) values (gen_random_uuid(), :o, :n)",
            o=organization_id,
            n=name,
        )
    lines = uninstall(settings, purge=True, dump_folder=tmp_path / "dumps")
    (dump,) = (tmp_path / "dumps").iterdir()
    assert count_dumped_rows(dump) == {"alembic_version": 1, "thing": 3}
    assert "two\\nlines" in dump.read_text()
    assert dump.stat().st_mode & 0o777 == 0o600
    assert "4 rows in 2 tables" in lines[0]


def test_purge_takes_the_files_that_only_it_names(settings, distribute, owner, organization_id, tmp_path):
    distribute("good")
    install(settings)
    owner(
        "create table plugin_good.paper (o uuid, f uuid,"
        " foreign key (o, f) references stored_file (organization_id, id) on delete no action)"
    )
    store, values = store_of(settings), {"o": organization_id}
    for name in ("own", "lost", "sent", "foreign"):
        values[name] = uuid.uuid4()
        owner(
            "insert into stored_file (id, organization_id, path, filename, mime_type, size, sha256, thumbnail_path)"
            " values (:id, :o, :path, :path, 'text/plain', 3, '-', :path || '.webp')",
            o=organization_id,
            id=values[name],
            path=f"purge/{name}",
        )
        for key in () if name == "lost" else (f"purge/{name}", f"purge/{name}.webp"):
            store.put_bytes(key, name.encode())
        if name != "foreign":
            owner("insert into plugin_good.paper values (:o, :f)", o=organization_id, f=values[name])
    owner(
        "insert into attachment (id, organization_id, file_id, kind, state)"
        " values (gen_random_uuid(), :o, :sent, 'document', 'ready')",
        o=organization_id,
        sent=values["sent"],
    )
    lines = uninstall(settings, purge=True, dry_run=True)
    assert "2 files that only it names would be copied" in lines[1]
    lines = uninstall(settings, purge=True, dump_folder=tmp_path / "dumps")
    assert "1 of 2 files copied" in lines[1]
    left = owner("select path from stored_file where starts_with(path, 'purge/') order by path")
    assert left == [("purge/foreign",), ("purge/sent",)]
    kept = {path.name for path in store.path("purge").iterdir()}
    assert kept == {"foreign", "foreign.webp", "sent", "sent.webp"}
    (copies,) = (tmp_path / "dumps").glob("*-files")
    assert (copies / str(values["own"])).read_bytes() == b"own"
    rows = [json.loads(line) for line in (copies / "rows.jsonl").read_text().splitlines()]
    assert {row["path"] for row in rows} == {"purge/own", "purge/lost"}
    assert copies.stat().st_mode & 0o777 == 0o700


def test_purge_stops_when_the_dump_lacks_rows(settings, distribute, owner, monkeypatch):
    distribute("good")
    install(settings)
    monkeypatch.setattr("ramal.plugins.purge.count_dumped_rows", lambda file: {"alembic_version": 0})
    with pytest.raises(PluginError, match="nothing was removed"):
        uninstall(settings, purge=True)
    assert owner("select 1 from plugin_good.alembic_version") == [(1,)]


def test_purge_dry_run_only_counts(settings, distribute, owner, tmp_path):
    distribute("good")
    install(settings)
    lines = uninstall(settings, purge=True, dry_run=True)
    assert "1 rows in 2 tables would be dumped" in lines[0]
    assert owner("select installed_version from installed_plugin where name = 'good'") == [("0.1.0",)]
    assert not (tmp_path / "purged").exists()


@pytest.mark.parametrize(
    "pointer",
    [
        "create table plugin_other.pointer (o uuid, t uuid,"
        " foreign key (o, t) references plugin_good.thing (organization_id, id))",
        "create view plugin_other.pointer as select * from plugin_good.thing",
    ],
)
def test_purge_is_refused_while_another_schema_points_into_it(settings, distribute, owner, pointer):
    distribute("good")
    install(settings)
    owner("create schema plugin_other")
    owner(pointer)
    try:
        with pytest.raises(PluginError, match="plugin_other.pointer"):
            uninstall(settings, purge=True)
        assert owner("select count(*) from plugin_good.thing") == [(0,)]
    finally:
        owner("drop schema plugin_other cascade")


def test_uninstall_keeps_data_and_install_finds_it_again(settings, distribute, owner, organization_id):
    distribute("good")
    install(settings)
    owner(
        "insert into plugin_good.thing (id, organization_id, name) values (gen_random_uuid(), :o, 'kept')",
        o=organization_id,
    )
    assert uninstall(settings) == ["good: uninstalled; its data stays"]
    assert owner("select installed_version, state from installed_plugin where name = 'good'") == [(None, "available")]
    install(settings)
    assert owner("select name from plugin_good.thing") == [("kept",)]


def test_uninstall_is_refused_while_an_installed_plugin_requires_it(make_app, distribute, write_plugin):
    distribute("good")
    write_plugin("behind", manifest="requires=('good>=0.1',)")
    make_app("good", "behind")
    settings = make_app.settings.with_(plugins=("good", "behind"))
    with pytest.raises(PluginError, match="required by behind"):
        uninstall(settings)
    assert uninstall(settings, "behind") == ["behind: uninstalled; its data stays"]
    assert uninstall(settings) == ["good: uninstalled; its data stays"]


def test_install_pulls_what_is_required_in_order(make_app, distribute, write_plugin):
    distribute("good")
    write_plugin("ahead", manifest="requires=('good>=0.1',)")
    make_app("good", "ahead", install=False)
    settings = make_app.settings.with_(plugins=("good", "ahead"))
    assert install(settings, "ahead") == ["good: 0.1.0 (revision 0001)", "ahead: 0.1.0"]


def test_install_of_something_unknown_or_broken_says_why(make_app, write_plugin):
    write_plugin("ill", models="raise RuntimeError('no luck')")
    make_app("ill", install=False)
    settings = make_app.settings.with_(plugins=("ill",))
    with pytest.raises(PluginError, match="no luck"):
        install(settings, "ill")
    with pytest.raises(PluginError, match="no installed distribution"):
        install(settings, "nowhere")
    with pytest.raises(PluginError, match="there is no plugin"):
        uninstall(settings, "nowhere")


def test_a_failing_migration_leaves_nothing_and_stops_only_its_dependents(make_app, distribute, write_plugin, owner):
    distribute("good")
    revision = "revision = '0001'\ndown_revision = None\nfrom alembic import op\ndef upgrade():\n    {}\n"
    write_plugin(
        "ill", migrations__0001=revision.format("op.execute('create table plugin_ill.t ()'); op.execute('oops')")
    )
    write_plugin("worse", manifest="requires=('ill',)")
    make_app("good", "ill", "worse", install=False)
    settings = make_app.settings.with_(plugins=("good", "ill", "worse"))
    lines = list(lifecycle.upgrade_all(settings.database_owner_url, settings))
    assert lines[1] == "good: 0.1.0 (revision 0001)"
    assert lines[2].startswith("ill: migration failed: ProgrammingError")
    assert len(lines) == 3
    assert owner("select 1 from pg_namespace where nspname = 'plugin_ill'") == []
    app = make_app("good", "ill", "worse", install=False)
    records = app.extensions["ramal.plugins"].records
    assert records["ill"].state == "broken"
    assert "migration failed" in records["ill"].error
    assert records["worse"].state == "blocked"
    assert records["good"].state == "installed"
    write_plugin("ill", migrations__0001=revision.format("op.execute('create table plugin_ill.t ()')"))
    install(settings, "ill")
    assert make_app("good", "ill", install=False).extensions["ramal.plugins"].records["ill"].state == "installed"


def test_upgrade_touches_only_what_is_installed(settings, distribute, owner):
    distribute("good")
    assert list(lifecycle.upgrade(settings.database_owner_url, settings)) == [
        "core: up to date",
        "good: 0.1.0 is available: `ramal plugins install good` installs it",
    ]
    assert owner("select 1 from pg_namespace where nspname = 'plugin_good'") == []
    install(settings)
    assert list(lifecycle.upgrade(settings.database_owner_url, settings, dry_run=True)) == [
        "good: 0.1.0, would run nothing"
    ]
    distribute("good", version="0.2.0")
    list(lifecycle.upgrade(settings.database_owner_url, settings))
    assert owner("select installed_version from installed_plugin where name = 'good'") == [("0.2.0",)]


def test_migrations_run_one_machine_at_a_time(settings, distribute, owner, postgres_urls):
    from sqlalchemy import create_engine

    from ramal.database.migrate import LOCK

    distribute("good")
    engine = create_engine(postgres_urls.owner_url)
    with engine.connect() as other:
        other.exec_driver_sql(f"select pg_advisory_lock({LOCK})")
        lines = lifecycle.install(
            f"{settings.database_owner_url}?options=-clock_timeout%3D200ms"
            if "?" not in settings.database_owner_url
            else f"{settings.database_owner_url}&options=-clock_timeout%3D200ms",
            "good",
            settings,
        )
        with pytest.raises(Exception, match="lock timeout"):
            list(lines)
    engine.dispose()


def test_rows_of_the_old_dump_format_are_counted(tmp_path: Path):
    file = tmp_path / "x.sql"
    file.write_text(
        'COPY "plugin_x"."a" ("id") FROM stdin;\n1\n2\n\\.\nselect 1;\nCOPY plugin_x.b (id) FROM stdin;\n\\.\n'
    )
    assert count_dumped_rows(file) == {"a": 2, "b": 0}


def test_a_command_that_imports_little_blames_no_plugin_for_the_cores_tables() -> None:
    """In a fresh process, as `ramal db upgrade` is one, a plugin's import is the first to import the core's models."""
    code = (
        "from ramal.config import Settings\n"
        "from ramal.plugins.loading import load_plugins\n"
        "for record in load_plugins(Settings()).records.values():\n"
        "    assert record.state == 'available', (record.name, record.error)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
