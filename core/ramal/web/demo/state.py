"""What the demo keeps beside the data: reserved ports and the team's password.

Imports little: ``ramal up`` needs it before anything else is started.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ramal.config import Settings, current_settings

#: How many simulators plugins may bring; their ports are reserved once and kept across starts.
SIMULATORS = 4


def _state_path(settings: Settings) -> Path:
    return settings.data_dir / "demo.json"


def demo_state(settings: Settings) -> dict[str, Any]:
    """Ports and password of the demo, made once and kept with the data (mode 0600)."""
    path = _state_path(settings)
    if path.exists():
        loaded: dict[str, Any] = json.loads(path.read_text())
        return loaded
    state: dict[str, Any] = {
        "ports": [_free_port() for _ in range(SIMULATORS)],
        "simulators": [],
        "password": secrets.token_urlsafe(9),
        "seeded": False,
    }
    _keep(path, state)
    return state


def _keep(path: Path, state: Mapping[str, Any]) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(json.dumps(state))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def simulator_addresses(settings: Settings) -> list[str]:
    """``host:port`` of every simulator: what RAMAL_OUTBOUND_ALLOW must open for the demo."""
    return [f"127.0.0.1:{port}" for port in demo_state(settings)["ports"]]


def simulator_url(name: str) -> str:
    """The base URL at which the simulator ``name`` listens: the first that asks gets the first port."""
    settings = current_settings()
    state = demo_state(settings)
    names: list[str] = state["simulators"]
    if name not in names:
        names.append(name)
        _keep(_state_path(settings), state)
    return f"http://127.0.0.1:{state['ports'][names.index(name)]}"


def mark_seeded(settings: Settings) -> None:
    """The next start finds the demo made."""
    _keep(_state_path(settings), {**demo_state(settings), "seeded": True})
