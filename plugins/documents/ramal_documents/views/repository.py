"""The repository: found, added, opened, replaced; and its place beside a conversation."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import IO, Any

from flask import flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from ramal.api import (
    ContactInfo,
    InvalidPayload,
    RamalError,
    SlotFragment,
    get_contact,
    require_permission,
)
from ramal.api import gettext as _
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas.repository import RepositoryQuery
from ramal_documents.services import repository as services
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages, words

#: What a multipart body has around its file, in bytes.
_WRAPPING = 64 * 1024
_BESIDE = 5


@pages.get("/repository")
@require_permission(VIEW)
def repository() -> str:
    """Documents, newest first, narrowed by the form above them; those of one contact with a form to add to them."""
    return _list({})


@pages.post("/repository")
@require_permission(ISSUE)
def add_document() -> Response | tuple[str, int]:
    """Keep a new document for the contact."""
    try:
        file, filename = _file()
        contact_id = request.form.get("contact_id", type=uuid.UUID)
        if contact_id is None:
            raise InvalidPayload(_("Choose a contact."), {"contact_id": [_("Choose a contact.")]})
        values = {**_texts(), "contact_id": contact_id, "note": request.form.get("note", "").strip()}
        document = services.add_document(values, file, filename)
    except RamalError as error:
        return _list(forms.sentences(error)), 422
    return _lead_to(url_for(".kept_document", document_id=document.id))


@pages.get("/repository/<uuid:document_id>")
@require_permission(VIEW)
def kept_document(document_id: uuid.UUID) -> str:
    """One document: its versions, its tags, who looked at it."""
    return _page(document_id, {})


@pages.post("/repository/<uuid:document_id>")
@require_permission(ISSUE)
def change_document(document_id: uuid.UUID) -> Response | tuple[str, int]:
    """Another title, other tags."""
    try:
        services.change_document(document_id, _texts())
    except InvalidPayload as error:
        return _page(document_id, forms.sentences(error)), 422
    flash(_("The document was saved."), "success")
    return redirect(url_for(".kept_document", document_id=document_id), 303)


@pages.post("/repository/<uuid:document_id>/versions")
@require_permission(ISSUE)
def add_version(document_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep a newer version."""
    try:
        file, filename = _file()
        services.add_version(document_id, file, filename, request.form.get("note", "").strip())
    except RamalError as error:
        return _page(document_id, forms.sentences(error)), 422
    return _lead_to(url_for(".kept_document", document_id=document_id))


@pages.get("/repository/<uuid:document_id>/<int:number>")
@require_permission(VIEW)
def open_version(document_id: uuid.UUID, number: int) -> Response:
    """Lead to the bytes, and write down who wanted them."""
    return redirect(services.open_version(document_id, number, absolute=False))


@pages.post("/repository/<uuid:document_id>/delete")
@require_permission(ISSUE)
def delete_document(document_id: uuid.UUID) -> Response:
    """Remove it with all its versions."""
    services.delete_document(document_id)
    flash(_("The document was removed."), "success")
    return redirect(url_for(".repository"), 303)


def documents_panel(contact: ContactInfo, **_rest: Any) -> Markup:
    """The contact's newest documents."""
    page = services.list_documents(services.Search(contact_id=contact.id), page_size=_BESIDE)
    html = render_template("documents/pages/repository_panel.html", **words(), contact=contact, documents=page.items)
    return Markup(html)  # noqa: S704 (our own template, autoescaped)


SLOTS = (SlotFragment("inbox.sidebar", "documents", render=documents_panel, permission=VIEW, weight=110),)


def _file() -> tuple[IO[bytes], str | None]:
    # The page's CSRF value comes in a header (htmx), so that nothing of the body is read before this.
    request.max_content_length = services.LARGEST + _WRAPPING
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidPayload(_("Choose a file."), {"file": [_("Choose a file.")]})
    return file.stream, file.filename


def _texts() -> dict[str, Any]:
    title = " ".join(request.form.get("title", "").split())[:150]
    return {"title": title, "tags": request.form.get("tags", "").split(",")}


def _lead_to(url: str) -> Response:
    """Forms with files come by htmx."""
    if request.headers.get("HX-Request") != "true":
        return redirect(url, 303)
    answer = make_response("")
    answer.headers["HX-Redirect"] = url
    return answer


def _list(errors: Mapping[str, Any]) -> str:
    contact_id = request.values.get("contact_id", type=uuid.UUID)
    try:
        given = RepositoryQuery(unknown=EXCLUDE, only=("q", "tag")).load(request.args.to_dict())
    except ValidationError:
        given = {"q": "", "tag": ""}
        errors = {**errors, "_": [_("Some of the filter does not fit; all documents are shown.")]}
    search = services.Search(contact_id=contact_id, tag=given["tag"], text=given["q"])
    page = services.list_documents(search, cursor=request.args.get("cursor"))
    contacts = {document.contact_id for document in page.items} - {None}
    following: dict[str, Any] = {name: value for name, value in given.items() if value}
    following |= {"contact_id": contact_id, "cursor": page.next_cursor}
    return render_template(
        "documents/pages/repository.html",
        page=page,
        last=services.last_versions(page.items),
        contact=get_contact(contact_id) if contact_id else None,
        names={found: get_contact(found).name for found in contacts},
        tags=services.tags_in_use(),
        given=given,
        errors=errors,
        values=request.form,
        megabytes=services.LARGEST // 1024 // 1024,
        next_url=url_for(".repository", **following) if page.next_cursor else None,
    )


def _page(document_id: uuid.UUID, errors: Mapping[str, Any]) -> str:
    document = services.get_document(document_id)
    return render_template(
        "documents/pages/kept_document.html",
        document=document,
        versions=services.versions_of(document_id),
        contact=get_contact(document.contact_id) if document.contact_id else None,
        log=services.log_of(document_id, cursor=request.args.get("cursor")),
        actions={
            "added": _("Added"),
            "version_added": _("New version"),
            "changed": _("Title or tags changed"),
            "opened": _("Opened"),
        },
        values={"title": document.title, "tags": ", ".join(document.tags)},
        errors=errors,
        megabytes=services.LARGEST // 1024 // 1024,
    )
