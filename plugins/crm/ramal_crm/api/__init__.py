"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import activities, deals, leads, pipelines, products

BLUEPRINTS = (
    leads.api,
    leads.rules,
    pipelines.api,
    products.api,
    deals.api,
    activities.api,
)
