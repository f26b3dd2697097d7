"""The plugin's background jobs."""

from __future__ import annotations

from ramal.api import JobType
from ramal_documents.services import repository
from ramal_documents.services.batches import checking, files, printing, running

JOBS = (
    JobType(files.CHECK, checking.check_batch, timeout=300),
    # Short, because a lease that a dead machine left lasts as long: the job hands on to another (``running``).
    JobType(running.ISSUE, running.issue_batch, timeout=120),
    JobType(printing.PRINT, printing.print_batch, timeout=600),
    JobType(repository.FORGET, repository.forget_files),
)
