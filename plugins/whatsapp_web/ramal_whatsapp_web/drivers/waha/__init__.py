"""WAHA: an HTTP server that keeps WhatsApp web sessions."""

from ramal_whatsapp_web.drivers.waha.driver import WahaDriver

__all__ = ["WahaDriver"]
