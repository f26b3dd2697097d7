"""Organizations: made by a super_admin, changed by their own administrator."""

from __future__ import annotations

import re
import secrets
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ramal.accounts.audit import audit
from ramal.accounts.models import Membership, Organization, User
from ramal.accounts.passwords import check_new_password, hash_password, random_password
from ramal.accounts.services.login import user_by_email
from ramal.config import current_settings
from ramal.database.base import utcnow
from ramal.database.session import current_organization_id, db, system_transaction, transaction
from ramal.errors import Conflict, NotFound
from ramal.i18n import gettext as _

_CHANGEABLE = ("name", "color", "timezone", "locale")
#: Two processes that start at once make one first admin.
_FIRST_ADMIN_LOCK = 7_264_100_002


def create_organization(name: str, admin: Mapping[str, str], **changes: Any) -> tuple[Organization, User]:
    """Make an organization with its administrator (``name, email, password``).

    ``changes``: locale, timezone, color. Conflict if the e-mail belongs to another user,
    InvalidPayload for a weak password.
    """
    check_new_password(admin["password"])
    with system_transaction() as session:
        return _make(session, name, User(is_super_admin=False), admin, changes)


def create_super_admin(organization: str, admin: Mapping[str, str]) -> User:
    """Make one who manages organizations, and an organization of their own. Conflict, InvalidPayload."""
    check_new_password(admin["password"])
    with system_transaction() as session:
        return _make(session, organization, User(is_super_admin=True), admin, {})[1]


def ensure_first_admin(email: str, password: str = "") -> str | None:
    """Make the first super_admin, and an organization of their own, if there is none yet.

    Answers the password if it had to be made up: it is to be shown once.
    """
    with system_transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(_FIRST_ADMIN_LOCK)))
        if session.execute(select(User.id).where(User.is_super_admin).limit(1)).first():
            return None
        made_up = "" if password else random_password()
        admin = {"name": "Administrator", "email": email, "password": password or made_up}
        _make(session, "Administration", User(is_super_admin=True), admin, {})
    return made_up or None


def list_organizations() -> list[Organization]:
    """All organizations of the installation, for its super_admin."""
    with system_transaction() as session:
        return list(session.execute(select(Organization).order_by(Organization.name, Organization.id)).scalars())


def organizations_of(user_id: uuid.UUID) -> list[Organization]:
    """The organizations a user may switch to."""
    query = (
        select(Organization)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user_id, Membership.active, Organization.archived_at.is_(None))
        .order_by(Organization.name, Organization.id)
    )
    with system_transaction() as session:
        return list(session.execute(query).scalars())


def archive_organization(organization_id: uuid.UUID, archived: bool) -> Organization:
    """Close an organization to all its members, or open it again; by a super_admin. NotFound."""
    with system_transaction() as session:
        organization = session.get(Organization, organization_id)
        if organization is None:
            raise NotFound(_("There is no such organization."))
        organization.archived_at = utcnow() if archived else None
        audit(
            "organization.archived" if archived else "organization.restored",
            target=("organization", organization.id, organization.name),
            organization_id=organization.id,
            session=session,
        )
    return organization


def own_organization() -> Organization:
    """The organization that is active here."""
    query = select(Organization).where(Organization.id == current_organization_id())
    organization = db.session.execute(query).scalar_one_or_none()
    if organization is None:
        raise NotFound(_("There is no such organization."))
    return organization


def update_organization(changes: Mapping[str, Any]) -> Organization:
    """Change the active organization's name, color, timezone or locale."""
    with transaction():
        organization = own_organization()
        wanted = {key: value for key, value in changes.items() if key in _CHANGEABLE}
        before = {key: getattr(organization, key) for key in wanted}
        for key, value in wanted.items():
            setattr(organization, key, value)
        audit(
            "organization.updated",
            target=("organization", organization.id, organization.name),
            before=before,
            after=wanted,
        )
    return organization


def _make(
    session: Session, name: str, user: User, admin: Mapping[str, str], changes: Mapping[str, Any]
) -> tuple[Organization, User]:
    if user_by_email(session, admin["email"]) is not None:
        raise Conflict(_("There is already a user with the e-mail %(email)s.", email=admin["email"]))
    own = {"locale": current_settings().locale, **changes}
    organization = Organization(name=name, slug=_free_slug(session, name), **own)
    user.name, user.email = admin["name"], admin["email"].strip()
    user.password_hash = hash_password(admin["password"])
    session.add_all([organization, user])
    session.flush()
    session.add(Membership(organization_id=organization.id, user_id=user.id, role="org_admin"))
    audit(
        "organization.created",
        target=("organization", organization.id, name),
        after={"name": name, "admin": user.email},
        organization_id=organization.id,
        session=session,
    )
    return organization, user


def _free_slug(session: Session, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "organization"
    taken = session.execute(select(Organization.id).where(Organization.slug == slug)).first()
    return f"{slug}-{secrets.token_hex(3)}" if taken else slug
