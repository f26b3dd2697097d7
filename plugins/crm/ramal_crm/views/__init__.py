"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import assets, board, customers, deals, fields, groups, pipelines, products, records
from ramal_crm.views.blueprint import pages

__all__ = ["assets", "board", "customers", "deals", "fields", "groups", "pages", "pipelines", "products", "records"]
