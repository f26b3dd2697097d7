"""The plugin's background jobs."""

from __future__ import annotations

from ramal.api import JobType
from ramal_crm.services import files, reminders
from ramal_crm.services.customers import writing
from ramal_crm.services.exports import making
from ramal_crm.services.imports import checking, running, undoing
from ramal_crm.services.imports.files import CHECK, READ

JOBS = (
    JobType(writing.FORGET, files.forget_files),
    JobType(reminders.REMIND, reminders.remind),
    JobType(READ, checking.read_import, timeout=120),
    JobType(CHECK, checking.check_import, timeout=300),
    # Short, because a lease that a dead machine left lasts as long: the job hands on to another (``running``).
    JobType(running.IMPORT, running.run_import, timeout=120),
    JobType(undoing.UNDO, undoing.undo_import, timeout=120),
    JobType(making.EXPORT, making.make_export, timeout=600),
    JobType(making.DROP, making.drop_old),
)
