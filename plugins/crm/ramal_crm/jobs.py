"""The plugin's background jobs."""

from __future__ import annotations

from ramal.api import JobType
from ramal_crm.services import files
from ramal_crm.services.customers import writing

JOBS = (JobType(writing.FORGET, files.forget_files),)
