"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import assets, board, deals, pipelines, products
from ramal_crm.views.blueprint import pages

__all__ = ["assets", "board", "deals", "pages", "pipelines", "products"]
