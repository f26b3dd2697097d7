"""What sockets see of the plugin's own events."""

from __future__ import annotations

from ramal.api import EventType
from ramal_crm.permissions import VIEW
from ramal_crm.services.deals.history import EVENT

EVENT_TYPES = (EventType(EVENT, realtime=EVENT, permission=VIEW),)
