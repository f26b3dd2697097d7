"""The core's own tests run without any plugin; those of each plugin stand in its folder."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: examples may take their time.
settings.register_profile("ramal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ramal")

CHROMIUM = os.environ.get("RAMAL_CHROMIUM") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def ramal_plugins() -> tuple[str, ...]:
    return ()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """One Chromium for all tests of a process that need one."""
    return {"executable_path": CHROMIUM, "args": list(FLAGS), "headless": True}
