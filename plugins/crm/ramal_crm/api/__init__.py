"""The plugin's API under ``/api/v1/crm``, one file a topic."""

BLUEPRINTS = ()
