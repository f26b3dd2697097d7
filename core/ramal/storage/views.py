"""``/files/<token>``: the bytes behind a signed link, to whoever holds it."""

from __future__ import annotations

import time
import unicodedata
from typing import BinaryIO
from urllib.parse import quote

from flask import Flask, Response, request
from sqlalchemy import select
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import dump_options_header
from werkzeug.wsgi import wrap_file

from ramal.database.session import db, use_organization
from ramal.errors import Forbidden, NotFound
from ramal.i18n import gettext as _
from ramal.storage.backend import storage
from ramal.storage.models import StoredFile
from ramal.storage.signing import BadToken, ExpiredToken, FileToken, unsign
from ramal.storage.sniff import INLINE

THUMBNAIL_TYPE = "image/webp"
# A browser opens an image or a video as a page of its own; it may show that and do nothing else.
_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
# The sandbox would keep Chromium's PDF viewer from starting.
_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def register(app: Flask) -> None:
    """Add the route."""
    app.add_url_rule("/files/<token>", "storage_file", serve)


def serve(token: str) -> Response:
    """Send the file, whole or the range asked for; 404 for a link that is not ours, 403 for an expired one."""
    try:
        link = unsign(token)
    except BadToken:
        raise NotFound(_("There is no such file.")) from None
    except ExpiredToken:
        raise Forbidden(_("This link has expired. Open the file again from where you found it.")) from None
    file = _stored_file(link)
    if link.thumbnail and file.thumbnail_path:
        return _answer(file, file.thumbnail_path, THUMBNAIL_TYPE, link)
    return _answer(file, file.path, file.mime_type, link)


def _stored_file(link: FileToken) -> StoredFile:
    use_organization(link.organization_id)
    file = db.session.execute(select(StoredFile).where(StoredFile.id == link.file_id)).scalar_one_or_none()
    db.session.rollback()  # give the connection back before the bytes flow
    if file is None:
        raise NotFound(_("There is no such file."))
    return file


def _answer(file: StoredFile, key: str, mime_type: str, link: FileToken) -> Response:
    try:
        opened = storage().open(key)
    except FileNotFoundError:
        raise NotFound(_("There is no such file.")) from None
    size = _size(opened)
    response = Response(wrap_file(request.environ, opened), mimetype=mime_type, direct_passthrough=True)
    response.content_length = size
    response.set_etag(file.sha256 + ("-thumbnail" if link.thumbnail else ""))
    response.last_modified = file.created_at
    response.headers["Cache-Control"] = f"private, max-age={max(0, int(link.expires_at - time.time()))}, immutable"
    _set_safety_headers(response, file, mime_type)
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        opened.close()
        return Response(status=416, headers={"Content-Range": f"bytes */{size}", "X-Content-Type-Options": "nosniff"})
    return response


def _set_safety_headers(response: Response, file: StoredFile, mime_type: str) -> None:
    inline = mime_type in INLINE
    disposition = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = _disposition(disposition, file.filename)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    pdf = mime_type == "application/pdf"
    response.headers["Content-Security-Policy"] = _PDF_POLICY if pdf else f"{_POLICY}; sandbox"


def _disposition(kind: str, filename: str) -> str:
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    value = dump_options_header(kind, {"filename": plain or "file"})
    # RFC 6266: the true name beside one that old programs can read.
    return value if plain == filename else f"{value}; filename*=UTF-8''{quote(filename, safe='')}"


def _size(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size
