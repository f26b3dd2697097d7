"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import activities, chat, filters, leads
from ramal_crm.views.blueprint import pages

__all__ = ["activities", "chat", "filters", "leads", "pages"]
