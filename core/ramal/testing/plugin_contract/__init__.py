"""The contract suite: what every plugin must keep, as tests. One line in an author's tests runs it::

    from ramal.testing.plugin_contract import plugin_contract

    TestContract = plugin_contract("my_channel")

``ramal plugins check`` runs the same. It needs the plugin installed (``pip install -e .`` will do)
and makes a database of its own.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ramal.testing.plugin_contract.catalogue import Entry, catalogue
from ramal.testing.plugin_contract.imports import foreign_imports
from ramal.testing.plugin_contract.wheel import missing_from_wheel

if TYPE_CHECKING:
    from flask import Flask

    from ramal.config import Settings
    from ramal.plugins.registry import PluginRecord, Registry
    from ramal.testing.services import SharedServer

__all__ = ["plugin_contract"]

#: How often the others are shuffled.
_ORDERS = 3


@dataclass
class Bench:
    """One plugin under test, and a database that holds the core's tables only."""

    name: str
    settings: Settings
    registry: Registry
    bare: set[Entry]

    @property
    def record(self) -> PluginRecord:
        """The plugin as it was loaded."""
        return self.registry.records[self.name]

    @property
    def owner_url(self) -> str:
        """The database as the role that migrates reaches it."""
        return self.settings.database_owner_url

    def install(self) -> None:
        """Install it, with what it requires."""
        from ramal.plugins import lifecycle

        list(lifecycle.install(self.owner_url, self.name, self.settings))

    def purge(self) -> None:
        """Remove it and what it requires, with their data, in reverse order."""
        from ramal.plugins import lifecycle
        from ramal.storage.backend import store_of

        store = store_of(self.settings)
        for name in reversed(list(self.registry.records)):
            list(lifecycle.uninstall(self.owner_url, name, self.settings, purge=store))

    def boot(self, *plugins: str) -> Flask:
        """An application with these plugins, or with the one under test."""
        from ramal.app import create_app

        names = plugins or tuple(self.registry.records)
        app = create_app(self.settings.with_(plugins=names))
        app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
        return app


def plugin_contract(name: str) -> type:
    """A test class that holds the installed plugin ``name`` to the contract."""

    class PluginContract(_Contract):
        __test__ = True
        plugin = name

    PluginContract.__qualname__ = PluginContract.__name__ = f"PluginContract[{name}]"
    return PluginContract


