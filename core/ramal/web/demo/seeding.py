"""The demo: an organization with a team, and what plugins add through ``seed_demo``."""

from __future__ import annotations

from collections.abc import Mapping
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
from ramal.web.demo.state import demo_state, mark_seeded, simulator_url

TEAM = (
    ("Ana Ribeiro", "ana@demo.example", "org_admin"),
    ("Bruno Tavares", "bruno@demo.example", "agent"),
    ("Carla Nogueira", "carla@demo.example", "supervisor"),
)
LABELS = (("Urgente", "#c2410c"), ("Orçamento", "#0f766e"), ("Pós-venda", "#6d28d9"))


def login_lines(settings: Settings) -> list[str]:
    """What ``ramal up`` prints about the demo."""
    password = demo_state(settings)["password"]
    return [f"Demo     {email:<22} {password}   ({name})" for name, email, _ in TEAM]


def seed() -> None:
    """Make the demo organization once; every plugin adds its part through ``seed_demo``."""
    settings = current_settings()
    state = demo_state(settings)
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
    mark_seeded(settings)


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
