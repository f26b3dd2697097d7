"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import activities, assets, board, chat, deals, filters, leads, pipelines, products
from ramal_crm.views.blueprint import pages

__all__ = ["activities", "assets", "board", "chat", "deals", "filters", "leads", "pages", "pipelines", "products"]
