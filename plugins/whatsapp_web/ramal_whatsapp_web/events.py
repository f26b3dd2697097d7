"""What sockets see of the plugin's own events."""

from __future__ import annotations

from ramal.api import EventType
from ramal_whatsapp_web.permissions import MANAGE, VIEW

#: The session's state, its alarm, or what it recovered changed.
SESSION = "whatsapp_web.session"
#: There is another QR code to read: ``{session_id, channel_id, expires_at, left}``, never the code itself.
QRCODE = "whatsapp_web.qrcode"

EVENT_TYPES = (
    EventType(SESSION, realtime=SESSION, permission=VIEW),
    EventType(QRCODE, realtime="channel.qrcode", permission=MANAGE),
)
