"""Permissions and the roles that bundle them. Plugins add theirs at boot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import current_app

from ramal.i18n import lazy_gettext as _l

ROLES = ("org_admin", "supervisor", "agent", "viewer")
ROLE_TITLES = {
    "org_admin": _l("Administrator"),
    "supervisor": _l("Supervisor"),
    "agent": _l("Agent"),
    "viewer": _l("Viewer"),
}
_EVERYBODY = frozenset(ROLES)
_AGENTS = _EVERYBODY - {"viewer"}
_SUPERVISORS = frozenset({"org_admin", "supervisor"})
_ADMINS = frozenset({"org_admin"})


@dataclass(frozen=True, slots=True)
class Permission:
    """Something a role may do. The administrator may do everything."""

    name: str
    title: object
    roles: frozenset[str]


@dataclass
class PermissionRegistry:
    """All permissions of one application. Lives in ``app.extensions``."""

    permissions: dict[str, Permission] = field(default_factory=dict)
    _by_role: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, name: str, title: object, roles: Iterable[str]) -> None:
        """Add a permission; ValueError for a role that does not exist."""
        granted = frozenset(roles)
        if not granted <= _EVERYBODY:
            raise ValueError(f"{name}: no such role: {', '.join(sorted(granted - _EVERYBODY))}")
        self.permissions[name] = Permission(name, title, granted | _ADMINS)
        self._by_role.clear()

    def of_role(self, role: str | None) -> frozenset[str]:
        """The names that a role grants."""
        if role not in ROLES:
            return frozenset()
        if role not in self._by_role:
            self._by_role[role] = frozenset(p.name for p in self.permissions.values() if role in p.roles)
        return self._by_role[role]


def core_permissions() -> PermissionRegistry:
    """A registry with the core's own permissions."""
    registry = PermissionRegistry()
    for name, title, roles in (
        ("conversation.read", _l("See conversations"), _EVERYBODY),
        ("conversation.reply", _l("Answer customers"), _AGENTS),
        ("conversation.assign", _l("Take and assign conversations"), _AGENTS),
        ("conversation.manage", _l("Label and resolve conversations"), _AGENTS),
        ("contact.read", _l("See contacts"), _EVERYBODY),
        ("contact.manage", _l("Change contacts"), _AGENTS),
        ("channel.read", _l("See channels"), _EVERYBODY),
        ("channel.manage", _l("Connect and change channels"), _ADMINS),
        ("plugin.manage", _l("Switch plugins on and off"), _ADMINS),
        ("team.read", _l("See the team"), _EVERYBODY),
        ("team.manage", _l("Add and change members"), _ADMINS),
        ("organization.manage", _l("Change the organization"), _ADMINS),
        ("notification.read", _l("See and mark one's own notifications"), _EVERYBODY),
        ("audit.read", _l("Read the audit trail"), _SUPERVISORS),
        ("operations.manage", _l("Handle dead letters and unprocessed messages"), _SUPERVISORS),
    ):
        registry.add(name, title, roles)
    return registry


def permission_registry() -> PermissionRegistry:
    """The registry of the current application."""
    found = current_app.extensions["ramal.permissions"]
    assert isinstance(found, PermissionRegistry)
    return found


def register(name: str, title: object, roles: Iterable[str]) -> None:
    """Add a permission to the current application (a plugin's manifest, at boot)."""
    permission_registry().add(name, title, roles)


def permissions_of(role: str | None) -> frozenset[str]:
    """The names of the permissions that a role grants."""
    return permission_registry().of_role(role)
