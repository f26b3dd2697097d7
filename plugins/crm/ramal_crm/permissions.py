"""What a role may do here."""

from __future__ import annotations

from ramal.api import PermissionSpec
from ramal.api import lazy_gettext as _

VIEW, EDIT, DELETE = "crm.view", "crm.edit", "crm.delete"
IMPORT, ADMINISTER = "crm.import", "crm.administer"

PERMISSIONS = (
    PermissionSpec(VIEW, _("See customers, leads and deals"), ("org_admin", "supervisor", "agent", "viewer")),
    PermissionSpec(EDIT, _("Change customers, leads, deals and activities"), ("org_admin", "supervisor", "agent")),
    PermissionSpec(DELETE, _("Delete customers and deals"), ("org_admin", "supervisor")),
    PermissionSpec(IMPORT, _("Import and export customers and deals"), ("org_admin", "supervisor")),
    PermissionSpec(ADMINISTER, _("Change pipelines, products, fields and rules for leads"), ("org_admin",)),
)
