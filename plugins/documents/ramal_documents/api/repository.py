"""The repository of documents kept for contacts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import IO, Any

from flask import request
from marshmallow import ValidationError

from ramal.api import ApiBlueprint, InvalidPayload, Page, page_of, require_permission
from ramal.api import gettext as _
from ramal_documents.models import KeptDocument
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas.repository import (
    AccessQuery,
    AccessSchema,
    KeptDocumentFields,
    KeptDocumentSchema,
    NewKeptDocumentSchema,
    OpenedSchema,
    OpenQuery,
    RepositoryQuery,
    WholeKeptDocumentSchema,
)
from ramal_documents.services import repository

api = ApiBlueprint(
    "repository", __name__, plugin="documents", url_prefix="/repository", description="Documents kept for contacts"
)
#: What a multipart body has around its file, in bytes.
_WRAPPING = 64 * 1024
_TEXTS: dict[str, Any] = {
    "title": {"type": "string", "description": "The file's name, if left out"},
    "tags": {"type": "string", "description": "Apart by commas", "example": "contrato, assinado"},
    "note": {"type": "string"},
}


def _multipart(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    file = {"type": "string", "format": "binary"}
    schema = {"type": "object", "required": ["file", *required], "properties": {"file": file, **properties}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


@api.get("/")
@require_permission(VIEW)
@api.arguments(RepositoryQuery, location="query")
@api.response(200, page_of(KeptDocumentSchema))
def list_documents(query: Mapping[str, Any]) -> Page:
    """Documents, newest first, by key: of a contact, with a tag, or found by a text."""
    search = repository.Search(contact_id=query.get("contact_id"), tag=query["tag"], text=query["q"])
    page = repository.list_documents(search, cursor=query.get("cursor"), page_size=query["page_size"])
    last = repository.last_versions(page.items)
    return Page([{**_shown(document), "last": last[document.id]} for document in page.items], page.next_cursor)


@api.post("/")
@require_permission(ISSUE)
@api.doc(requestBody=_multipart({"contact_id": {"type": "string", "format": "uuid"}, **_TEXTS}, ("contact_id",)))
@api.response(201, WholeKeptDocumentSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def add_document() -> dict[str, Any]:
    """Keep a file of at most 25 MB as a new document of a contact."""
    file, filename = _file()
    given = {name: request.form[name] for name in ("contact_id", "title", "note") if request.form.get(name)}
    try:
        values = NewKeptDocumentSchema().load({**given, "tags": request.form.get("tags", "").split(",")})
    except ValidationError as error:
        details = error.messages if isinstance(error.messages, dict) else {"_": error.messages}
        raise InvalidPayload(_("Some of the data does not fit."), details) from error
    return _whole(repository.add_document(values, file, filename))


@api.get("/<uuid:document_id>")
@require_permission(VIEW)
@api.response(200, WholeKeptDocumentSchema)
def get_document(document_id: uuid.UUID) -> dict[str, Any]:
    """One document with its versions."""
    return _whole(repository.get_document(document_id))


@api.patch("/<uuid:document_id>")
@require_permission(ISSUE)
@api.arguments(KeptDocumentFields)
@api.response(200, WholeKeptDocumentSchema)
def change_document(values: Mapping[str, Any], document_id: uuid.UUID) -> dict[str, Any]:
    """Another title, other tags."""
    return _whole(repository.change_document(document_id, values))


@api.delete("/<uuid:document_id>")
@require_permission(ISSUE)
@api.response(204)
def delete_document(document_id: uuid.UUID) -> None:
    """Remove a document with all its versions; the audit trail keeps their SHA-256."""
    repository.delete_document(document_id)


@api.post("/<uuid:document_id>/versions")
@require_permission(ISSUE)
@api.doc(requestBody=_multipart({"note": _TEXTS["note"]}, ()))
@api.response(201, WholeKeptDocumentSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def add_version(document_id: uuid.UUID) -> dict[str, Any]:
    """Keep a newer version. 409 for the very file of the last one."""
    repository.get_document(document_id)
    file, filename = _file()
    return _whole(repository.add_version(document_id, file, filename, request.form.get("note", "").strip()))


@api.post("/<uuid:document_id>/open")
@require_permission(VIEW)
@api.arguments(OpenQuery)
@api.response(200, OpenedSchema)
def open_document(values: Mapping[str, Any], document_id: uuid.UUID) -> dict[str, Any]:
    """A link to a version's bytes; the access log keeps who asked."""
    return {"url": repository.open_version(document_id, values["number"])}


@api.get("/<uuid:document_id>/access")
@require_permission(VIEW)
@api.arguments(AccessQuery, location="query")
@api.response(200, page_of(AccessSchema))
def list_access(query: Mapping[str, Any], document_id: uuid.UUID) -> Page:
    """Who did what with it, newest first."""
    return repository.log_of(document_id, cursor=query.get("cursor"), page_size=query["page_size"])


def _file() -> tuple[IO[bytes], str | None]:
    request.max_content_length = repository.LARGEST + _WRAPPING
    file = request.files.get("file")
    if file is None:
        raise InvalidPayload(_("No file was sent."), {"file": [_("No file was sent.")]})
    return file.stream, file.filename


def _shown(document: KeptDocument) -> dict[str, Any]:
    return {column.key: getattr(document, column.key) for column in KeptDocument.__table__.columns}


def _whole(document: KeptDocument) -> dict[str, Any]:
    versions = repository.versions_of(document.id)
    return {**_shown(document), "last": versions[0], "history": versions}
