"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import customers, fields, groups, records
from ramal_crm.views.blueprint import pages

__all__ = ["customers", "fields", "groups", "pages", "records"]
