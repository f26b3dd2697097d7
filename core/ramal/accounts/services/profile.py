"""One's own name, language and colours."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.accounts.models import User
from ramal.database.session import system_transaction
from ramal.errors import NotFound
from ramal.i18n import gettext as _

_CHANGEABLE = ("name", "locale", "theme")


def update_profile(user_id: uuid.UUID, changes: Mapping[str, Any]) -> User:
    """Change one's own name, locale (None: as the browser asks) or theme (light, dark, system)."""
    with system_transaction() as session:
        user = session.get(User, user_id)
        if user is None:
            raise NotFound(_("There is no such user."))
        for key in _CHANGEABLE:
            if key in changes:
                setattr(user, key, changes[key])
    return user
