"""Taking files in and giving them out.

``store`` is the only way in: bytes are counted while they stream, hashed, looked at, and named by
us. ``signed_url`` is the only way out to a browser.
"""

from __future__ import annotations

import hashlib
import math
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ramal.config import current_settings
from ramal.database.base import new_id
from ramal.database.session import current_organization_id, db, transaction
from ramal.errors import NotFound
from ramal.i18n import gettext as _
from ramal.storage import sniff, thumbnails
from ramal.storage.backend import new_key, scratch_file, storage
from ramal.storage.errors import FileRefused, FileTooLarge
from ramal.storage.models import StoredFile
from ramal.storage.signing import FileToken, sign

_CHUNK = 256 * 1024
#: Links made within this many seconds are the same link, so that browsers can cache what it shows.
_LINK_STEP = 900


@dataclass(frozen=True, slots=True)
class _Received:
    size: int
    sha256: str
    head: bytes


def store(
    data: bytes | Iterable[bytes] | BinaryIO,
    filename: str | None,
    claimed_type: str | None = None,
    *,
    limit: int,
    strict: bool = False,
    uploaded_by: uuid.UUID | None = None,
) -> StoredFile:
    """Keep a file of at most ``limit`` bytes; its type is what the bytes are, not what was claimed.

    ``strict`` is for what people upload: bytes that contradict the name, types outside the
    allow-list, damaged images and decompression bombs are refused. What a provider delivers is
    kept even then, as a download without preview. Raises FileTooLarge, FileRefused.
    """
    name = sniff.safe_name(filename)
    with scratch_file() as (path, file):
        received = _receive(_chunks(data), file, limit)
        kind = sniff.true_type(received.head, name, claimed_type)
        if strict:
            kind = _accepted(kind, received.head, name)
        mime_type = kind.mime_type if kind else sniff.OCTETS
        picture, mime_type = _picture(path, mime_type, strict)
        row = StoredFile(
            filename=name,
            mime_type=mime_type,
            size=received.size,
            sha256=received.sha256,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            uploaded_by=uploaded_by,
        )
        return _keep(row, path, picture)


def find(file_id: uuid.UUID) -> StoredFile:
    """A file of the current organization. NotFound."""
    file = db.session.get(StoredFile, file_id)
    if file is None:
        raise NotFound(_("There is no such file."))
    return file


def signed_url(file: StoredFile, thumbnail: bool = False, ttl: int = 3600, *, absolute: bool = False) -> str:
    """A link that shows the file to whoever has it, for ``ttl`` to ``ttl`` + 900 seconds."""
    expires_at = math.ceil((time.time() + ttl) / _LINK_STEP) * _LINK_STEP
    token = FileToken(file.organization_id, file.id, expires_at, thumbnail and file.thumbnail_path is not None)
    base = current_settings().base_url if absolute else ""
    return f"{base}/files/{sign(token)}"


def open_file(file: StoredFile) -> BinaryIO:
    """Its bytes, seekable. FileNotFoundError if the disk lost them."""
    return storage().open(file.path)


def file_path(file: StoredFile) -> Path:
    """A local path with its bytes, for programs that want one; to be read only."""
    return storage().path(file.path)


def delete_file(file: StoredFile) -> None:
    """Remove the row, then the bytes."""
    with transaction() as session:
        session.delete(file)
    for key in (file.path, file.thumbnail_path):
        if key:
            storage().delete(key)


def _chunks(data: bytes | Iterable[bytes] | BinaryIO) -> Iterator[bytes]:
    if isinstance(data, bytes):
        return iter((data,))
    if hasattr(data, "read"):
        return iter(lambda: data.read(_CHUNK), b"")
    return iter(data)


def _receive(chunks: Iterator[bytes], file: BinaryIO, limit: int) -> _Received:
    size, digest, head = 0, hashlib.sha256(), b""
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(_("The file is larger than %(limit)s.", limit=_megabytes(limit)))
        digest.update(chunk)
        if len(head) < sniff.HEAD:
            head += chunk[: sniff.HEAD - len(head)]
        file.write(chunk)
    file.flush()
    if size == 0:
        raise FileRefused(_("The file is empty."))
    return _Received(size, digest.hexdigest(), head)


def _accepted(kind: sniff.FileType | None, head: bytes, name: str) -> sniff.FileType:
    if kind is None:
        raise FileRefused(_("Files of this type can't be sent (%(type)s).", type=sniff.name_of_bytes(head)))
    if not sniff.name_agrees(kind, name):
        raise FileRefused(
            _("The file is called %(name)s, but its contents are %(type)s.", name=name, type=kind.mime_type)
        )
    return kind


def _picture(path: Path, mime_type: str, strict: bool) -> tuple[thumbnails.Picture | None, str]:
    try:
        return thumbnails.picture_of(path, mime_type), mime_type
    except thumbnails.ImageTooLarge:
        if strict:
            megapixels = thumbnails.MAX_PIXELS // 1_000_000
            raise FileRefused(_("The image has more than %(count)s megapixels.", count=megapixels)) from None
    except thumbnails.ImageBroken:
        if strict and mime_type.startswith("image/"):
            raise FileRefused(_("The image is damaged and can't be opened.")) from None
        if not mime_type.startswith("image/"):
            return None, mime_type
    # Kept, but no browser is asked to decode it.
    return None, sniff.OCTETS


def _keep(row: StoredFile, path: Path, picture: thumbnails.Picture | None) -> StoredFile:
    row.id = new_id()
    row.path = new_key(current_organization_id(), row.id)
    row.thumbnail_path = f"{row.path}.webp" if picture else None
    disk = storage()
    disk.put(row.path, path)
    try:
        if picture and row.thumbnail_path:
            disk.put_bytes(row.thumbnail_path, picture.thumbnail)
        with transaction() as session:
            session.add(row)
            session.flush()  # what names the file may follow in the same transaction
    except BaseException:
        disk.delete(row.path)
        if row.thumbnail_path:
            disk.delete(row.thumbnail_path)
        raise
    return row


def _megabytes(size: int) -> str:
    return f"{size / 1_048_576:.0f} MB" if size >= 1_048_576 else f"{size / 1024:.0f} kB"
