"""Passwords: argon2id, and the rules a new one must meet (NIST SP 800-63B: length, no common ones)."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from ramal.errors import InvalidPayload
from ramal.i18n import gettext as _

MINIMUM, MAXIMUM = 8, 200
_hasher = PasswordHasher()
#: Verified when there is no such user, so that the answer takes as long as for one that exists. Written
#: out, not computed: hashing at import would cost every process a third of a second.
_NOBODY = f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}${'A' * 22}${'A' * 43}"
_COMMON = frozenset(
    {"password", "password1", "12345678", "123456789", "1234567890", "qwertyui", "senha123", "admin123"}
)


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether it is right; as slow for a user that does not exist (None)."""
    try:
        _hasher.verify(password_hash or _NOBODY, password[:MAXIMUM])
    except (Argon2Error, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether it was hashed with weaker settings than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_new_password(password: str, field: str = "password") -> None:
    """InvalidPayload unless it is long enough and not one of the first that everybody tries."""
    if not MINIMUM <= len(password) <= MAXIMUM:
        problem = _("Use %(min)s to %(max)s characters.", min=MINIMUM, max=MAXIMUM)
    elif password.lower() in _COMMON:
        problem = _("This password is among the first that anybody would try.")
    else:
        return
    raise InvalidPayload(_("Choose another password."), {field: [problem]})


def random_password() -> str:
    """One for a first login: 16 letters and digits."""
    return secrets.token_urlsafe(12)
