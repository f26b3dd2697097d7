"""The plugin's background jobs."""

from __future__ import annotations

from ramal.api import JobType
from ramal_crm.services import reminders

JOBS = (JobType(reminders.REMIND, reminders.remind),)
