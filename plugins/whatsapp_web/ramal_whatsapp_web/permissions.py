"""What a role may do here."""

from __future__ import annotations

from ramal.api import PermissionSpec
from ramal.api import lazy_gettext as _

VIEW, MANAGE = "whatsapp_web.view", "whatsapp_web.manage"

PERMISSIONS = (
    PermissionSpec(
        VIEW, _("See the WhatsApp numbers connected by QR code, and their figures"), ("org_admin", "supervisor")
    ),
    PermissionSpec(MANAGE, _("Connect, restart, log out and move WhatsApp numbers"), ("org_admin",)),
)
