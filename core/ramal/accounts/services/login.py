"""Logging in, and passwords."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ramal.accounts import passwords, throttle
from ramal.accounts.audit import audit
from ramal.accounts.models import AuthSession, Membership, Organization, User
from ramal.accounts.sessions import TokenPair, revoke_sessions, start_session
from ramal.database.session import system_transaction
from ramal.errors import InvalidPayload, NotFound, Unauthorized
from ramal.http.limits import client_ip
from ramal.i18n import gettext as _


def authenticate(email: str, password: str) -> TokenPair:
    """Log in. Unauthorized for a wrong pair, RateLimited after too many of them."""
    ip = client_ip()
    throttle.check_login_allowed(ip, email)
    with system_transaction() as session:
        user = user_by_email(session, email)
        if not passwords.verify_password(user.password_hash if user else None, password):
            user = None
        if user is not None:
            pair = _log_in(session, user, password)
    if user is None:
        throttle.note_failure(ip, email)
        raise Unauthorized(_("Wrong e-mail or password."))
    throttle.note_success(ip, email)
    return pair


def issue_tokens(user_id: uuid.UUID, organization_id: uuid.UUID | None = None) -> TokenPair:
    """Open a session for a user without asking for the password (after sign-up, in tests). NotFound."""
    with system_transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound(_("There is no such user."))
        return start_session(session, user, organization_id or home_of(session, user))


def change_password(user_id: uuid.UUID, current: str, new: str, *, keep: uuid.UUID | None = None) -> None:
    """Change one's own password and end all other sessions. InvalidPayload if ``current`` is wrong."""
    passwords.check_new_password(new, "new")
    with system_transaction() as session:
        user = session.get_one(User, user_id)
        if not passwords.verify_password(user.password_hash, current):
            raise InvalidPayload(_("The present password is wrong."), {"current": [_("Wrong password.")]})
        _set_password(session, user, new, keep=keep)


def reset_password(email: str, new: str) -> User:
    """Set a user's password from the command line and end all their sessions. NotFound."""
    passwords.check_new_password(new)
    with system_transaction() as session:
        user = user_by_email(session, email)
        if user is None:
            raise NotFound(_("There is no user with the e-mail %(email)s.", email=email))
        _set_password(session, user, new)
    return user


def user_by_email(session: Session, email: str) -> User | None:
    """The user with an e-mail, whatever its case. In a system transaction."""
    query = select(User).where(func.lower(User.email) == email.strip().lower())
    return session.execute(query).scalar_one_or_none()


def home_of(session: Session, user: User) -> uuid.UUID | None:
    """Where a login leads: the organization of the last session if it still counts, else the first one."""
    theirs = (
        select(Membership.organization_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .where(Membership.user_id == user.id, Membership.active, Organization.archived_at.is_(None))
        .order_by(Membership.created_at, Membership.id)
    )
    organizations = list(session.execute(theirs).scalars())
    last = (
        select(AuthSession.organization_id)
        .where(AuthSession.user_id == user.id, AuthSession.organization_id.in_(organizations))
        .order_by(AuthSession.last_used_at.desc())
        .limit(1)
    )
    return session.execute(last).scalar() or (organizations[0] if organizations else None)


def _log_in(session: Session, user: User, password: str) -> TokenPair:
    if passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    home = home_of(session, user)
    if not user.active or (home is None and not user.is_super_admin):
        raise Unauthorized(_("This account is closed."))
    if home is not None:
        audit(
            "auth.login",
            target=("user", user.id, user.name),
            actor=(user.id, user.name),
            organization_id=home,
            session=session,
        )
    return start_session(session, user, home)


def _set_password(session: Session, user: User, new: str, *, keep: uuid.UUID | None = None) -> None:
    user.password_hash = passwords.hash_password(new)
    revoke_sessions(session, user.id, "password", keep=keep)
    home = home_of(session, user)
    if home is not None:
        audit(
            "user.password_changed",
            target=("user", user.id, user.name),
            organization_id=home,
            session=session,
        )
