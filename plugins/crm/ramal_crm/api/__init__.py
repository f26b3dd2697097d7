"""The plugin's API under ``/api/v1/crm``, one file a topic."""

from ramal_crm.api import imports

BLUEPRINTS = (imports.api,)
