"""The plugin's pages under ``/p/crm``, one file a topic."""

from ramal_crm.views import (
    assets,
    board,
    customers,
    deals,
    exports,
    fields,
    groups,
    imports,
    pipelines,
    products,
    records,
)
from ramal_crm.views.blueprint import pages

__all__ = [
    "assets",
    "board",
    "customers",
    "deals",
    "exports",
    "fields",
    "groups",
    "imports",
    "pages",
    "pipelines",
    "products",
    "records",
]
