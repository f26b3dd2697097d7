"""From a webhook's bytes to the core's items: every item of every batch, each with its own key.

``parse_delivery`` is a pure function of the delivery and two settings, so a delivery may be read
again at any time. One item that makes no sense becomes a notice or a placeholder and leaves its
neighbours alone; only a body that is no webhook at all raises ValueError.
"""

from ramal_whatsapp_cloud.parse.envelope import parse_delivery

__all__ = ["parse_delivery"]
