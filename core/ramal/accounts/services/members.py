"""The team: who works in the organization, and as what."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ramal.accounts.audit import audit
from ramal.accounts.models import Membership, User
from ramal.accounts.passwords import check_new_password, hash_password
from ramal.accounts.permissions import ROLES
from ramal.accounts.services.login import user_by_email
from ramal.accounts.sessions import revoke_sessions
from ramal.database.session import current_organization_id, db, system_transaction
from ramal.errors import Conflict, InvalidPayload, NotFound
from ramal.events.signals import recheck
from ramal.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Member:
    """A user as one organization sees them."""

    id: uuid.UUID
    name: str
    email: str
    role: str
    active: bool


def create_user(name: str, email: str, role: str, password: str | None = None) -> Member:
    """Add a member to the active organization, by e-mail.

    A person who already logs in elsewhere keeps name and password; a new one needs a password.
    Conflict if they are a member already, InvalidPayload for a missing or weak password.
    """
    _check_role(role)
    organization_id = current_organization_id()
    with system_transaction() as session:
        # One addition at a time: two clicks make one member.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"member:{email.strip().lower()}"))))
        user = user_by_email(session, email) or _new_user(session, name, email, password)
        if user.id in _lock_memberships(session, organization_id):
            raise Conflict(_("%(name)s is already a member.", name=user.name))
        session.add(Membership(organization_id=organization_id, user_id=user.id, role=role))
        audit(
            "user.created",
            target=("user", user.id, user.name),
            after={"email": user.email, "role": role},
            organization_id=organization_id,
            session=session,
        )
    return Member(user.id, user.name, user.email, role, active=True)


def list_members() -> list[Member]:
    """All members of the active organization, inactive ones too, by name."""
    return [
        _member(user, membership) for user, membership in db.session.execute(_members().order_by(User.name, User.id))
    ]


def active_members() -> list[Member]:
    """Those who may be given work, by name."""
    return [member for member in list_members() if member.active]


def get_member(user_id: uuid.UUID) -> Member:
    """One member of the active organization. NotFound."""
    row = db.session.execute(_members().where(User.id == user_id)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such member."))
    user, membership = row
    return _member(user, membership)


def member_name(user_id: uuid.UUID) -> str:
    """The name of a member of the active organization. NotFound."""
    return get_member(user_id).name


def update_member(user_id: uuid.UUID, *, role: str | None = None, active: bool | None = None) -> Member:
    """Change a member's role or switch them off, which ends their sessions. NotFound.

    Conflict when it would leave the organization without an administrator.
    """
    if role is not None:
        _check_role(role)
    organization_id = current_organization_id()
    with system_transaction() as session:
        memberships = _lock_memberships(session, organization_id)
        membership = memberships.get(user_id)
        if membership is None:
            raise NotFound(_("There is no such member."))
        before = {"role": membership.role, "active": membership.active}
        membership.role = role or membership.role
        membership.active = membership.active if active is None else active
        _check_admin_left(memberships)
        user = session.get_one(User, user_id)
        if before["active"] and not membership.active:
            revoke_sessions(session, user_id, "deactivated", organization_id=organization_id)
        audit(
            "user.updated",
            target=("user", user_id, user.name),
            before=before,
            after={"role": membership.role, "active": membership.active},
            organization_id=organization_id,
            session=session,
        )
    recheck(user_id)
    return _member(user, membership)


def _members() -> Select[User, Membership]:
    return select(User, Membership).join(Membership, Membership.user_id == User.id)


def _member(user: User, membership: Membership) -> Member:
    return Member(user.id, user.name, user.email, membership.role, membership.active and user.active)


def _new_user(session: Session, name: str, email: str, password: str | None) -> User:
    if password is None:
        raise InvalidPayload(_("A new user needs a password."), {"password": [_("Missing data for required field.")]})
    check_new_password(password)
    user = User(name=name, email=email.strip(), password_hash=hash_password(password))
    session.add(user)
    session.flush()
    return user


def _lock_memberships(session: Session, organization_id: uuid.UUID) -> dict[uuid.UUID, Membership]:
    # All of them, so that two administrators can't switch each other off at once.
    query = (
        select(Membership)
        .where(Membership.organization_id == organization_id)
        .order_by(Membership.id)
        .with_for_update()
    )
    return {row.user_id: row for row in session.execute(query).scalars()}


def _check_admin_left(memberships: dict[uuid.UUID, Membership]) -> None:
    if not any(row.active and row.role == "org_admin" for row in memberships.values()):
        raise Conflict(_("The organization needs at least one active administrator."))


def _check_role(role: str) -> None:
    if role not in ROLES:
        choices = ", ".join(ROLES)
        raise InvalidPayload(
            _("There is no such role."), {"role": [_("Must be one of: %(choices)s.", choices=choices)]}
        )