class _Contract:
    __test__ = False
    plugin: str

    @pytest.fixture(scope="class")
    @classmethod
    def bench(
        cls, ramal_server: SharedServer, redis_url: str, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Bench]:
        """The plugin, and a database of its own."""
        from ramal.config import Settings
        from ramal.database.migrate import upgrade_core
        from ramal.plugins.loading import load_plugins
        from ramal.testing.services import worker_name

        database = f"contract_{cls.plugin}_{worker_name()}"
        urls = ramal_server.new_database(database)
        upgrade_core(urls.owner_url)
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("contract"),
            database_url=urls.app_url,
            database_owner_url=urls.owner_url,
            database_system_url=urls.system_url,
            redis_url=redis_url,
            secret_keys=("tests only: a long text that nobody else knows",),
            public_url="http://localhost",
            plugins=_with_required(cls.plugin),
        )
        yield Bench(cls.plugin, settings, load_plugins(settings), catalogue(urls.owner_url))
        ramal_server.drop(database)

    def test_manifest_is_sound(self, bench: Bench) -> None:
        assert bench.record.state == "available", bench.record.error
        assert bench.record.manifest.summary, "say in one sentence what it does: Manifest(summary=…)"

    def test_imports_only_the_facade(self, bench: Bench) -> None:
        requires = {bench.registry.records[name].package: name for name in bench.record.requires}
        wrong = foreign_imports(_folder(bench.record), bench.record.package, requires)
        assert not wrong, "\n".join(wrong)

    def test_upgrades_from_empty_and_matches_its_models(self, bench: Bench) -> None:
        from alembic import command
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        from ramal.database.migrate import configured
        from ramal.plugins.loading import migrations_folder
        from ramal.plugins.migrations import target_of

        bench.install()
        if migrations_folder(bench.record) is None:
            _assert_no_tables(bench.record)
            return
        with (
            create_engine(bench.owner_url, poolclass=NullPool).connect() as connection,
            configured(connection, target_of(bench.record)) as config,
        ):
            command.check(config)

    def test_touches_only_its_own_schema(self, bench: Bench) -> None:
        bench.install()
        own = {record.manifest.schema for record in bench.registry.records.values()}
        elsewhere = {entry for entry in catalogue(bench.owner_url) if entry[1] not in own}
        assert elsewhere == bench.bare

    def test_every_table_is_held_to_its_organization(self, bench: Bench) -> None:
        bench.install()
        found = catalogue(bench.owner_url)
        schema = bench.record.manifest.schema
        tables = {entry[2] for entry in found if entry[:2] == ("class", schema) and entry[3].startswith(("r ", "p "))}
        policies = {entry[2] for entry in found if entry[:2] == ("policy", schema)}
        bare = {table for table in tables - {"alembic_version"} if f"{table}.app_tenant" not in policies}
        assert not bare, f"without a tenant policy: {', '.join(sorted(bare))}"

    def test_purge_leaves_nothing(self, bench: Bench) -> None:
        bench.install()
        bench.purge()
        assert catalogue(bench.owner_url) == bench.bare

    def test_every_route_answers_404_while_it_is_disabled(self, bench: Bench) -> None:
        bench.install()
        app = bench.boot()
        try:
            wrong = _open_routes(app, bench)
        finally:
            _leave(app)
        assert not wrong, "\n".join(wrong)

    def test_the_wheel_carries_templates_and_migrations(self, bench: Bench) -> None:
        missing = missing_from_wheel(_folder(bench.record), bench.record.distribution)
        assert not missing, "the wheel lacks " + ", ".join(missing)

    def test_boots_alone(self, bench: Bench) -> None:
        bench.install()
        app = bench.boot()
        record = app.extensions["ramal.plugins"].records[bench.name]
        _leave(app)
        assert record.state == "installed", record.error

    def test_its_api_is_described(self, bench: Bench) -> None:
        bench.install()
        app = bench.boot()
        api = app.extensions["ramal.api"]
        api.document()
        _leave(app)
        assert not api.undescribed

    def test_boots_with_all_others_in_any_order(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        from ramal.plugins import discovery, lifecycle, loading

        everything = discovery.find()
        settings = bench.settings.with_(plugins=None)
        list(lifecycle.upgrade_all(bench.owner_url, settings))
        results = []
        for seed in range(_ORDERS):
            shuffled = random.Random(seed).sample(everything, len(everything))  # noqa: S311 (no secret)
            monkeypatch.setattr(loading, "find", lambda shuffled=shuffled: shuffled)
            app = bench.boot(*(found.name for found in shuffled))
            results.append([(r.name, r.state, r.error) for r in app.extensions["ramal.plugins"].records.values()])
            _leave(app)
        assert (bench.name, "installed", None) in results[0]
        assert results[1:] == results[:-1], "the order of discovery changed the result"


def _with_required(name: str) -> tuple[str, ...]:
    from ramal.config import Settings
    from ramal.plugins.loading import load_plugins

    records = load_plugins(Settings()).records
    assert name in records, f"no plugin {name} is installed: pip install -e . first"
    names, pending = {name}, [name]
    while pending:
        found = set(records[pending.pop()].requires) & set(records) - names
        names |= found
        pending.extend(found)
    return tuple(sorted(names))


def _folder(record: PluginRecord) -> Path:
    from ramal.plugins.loading import package_folder

    folder = package_folder(record)
    assert folder is not None, f"the package {record.package} can't be found on disk"
    return folder


def _assert_no_tables(record: PluginRecord) -> None:
    from ramal.database.base import metadata

    tables = [key for key, table in metadata.tables.items() if table.schema == record.manifest.schema]
    assert not tables, f"{', '.join(tables)}: there is no migration that makes them"


def _open_routes(app: Flask, bench: Bench) -> list[str]:
    """Routes that answer with something else than 404 to an organization that has the plugin disabled."""
    from ramal.database.session import db, use_organization
    from ramal.plugins.services import disable_plugin
    from ramal.testing.client import access_token
    from ramal.testing.factories import make_organization

    with app.app_context():
        organization = make_organization(f"Contract {bench.name}")
        use_organization(organization.id)
        disable_plugin(bench.name)
        db.session.remove()
        headers = {"Authorization": f"Bearer {access_token(app, organization.admin)}"}
    wrong = []
    for method, path in _routes(app, bench.name):
        status = app.test_client().open(path, method=method, headers=headers).status_code
        if status != 404:
            wrong.append(f"{method} {path} answers {status}")
    return wrong


def _routes(app: Flask, plugin: str) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        blueprint = app.blueprints.get(rule.endpoint.rpartition(".")[0])
        if getattr(blueprint, "plugin", None) != plugin:
            continue
        values: dict[str, Any] = {name: _example(rule, name) for name in rule.arguments}
        built = rule.build(values, append_unknown=False)
        if built is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, built[1]


def _example(rule: Any, name: str) -> Any:
    """A value that fits the rule's converter."""
    converter = type(rule._converters[name]).__name__  # noqa: SLF001 (Werkzeug has no public way to ask)
    return {"UUIDConverter": uuid.UUID(int=1), "IntegerConverter": 1, "FloatConverter": 1.5}.get(converter, "x")


def _leave(app: Flask) -> None:
    from ramal.database.session import db

    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
