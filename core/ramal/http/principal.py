"""Who is asking: filled in by the accounts area before a request runs, read everywhere else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import g, has_app_context

from ramal.errors import Forbidden, Unauthorized
from ramal.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller in one organization. ``kind``: user, token or visitor."""

    kind: str
    user_id: uuid.UUID | None
    organization_id: uuid.UUID | None
    name: str
    email: str | None = None
    role: str | None = None
    permissions: frozenset[str] = frozenset()
    is_super_admin: bool = False
    session_id: uuid.UUID | None = None
    locale: str | None = None
    theme: str = "system"

    def can(self, permission: str) -> bool:
        """Whether the role, plugins' permissions included, grants it."""
        return permission in self.permissions


def principal_or_none() -> Principal | None:
    """The caller, or None outside a request or before login."""
    return g.get("principal") if has_app_context() else None


def current_principal() -> Principal:
    """The caller; Unauthorized where there is none."""
    principal = principal_or_none()
    if principal is None:
        raise Unauthorized(_("Log in first."))
    return principal


def demand(permission: str) -> Principal:
    """The caller, who must hold ``permission``; Forbidden otherwise."""
    principal = current_principal()
    if not principal.can(permission):
        raise Forbidden(_("Your role does not allow this (%(permission)s).", permission=permission))
    return principal


def demand_person() -> Principal:
    """The caller, who must have logged in themselves; Forbidden for API tokens."""
    principal = current_principal()
    if principal.kind != "user":
        raise Forbidden(_("Only for people: an API token can't do this."))
    return principal
