"""The demo: an organization with a team, and what plugins add through ``seed_demo``."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from ramal.accounts.services import create_organization, create_user
from ramal.channels.services import connect_channel
from ramal.config import Settings, current_settings
from ramal.database.session import transaction, use_organization
from ramal.inbox.services import create_label
from ramal.plugins.contributions import DemoContext
from ramal.plugins.registry import registered
from ramal.plugins.services import enable_plugin

#: How many simulators plugins may bring; their ports are reserved once and kept across starts.
SIMULATORS = 4
TEAM = (
    ("Ana Ribeiro", "ana@demo.example", "org_admin"),
    ("Bruno Tavares", "bruno@demo.example", "agent"),
    ("Carla Nogueira", "carla@demo.example", "supervisor"),
)
LABELS = (("Urgente", "#c2410c"), ("Orçamento", "#0f766e"), ("Pós-venda", "#6d28d9"))


def _state_path(settings: Settings) -> Path:
    return settings.data_dir / "demo.json"


def _state(settings: Settings) -> dict[str, Any]:
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
    return [f"127.0.0.1:{port}" for port in _state(settings)["ports"]]


def simulator_url(name: str) -> str:
    """The base URL at which the simulator ``name`` listens: the first that asks gets the first port."""
    settings = current_settings()
    state = _state(settings)
    names: list[str] = state["simulators"]
    if name not in names:
        names.append(name)
        _keep(_state_path(settings), state)
    return f"http://127.0.0.1:{state['ports'][names.index(name)]}"


def login_lines(settings: Settings) -> list[str]:
    """What ``ramal up`` prints about the demo."""
    password = _state(settings)["password"]
    return [f"Demo     {email:<22} {password}   ({name})" for name, email, _ in TEAM]


def seed() -> None:
    """Make the demo organization once; every plugin adds its part through ``seed_demo``."""
    settings = current_settings()
    state = _state(settings)
    if state["seeded"]:
        return
    organization_id, agents = _people(state["password"])
    use_organization(organization_id)
    context = DemoContext(
        organization_id=organization_id,
        agents=agents,
        base_url=f"http://127.0.0.1:{settings.port}",
        connect_channel=_connect,
        simulator_url=simulator_url,
    )
    for record in registered():
        enable_plugin(record.name)
    for record in registered():
        if hook := getattr(record.plugin, "seed_demo", None):
            hook(demo=context)
    _keep(_state_path(settings), {**_state(settings), "seeded": True})


def _people(password: str) -> tuple[UUID, tuple[UUID, ...]]:
    name, email, _ = TEAM[0]
    organization, admin = create_organization(
        "Loja Demonstração", admin={"name": name, "email": email, "password": password}
    )
    use_organization(organization.id)
    members = [admin.id]
    with transaction():
        for member, address, role in TEAM[1:]:
            members.append(create_user(name=member, email=address, password=password, role=role).id)
        for label, color in LABELS:
            create_label(name=label, color=color)
    return organization.id, tuple(members)


def _connect(kind: str, name: str, settings: Mapping[str, Any]) -> UUID:
    return connect_channel(kind, name, dict(settings)).id
