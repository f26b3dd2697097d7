"""Sample plugins as installed distributions, and applications that boot with some of them."""

from __future__ import annotations

import importlib
import itertools
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url, text

from ramal.app import create_app
from ramal.config import Settings
from ramal.database.base import metadata
from ramal.database.provision import RoleUrls
from ramal.database.session import db, use_organization
from ramal.plugins import lifecycle
from ramal.testing.factories import Member, make_member
from ramal.testing.services import lasting_engine

_numbers = itertools.count(1)
SAMPLES = Path(__file__).parent / "sample"

#: distribution → its plugins' entry points.
Distribute = Callable[..., None]
MakeApp = Callable[..., Flask]


@pytest.fixture(autouse=True)
def _samples_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SAMPLES))


@pytest.fixture
def distribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Distribute:
    """Make a distribution visible: ``distribute("good", "ramal_good.plugin:GoodPlugin", version="0.1.0")``."""
    folder = tmp_path / "distributions"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def make(name: str, target: str | None = None, *, version: str = "0.1.0", distribution: str | None = None) -> None:
        target = target or f"ramal_{name}.plugin:{name.title().replace('_', '')}Plugin"
        distribution = distribution or f"ramal-{name}"
        for old in folder.glob(f"{distribution.replace('-', '_')}-*.dist-info"):
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        info = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[ramal.plugins]\n{name} = {target}\n")
        importlib.invalidate_caches()

    return make


@pytest.fixture
def write_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distribute: Distribute
) -> Iterator[Callable[..., None]]:
    """Write a plugin from source: ``write_plugin("odd", body, manifest="requires=('good',)", models="…")``."""
    folder = tmp_path / "written"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    tables_before = set(metadata.tables)

    def write(name: str, body: str = "    pass", *, manifest: str = "", version: str = "0.1.0", **modules: str) -> None:
        # A name of its own each time: what was imported once stays in the interpreter.
        package = f"ramal_{name}_{next(_numbers)}"
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("")
        (folder / package / "plugin.py").write_text(
            "import time\n"
            "from ramal.api import *\n"
            f"class Sample(Plugin):\n    manifest = Manifest(name={name!r}, title={name.title()!r}, {manifest})\n{body}\n"
        )
        for module, source in modules.items():
            path = folder / package / f"{module.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        distribute(name, f"{package}.plugin:Sample", version=version)

    yield write
    for key in set(metadata.tables) - tables_before:
        metadata.remove(metadata.tables[key])


@pytest.fixture
def owner(postgres_urls: RoleUrls) -> Callable[..., Any]:
    """Run SQL as the owner; answers with the rows, if there are any."""
    engine = lasting_engine(make_url(postgres_urls.owner_url))

    def run(query: str, **parameters: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(text(query), parameters)
            return list(result) if result.returns_rows else []

    return run


@pytest.fixture
def make_app(postgres_urls: RoleUrls, redis_url: str, tmp_path: Path, owner: Callable[..., Any]) -> Iterator[MakeApp]:
    """Boot an application with the named plugins, installed first unless ``install=False``."""
    names: set[str] = set()
    apps: list[Flask] = []
    settings = Settings(
        database_url=postgres_urls.app_url,
        database_owner_url=postgres_urls.owner_url,
        database_system_url=postgres_urls.system_url,
        redis_url=redis_url,
        secret_keys=("a long random text",),
        data_dir=tmp_path,
        # Long enough for a busy machine, short enough to wait for.
        hook_time_limit=1.5,
    )

    def make(*plugins: str, install: bool = True, **changes: Any) -> Flask:
        names.update(plugins)
        wanted = settings.with_(plugins=plugins, **changes)
        if install:
            list(lifecycle.upgrade_all(wanted.database_owner_url, wanted))
        app = create_app(wanted)
        app.config["TESTING"] = True
        app.config["PROPAGATE_EXCEPTIONS"] = False
        apps.append(app)
        return app

    make.settings = settings  # type: ignore[attr-defined]
    yield make
    for app in apps:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()
    for name in names:
        owner("delete from installed_plugin where name = :name", name=name)
        owner("delete from organization_plugin where plugin = :name", name=name)
        owner(f'drop schema if exists "plugin_{name}" cascade')


@pytest.fixture
def organization_id(owner: Callable[..., Any]) -> Iterator[uuid.UUID]:
    """An organization of its own for each test."""
    id_ = uuid.uuid4()
    owner("insert into organization (id, name, slug) values (:id, 'Loja', :slug)", id=id_, slug=str(id_))
    yield id_
    owner("delete from organization where id = :id", id=id_)


@pytest.fixture
def admin_of(organization_id: uuid.UUID) -> Callable[[Flask], Member]:
    """The organization's administrator, as an application knows them."""

    def make(app: Flask, role: str = "org_admin") -> Member:
        with app.app_context():
            return make_member(organization_id, role)

    return make


@pytest.fixture
def inside(organization_id: uuid.UUID) -> Callable[[Flask], Any]:
    """``with inside(app):`` an application context that serves the test's organization."""
    import contextlib

    @contextlib.contextmanager
    def enter(app: Flask) -> Iterator[None]:
        with app.app_context():
            use_organization(organization_id)
            yield
            db.session.remove()

    return enter
