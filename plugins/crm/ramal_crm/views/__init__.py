"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import (
    activities,
    assets,
    board,
    chat,
    customers,
    deals,
    fields,
    filters,
    groups,
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
    "fields",
    "filters",
    "groups",
    "leads",
    "pages",
    "pipelines",
    "products",
    "records",
]
