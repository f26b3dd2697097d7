"""The plugin's background jobs."""

from __future__ import annotations

from ramal.api import JobType
from ramal_whatsapp_web.names import DRIVE
from ramal_whatsapp_web.services import driving

#: One try: what it did not get done, the supervisor does.
JOBS = (JobType(DRIVE, driving.drive, timeout=140, max_attempts=1),)
