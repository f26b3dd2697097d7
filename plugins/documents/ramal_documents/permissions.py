"""What a role may do here."""

from __future__ import annotations

from ramal.api import PermissionSpec
from ramal.api import lazy_gettext as _

VIEW, ISSUE, ADMINISTER = "documents.view", "documents.issue", "documents.administer"
#: Besides the core's own right to answer customers.
SEND = "documents.send"

PERMISSIONS = (
    PermissionSpec(VIEW, _("See charges and documents"), ("org_admin", "supervisor", "agent", "viewer")),
    PermissionSpec(
        ISSUE, _("Issue charges and documents, and set what became of them"), ("org_admin", "supervisor", "agent")
    ),
    PermissionSpec(SEND, _("Send charges and documents in conversations"), ("org_admin", "supervisor", "agent")),
    PermissionSpec(ADMINISTER, _("Change issuing accounts, PIX keys and templates"), ("org_admin",)),
)
