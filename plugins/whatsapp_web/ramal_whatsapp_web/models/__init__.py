"""The plugin's tables."""

from ramal_whatsapp_web.models.base import Model
from ramal_whatsapp_web.models.latency import MessageTimes
from ramal_whatsapp_web.models.sessions import Session, SessionChange

__all__ = ["MessageTimes", "Model", "Session", "SessionChange"]
