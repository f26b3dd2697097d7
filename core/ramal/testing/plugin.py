"""The pytest plugin, loaded wherever Ramal is installed. Nothing is started until a test asks for it.

It imports as little as possible, so that a run that has nothing to do with Ramal pays nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ramal.database.provision import RoleUrls
    from ramal.testing.services import SharedServer, TemplateBuilder

pytest_plugins = ["ramal.testing.fixtures"]

_FOLDER: pytest.StashKey[Path] = pytest.StashKey()
_RUN_PID: pytest.StashKey[int] = pytest.StashKey()


class _XdistHooks:
    """What only exists with pytest-xdist: the controller tells each worker where the run's folder is."""

    @pytest.hookimpl
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["ramal_folder"] = str(_run_folder(node.config))
        node.workerinput["ramal_run_pid"] = os.getpid()


def pytest_configure(config: pytest.Config) -> None:
    """Learn the run's folder from the controller, or be ready to tell the workers."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is not None:
        config.stash[_FOLDER] = Path(workerinput["ramal_folder"])
        config.stash[_RUN_PID] = workerinput["ramal_run_pid"]
    elif config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_XdistHooks(), "ramal-xdist")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run's server; only the process that made the folder does."""
    if not hasattr(config, "workerinput") and _FOLDER in config.stash:
        from ramal.testing.services import end_run

        end_run(config.stash[_FOLDER])


def _run_folder(config: pytest.Config) -> Path:
    if _FOLDER not in config.stash:
        from ramal.testing.services import make_run_folder

        config.stash[_FOLDER] = make_run_folder()
        config.stash[_RUN_PID] = os.getpid()
    return config.stash[_FOLDER]


@pytest.fixture(scope="session")
def ramal_server(request: pytest.FixtureRequest) -> SharedServer:
    """The run's embedded PostgreSQL, shared by all its processes."""
    from ramal.testing.services import shared_server

    folder = _run_folder(request.config)
    return shared_server(folder, request.config.stash[_RUN_PID])


@pytest.fixture(scope="session")
def ramal_template_builder() -> TemplateBuilder:
    """What fills the template database: all migrations of what is installed. Override it in a root conftest."""
    from ramal.config import Settings
    from ramal.plugins.lifecycle import upgrade_all

    def build(urls: RoleUrls) -> None:
        for _line in upgrade_all(urls.owner_url, Settings()):
            pass

    return build


@pytest.fixture(scope="session")
def postgres_urls(ramal_server: SharedServer, ramal_template_builder: TemplateBuilder) -> Iterator[RoleUrls]:
    """This process's own migrated database, as its three roles reach it."""
    from ramal.testing.services import worker_name

    name = f"test_{worker_name()}"
    yield ramal_server.copy_of_template("ramal", ramal_template_builder, name)
    ramal_server.drop(name)


@pytest.fixture
def empty_database(ramal_server: SharedServer) -> Iterator[RoleUrls]:
    """A database with roles and no tables, for one test of migrations."""
    from ramal.testing.services import worker_name

    name = f"empty_{worker_name()}"
    yield ramal_server.new_database(name)
    ramal_server.drop(name)


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """This process's own Redis: a server each, because publish and FLUSHALL cross its numbered databases."""
    from ramal.embedded import start
    from ramal.testing.services import worker_name

    with start(_run_folder(request.config) / worker_name(), postgres=False) as services:
        yield services.redis_url
