"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import (
    activities,
    assets,
    board,
    chat,
    customers,
    deals,
    exports,
    fields,
    filters,
    groups,
    imports,
    leads,
    pipelines,
    products,
    records,
)
from ramal_crm.views.blueprint import pages

__all__ = [
    "activities",
    "assets",
    "board",
    "chat",
    "customers",
    "deals",
    "exports",
    "fields",
    "filters",
    "groups",
    "imports",
    "leads",
    "pages",
    "pipelines",
    "products",
    "records",
]
