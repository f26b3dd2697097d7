"""The plugin's API under ``/api/v1/whatsapp_web``, one file a topic."""

from ramal_whatsapp_web.api import latency, sessions

BLUEPRINTS = (sessions.api, latency.api)
