"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import (
    activities,
    cep,
    customers,
    deals,
    exports,
    fields,
    groups,
    imports,
    leads,
    pipelines,
    products,
    records,
)

BLUEPRINTS = (
    customers.api,
    records.api,
    groups.api,
    fields.api,
    cep.api,
    leads.api,
    leads.rules,
    pipelines.api,
    products.api,
    deals.api,
    activities.api,
    imports.api,
    exports.api,
)
