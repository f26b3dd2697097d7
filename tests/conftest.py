"""The core's own tests run without any plugin; those of each plugin stand in its folder."""

import pytest


@pytest.fixture(scope="session")
def ramal_plugins() -> tuple[str, ...]:
    return ()
