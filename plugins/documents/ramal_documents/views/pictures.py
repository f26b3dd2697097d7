"""Pictures and the letterhead: a page of their own, and the pictures below the editor of a template."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import IO, Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import InvalidPayload, RamalError, current_user, read_form, require_permission
from ramal.api import gettext as _
from ramal_documents.permissions import ADMINISTER, VIEW
from ramal_documents.schemas.pictures import LetterheadSchema
from ramal_documents.services import pictures as services
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages

#: What a multipart body has around its file, in bytes.
_WRAPPING = 16 * 1024


@pages.get("/pictures")
@require_permission(VIEW)
def pictures() -> str:
    """All pictures, a form for another one, and the letterhead."""
    return _page({})


@pages.post("/pictures")
@require_permission(ADMINISTER)
def add_picture() -> str | tuple[str, int]:
    """Keep one more; the fragment with all of them."""

    def act() -> None:
        file, filename = _file()
        services.add_picture(request.form.get("name", "").strip(), file, filename)

    return _done(act, _("It was added."))


@pages.post("/pictures/<uuid:picture_id>")
@require_permission(ADMINISTER)
def replace_picture(picture_id: uuid.UUID) -> str | tuple[str, int]:
    """Other bytes under its name."""
    return _done(lambda: services.replace_picture(picture_id, *_file()), _("It was replaced."))


@pages.post("/pictures/<uuid:picture_id>/delete")
@require_permission(ADMINISTER)
def delete_picture(picture_id: uuid.UUID) -> str | tuple[str, int]:
    """Remove one that nothing shows."""
    return _done(lambda: services.delete_picture(picture_id), _("It was removed."))


@pages.post("/pictures/letterhead")
@require_permission(ADMINISTER)
def set_letterhead() -> Response | tuple[str, int]:
    """Write the letterhead anew."""
    try:
        picture_id = request.form.get("picture_id") or None
        lines = forms.lines(request.form, "lines")
        services.set_letterhead(read_form(LetterheadSchema, lines=lines, picture_id=picture_id))
    except InvalidPayload as error:
        return _page(forms.sentences(error)), 422
    flash(_("The letterhead was saved."), "success")
    return redirect(url_for(".pictures"), 303)


def shown() -> dict[str, Any]:
    """What the fragment with the pictures wants to know."""
    found = services.list_pictures()
    return {
        "pictures": [(picture, services.picture_url(picture, absolute=False)) for picture in found],
        "may": current_user().can(ADMINISTER),
        "picture_megabytes": services.LARGEST // 1024 // 1024,
        "picture_errors": {},
        "picture_values": {},
        "picture_said": "",
    }


def _page(errors: Mapping[str, Any]) -> str:
    paper = services.get_letterhead()
    kept = {"name": paper.name, "lines": "\n".join(paper.lines), "picture_id": str(paper.picture_id or "")}
    values = forms.given() if errors else kept
    return render_template("documents/pages/pictures.html", **shown(), values=values, errors=errors)


def _done(act: Callable[[], object], said: str) -> str | tuple[str, int]:
    try:
        act()
    except RamalError as error:
        told = {"picture_errors": forms.sentences(error), "picture_values": request.form}
        return render_template("documents/pages/pictures_list.html", **{**shown(), **told}), 422
    return render_template("documents/pages/pictures_list.html", **{**shown(), "picture_said": said})


def _file() -> tuple[IO[bytes], str | None]:
    # The page's CSRF value comes in a header (htmx), so that nothing of the body is read before this.
    request.max_content_length = services.LARGEST + _WRAPPING
    file = request.files.get("file")
    if file is None or not file.filename:
        raise InvalidPayload(_("Choose a file."), {"file": [_("Choose a file.")]})
    return file.stream, file.filename
