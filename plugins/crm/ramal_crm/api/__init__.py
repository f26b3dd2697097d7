"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import cep, customers, fields, groups, imports, records

BLUEPRINTS = (
    customers.api,
    records.api,
    groups.api,
    fields.api,
    cep.api,
    imports.api,
)
