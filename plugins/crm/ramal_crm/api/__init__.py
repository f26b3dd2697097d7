"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import deals, pipelines, products

BLUEPRINTS = (
    pipelines.api,
    products.api,
    deals.api,
)
