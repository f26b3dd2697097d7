"""What members are told about at the bell."""

from __future__ import annotations

from ramal.api import NotificationType
from ramal.api import lazy_gettext as _l
from ramal_crm.permissions import EDIT, VIEW

NEW_LEAD, ACTIVITY_DUE, OPPORTUNITY_UPDATE = "crm.NEW_LEAD", "crm.ACTIVITY_DUE", "crm.OPPORTUNITY_UPDATE"

NOTICES = (
    NotificationType(
        NEW_LEAD,
        _l("A new lead"),
        _l("Somebody wrote for the first time. If the lead has an owner, only they are told."),
        icon="user-plus",
        permission=EDIT,
    ),
    NotificationType(
        ACTIVITY_DUE,
        _l("An activity's reminder"),
        _l("Something is due that is yours to do."),
        icon="calendar",
        permission=VIEW,
    ),
    NotificationType(
        OPPORTUNITY_UPDATE,
        _l("A deal of yours changed"),
        _l("Somebody else moved it, won it or lost it."),
        icon="progress",
        permission=VIEW,
        coalesces=True,
    ),
)
