"""What a view demands of its caller: marks on view functions, enforced where they are registered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g

from ramal.http.principal import Principal, current_principal, demand, principal_or_none
from ramal.http.writable import check_address

_View = TypeVar("_View", bound=Callable[..., Any])

#: Marks that are not names of permissions.
PUBLIC, LOGIN, SUPER_ADMIN = "public", "login", "super_admin"
_MARK = "_ramal_access"


def require_permission(permission: str) -> Callable[[_View], _View]:
    """Only for callers whose role grants ``permission``: 403 otherwise, 401 without login."""
    return _mark(permission)


def public(view: _View) -> _View:
    """For everybody, without login."""
    return _mark(PUBLIC)(view)


def require_login(view: _View) -> _View:
    """For every logged-in user, whatever the role (their own profile)."""
    return _mark(LOGIN)(view)


def require_super_admin(view: _View) -> _View:
    """For those who run the platform."""
    return _mark(SUPER_ADMIN)(view)


def access_of(view: Callable[..., Any]) -> str | None:
    """The mark of a view; None if its author forgot it."""
    return getattr(view, _MARK, None)


def check_access(access: str) -> Principal | None:
    """The caller, if they may; Unauthorized or Forbidden otherwise."""
    if access == PUBLIC:
        return principal_or_none()
    if principal_or_none() is None and g.get("auth_error") is not None:
        raise g.auth_error
    if access == LOGIN:
        return current_principal()
    if access == SUPER_ADMIN:
        return _super_admin()
    return demand(access)


def _super_admin() -> Principal:
    from ramal.errors import Forbidden
    from ramal.i18n import gettext as _

    principal = current_principal()
    if not principal.is_super_admin:
        raise Forbidden(_("Only for those who run this installation."))
    return principal


def guarded(view: Callable[..., Any], access: str) -> Callable[..., Any]:
    """The view, checked before it runs and before its arguments are parsed."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check_access(access)
        check_address()
        return view(*args, **kwargs)

    return checked


def _mark(access: str) -> Callable[[_View], _View]:
    def mark(view: _View) -> _View:
        setattr(view, _MARK, access)
        return view

    return mark
