"""What sockets see of the plugin's own events."""

from __future__ import annotations

from ramal.api import EventType
from ramal_crm.permissions import VIEW
from ramal_crm.services.deals.history import EVENT
from ramal_crm.services.live import CONTACT_CHANGED

EVENT_TYPES = tuple(EventType(name, realtime=name, permission=VIEW) for name in (EVENT, CONTACT_CHANGED))
