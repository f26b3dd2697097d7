"""The core's own tests run without any plugin; those of each plugin stand in its folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from flask import Flask

    from ramal.events.hub import Hub

# A busy machine is no failure: examples may take their time.
settings.register_profile("ramal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ramal")

#: Files with such tests take minutes: first of all, so that no worker is left alone with one at the end.
LONG = ("fault", "slow", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files with long tests first, and otherwise the order of collection."""
    long = {item.path for item in items if any(item.get_closest_marker(name) for name in LONG)}
    items.sort(key=lambda item: item.path not in long)


CHROMIUM = os.environ.get("RAMAL_CHROMIUM") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A microphone that beeps, and nobody to ask whether it may be used.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="session")
def ramal_plugins() -> tuple[str, ...]:
    return ()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """One Chromium for all tests of a process that need one."""
    return {"executable_path": CHROMIUM, "args": list(FLAGS), "headless": True}


@pytest.fixture
def hub(app: Flask) -> Iterator[Hub]:
    """This test's own hub: its thread ends with the test. Ask for it before the port, which closes first."""
    from ramal.events.hub import Hub
    from ramal.web.socket.authority import still_valid

    hub = app.extensions["ramal.hub"] = Hub(app)
    hub.authority = still_valid
    yield hub
    hub.close()


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    """The application, served by threads on a port of 127.0.0.1."""
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()
