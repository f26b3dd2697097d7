"""pytest fixtures; import what you need in a ``conftest.py``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ramal_whatsapp_web.testing.callback import Callback
from ramal_whatsapp_web.testing.simulator import WahaSimulator


@pytest.fixture
def waha() -> Iterator[WahaSimulator]:
    """A running simulator with quick states, acks and repeats."""
    with WahaSimulator(start_delay=0.01, ack_delay=0.01, retry_delay=0.02) as simulator:
        yield simulator


@pytest.fixture
def waha_callback() -> Iterator[Callback]:
    """A webhook endpoint that remembers."""
    with Callback() as callback:
        yield callback
