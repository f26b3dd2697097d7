"""What is kept with a customer: notes, files, the timeline."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import IO, Any

from flask import request

from ramal.api import ApiBlueprint, InvalidPayload, Page, page_of, require_permission
from ramal.api import gettext as _
from ramal_crm.models import CustomerFile, Note, TimelineEntry
from ramal_crm.permissions import EDIT, VIEW
from ramal_crm.schemas.customers import (
    CustomerFileSchema,
    FileLinkSchema,
    NoteFields,
    NoteQuery,
    NoteSchema,
    TimelineQuery,
    TimelineSchema,
)
from ramal_crm.services import customers, files, notes, sentences, timeline

api = ApiBlueprint("records", __name__, plugin="crm", description="Notes, files and timelines")
#: What a multipart body has around its file, in bytes.
WRAPPING = 64 * 1024
_FILE = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}


@api.get("/customers/<uuid:customer_id>/timeline")
@require_permission(VIEW)
@api.arguments(TimelineQuery, location="query")
@api.response(200, page_of(TimelineSchema))
def customer_timeline(query: Mapping[str, Any], customer_id: uuid.UUID) -> Page:
    """All that happened with a customer and its contacts, newest first, by key."""
    customer = customers.get_customer(customer_id)
    page = timeline.timeline_of(
        customer.id, kinds=tuple(query["kind"]), cursor=query.get("cursor"), page_size=query["page_size"]
    )
    return Page([_line(entry) for entry in page.items], page.next_cursor)


@api.get("/customers/<uuid:customer_id>/notes")
@require_permission(VIEW)
@api.arguments(NoteQuery, location="query")
@api.response(200, page_of(NoteSchema))
def list_notes(query: Mapping[str, Any], customer_id: uuid.UUID) -> Page:
    """A customer's notes, newest first."""
    customer = customers.get_customer(customer_id)
    return notes.list_notes(customer_id=customer.id, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/customers/<uuid:customer_id>/notes")
@require_permission(EDIT)
@api.arguments(NoteFields)
@api.response(201, NoteSchema)
def add_note(values: Mapping[str, Any], customer_id: uuid.UUID) -> Note:
    """Write a note down."""
    return notes.add_note(values["body"], customer_id=customer_id)


@api.delete("/notes/<uuid:note_id>")
@require_permission(EDIT)
@api.response(204)
def delete_note(note_id: uuid.UUID) -> None:
    """Delete a note."""
    notes.delete_note(note_id)


@api.get("/customers/<uuid:customer_id>/files")
@require_permission(VIEW)
@api.arguments(NoteQuery, location="query")
@api.response(200, page_of(CustomerFileSchema))
def list_files(query: Mapping[str, Any], customer_id: uuid.UUID) -> Page:
    """A customer's files, newest first."""
    customer = customers.get_customer(customer_id)
    return files.list_files(customer.id, cursor=query.get("cursor"), page_size=query["page_size"])


@api.post("/customers/<uuid:customer_id>/files")
@require_permission(EDIT)
@api.doc(requestBody={"required": True, "content": {"multipart/form-data": {"schema": _FILE}}})
@api.response(201, CustomerFileSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def add_file(customer_id: uuid.UUID) -> CustomerFile:
    """Keep a file of at most 25 MB with the customer."""
    customers.get_customer(customer_id)
    stream, filename = sent_file()
    return files.add_file(customer_id, stream, filename)


@api.get("/files/<uuid:customer_file_id>")
@require_permission(VIEW)
@api.response(200, FileLinkSchema)
def get_file(customer_file_id: uuid.UUID) -> dict[str, Any]:
    """A link to a file's bytes."""
    return {"url": files.link_of(customer_file_id, absolute=True)}


@api.delete("/files/<uuid:customer_file_id>")
@require_permission(EDIT)
@api.response(204)
def remove_file(customer_file_id: uuid.UUID) -> None:
    """Delete a file."""
    files.remove_file(customer_file_id)


def sent_file() -> tuple[IO[bytes], str | None]:
    """The file of a form. InvalidPayload where there is none."""
    request.max_content_length = files.LARGEST + WRAPPING
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidPayload(_("Choose a file."), {"file": [_("Choose a file.")]})
    return file.stream, file.filename


def _line(entry: TimelineEntry) -> dict[str, Any]:
    line = sentences.line_of(entry)
    kept = {name: getattr(entry, name) for name in ("id", "kind", "at", "actor_name", "data")}
    return {**kept, "title": line.title, "text": line.text, "url": line.url}
