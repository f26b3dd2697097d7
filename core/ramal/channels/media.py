"""Files already in our storage, for channels whose other end uploads to us."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from ramal.channels.types import MediaStream
from ramal.database.session import db
from ramal.errors import NotFound
from ramal.i18n import gettext as _
from ramal.storage.models import StoredFile
from ramal.storage.services import open_file

_CHUNK = 256 * 1024


def stored_media(file_id: uuid.UUID | str) -> MediaStream:
    """A stored file of the current organization as a download; NotFound otherwise."""
    file = db.session.get(StoredFile, uuid.UUID(str(file_id)))
    if file is None:
        raise NotFound(_("There is no such file."))
    return MediaStream(_chunks(file), file.mime_type, file.filename, file.size)


def _chunks(file: StoredFile) -> Iterator[bytes]:
    with open_file(file) as stored:
        while chunk := stored.read(_CHUNK):
            yield chunk
