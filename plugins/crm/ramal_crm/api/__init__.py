"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import activities, leads

BLUEPRINTS = (
    leads.api,
    leads.rules,
    activities.api,
)
