"""The plugin's pages under ``/p/whatsapp_web``."""

from ramal_whatsapp_web.views import adding, archives, latency, numbers, one
from ramal_whatsapp_web.views.blueprint import pages

__all__ = ["adding", "archives", "latency", "numbers", "one", "pages"]
