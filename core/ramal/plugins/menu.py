"""Menu entries of the active plugins, for the caller's eyes."""

from __future__ import annotations

from ramal.database.session import organization_id_or_none
from ramal.http.principal import principal_or_none
from ramal.plugins.contributions import MenuItem
from ramal.plugins.gate import active_plugins
from ramal.plugins.registry import registered


def menu_items(menu: str = "main") -> list[MenuItem]:
    """The entries of one menu (main, settings), lightest first, without those the caller may not open."""
    organization_id = organization_id_or_none()
    if organization_id is None:
        return []
    active = active_plugins(organization_id)
    found = [
        item
        for record in registered()
        if record.name in active
        for item in record.contributions.menu_items
        if item.menu == menu and allowed(item.permission)
    ]
    return sorted(found, key=lambda item: (item.weight, str(item.title)))


def allowed(permission: str | None) -> bool:
    """Whether the caller holds ``permission`` (None: nothing is asked)."""
    principal = principal_or_none()
    return permission is None or (principal is not None and principal.can(permission))
