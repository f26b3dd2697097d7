"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import cep, customers, deals, exports, fields, groups, imports, pipelines, products, records

BLUEPRINTS = (
    customers.api,
    records.api,
    groups.api,
    fields.api,
    cep.api,
    pipelines.api,
    products.api,
    deals.api,
    imports.api,
    exports.api,
)
