"""Forgetting uploads whose message never came: a composer that was closed, a visitor who thought better of it.

A channel may speak of an upload from the journal, or from an attachment that is still to be fetched. As long as
anything there mentions it and waits, be it for a person, the upload stays.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import text

from ramal.database.base import utcnow
from ramal.database.session import system_transaction, transaction
from ramal.events.attempt import own_session
from ramal.inbox.services.uploads import UPLOAD_TTL
from ramal.storage.backend import storage

log = logging.getLogger(__name__)

#: Uploads forgotten in one transaction.
BATCH = 200

_OVERDUE = "message_id is null and created_at < :before"
_FORGET_UPLOADS = f"""
with unread as materialized (
    select raw from inbound_delivery where status = 'pending'
    union all select raw from inbound_delivery where status = 'parked'
    union all select raw from inbound_delivery
        where id in (select delivery_id from inbound_item where status in ('waiting', 'parked'))
), overdue as materialized (
    select id, file_id::text as file from attachment where {_OVERDUE} for update skip locked
)
delete from attachment where id in (
    select overdue.id from overdue
    where not exists (select from unread where position(convert_to(overdue.file, 'UTF8') in raw) > 0)
      and not exists (select from attachment waiting where waiting.message_id is not null
                      and waiting.state <> 'ready' and strpos(waiting.ref::text, overdue.file) > 0)
    limit :batch
) returning file_id
"""  # noqa: S608 (a constant of ours)
_FORGET_FILES = """
delete from stored_file where id = any(:files)
    and not exists (select from attachment where file_id = stored_file.id)
    returning path, thumbnail_path
"""


def forget_abandoned() -> int:
    """Delete the uploads that nobody sent in time, rows and bytes. Answers how many."""
    before = utcnow() - UPLOAD_TTL
    with system_transaction() as session:
        query = text(f"select distinct organization_id from attachment where {_OVERDUE}")  # noqa: S608
        organizations = list(session.execute(query, {"before": before}).scalars())
    forgotten = 0
    for organization_id in organizations:
        with own_session(organization_id):
            while found := _forget_some(before):
                forgotten += found
    if forgotten:
        log.info("%s abandoned uploads were deleted", forgotten)
    return forgotten


def _forget_some(before: datetime) -> int:
    with transaction() as session:
        files = list(session.execute(text(_FORGET_UPLOADS), {"before": before, "batch": BATCH}).scalars())
        gone = session.execute(text(_FORGET_FILES), {"files": [file for file in files if file]}).all()
    for keys in gone:
        for key in filter(None, keys):
            storage().delete(key)
    return len(files)
