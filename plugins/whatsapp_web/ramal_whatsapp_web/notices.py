"""What members are told about at the bell."""

from __future__ import annotations

from ramal.api import NotificationType
from ramal.api import lazy_gettext as _l
from ramal_whatsapp_web.permissions import VIEW

SESSION_DOWN, NO_ACKS = "whatsapp_web.SESSION_DOWN", "whatsapp_web.NO_ACKS"

NOTICES = (
    NotificationType(
        SESSION_DOWN,
        _l("A WhatsApp number needs you"),
        _l("It was logged out or banned, or does not connect by itself."),
        icon="brand-whatsapp",
        permission=VIEW,
    ),
    NotificationType(
        NO_ACKS,
        _l("WhatsApp does not confirm messages"),
        _l("Messages are handed over, but no tick comes back."),
        icon="alert-triangle",
        permission=VIEW,
    ),
)
