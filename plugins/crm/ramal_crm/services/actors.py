"""Who does it: the caller, or the program itself in jobs, commands and the demo."""

from __future__ import annotations

import uuid

from ramal.api import current_user_or_none

_PROGRAM = "Ramal"


def actor() -> tuple[uuid.UUID | None, str]:
    """(user, name), as histories keep them."""
    user = current_user_or_none()
    return (user.user_id, user.name[:120]) if user else (None, _PROGRAM)
