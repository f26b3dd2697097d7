"""What a member wants to be told, and how: a switch for each kind and medium."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ramal.database.base import new_id
from ramal.database.session import current_organization_id, db, transaction
from ramal.errors import Forbidden, InvalidPayload
from ramal.http.principal import current_principal
from ramal.i18n import gettext as _
from ramal.notifications.models import NotificationPreference
from ramal.notifications.types import kinds_for, on_by_default
from ramal.plugins.contributions import AVAILABLE_MEDIA, Medium, NotificationType


@dataclass(frozen=True, slots=True)
class Choices:
    """A kind, and whether the caller is told through each medium there is."""

    type: NotificationType
    media: Mapping[Medium, bool]

    @property
    def code(self) -> str:
        """The kind's code."""
        return self.type.code


def list_choices() -> list[Choices]:
    """The caller's, for every kind that concerns them and every medium that works."""
    query = select(NotificationPreference).where(NotificationPreference.user_id == _me())
    said = {(row.code, row.medium): row.enabled for row in db.session.execute(query).scalars()}
    return [
        Choices(
            kind.type,
            {
                medium: said.get((kind.type.code, medium), on_by_default(kind.type, medium))
                for medium in Medium
                if medium in AVAILABLE_MEDIA
            },
        )
        for kind in kinds_for(current_principal())
    ]


def save_choices(wanted: Mapping[str, Mapping[str, bool]]) -> list[Choices]:
    """Keep these switches (code → medium → on), and leave all others. InvalidPayload by code."""
    known = {kind.type.code for kind in kinds_for(current_principal())}
    wrong = {code: [_("There is no such kind of notification.")] for code in wanted if code not in known}
    for code, media in wanted.items():
        if not {str(medium) for medium in AVAILABLE_MEDIA} >= media.keys():
            wrong.setdefault(code, [_("Notifications don't come this way yet.")])
    if wrong:
        raise InvalidPayload(_("Some of the data does not fit."), wrong)
    with transaction():
        _write([(code, medium, on) for code, media in wanted.items() for medium, on in media.items()])
        return list_choices()


def _write(switches: Sequence[tuple[str, str, bool]]) -> None:
    if not switches:
        return
    same = {"organization_id": current_organization_id(), "user_id": _me()}
    rows = [{"id": new_id(), **same, "code": code, "medium": medium, "enabled": on} for code, medium, on in switches]
    statement = insert(NotificationPreference.__table__).values(rows)  # type: ignore[arg-type]
    statement = statement.on_conflict_do_update(
        index_elements=("organization_id", "user_id", "code", "medium"),
        set_={"enabled": statement.excluded.enabled},
    )
    db.session.execute(statement)


def _me() -> uuid.UUID:
    user_id = current_principal().user_id
    if user_id is None:
        raise Forbidden(_("Only for members of a team."))
    return user_id
