"""pytest fixtures; import what you need in a ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ramal_whatsapp_cloud.testing.simulator import GraphSimulator


@pytest.fixture
def graph_simulator() -> Iterator[GraphSimulator]:
    """A running simulator with quick retries and ticks."""
    with GraphSimulator(retry_base=0.02, retry_max=0.2, status_delay=0.01) as simulator:
        yield simulator
