"""The core's own tests run without any plugin; those of each plugin stand in its folder."""

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: examples may take their time.
settings.register_profile("ramal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ramal")


@pytest.fixture(scope="session")
def ramal_plugins() -> tuple[str, ...]:
    return ()
