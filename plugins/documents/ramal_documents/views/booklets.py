"""Carnês: the form, and the page of one."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, read_form, require_permission
from ramal.api import gettext as _
from ramal_documents.models import Booklet
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas.boletos import NewBookletSchema
from ramal_documents.services import booklets, printing, repeats
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages
from ramal_documents.views.boletos import nested, show_form, starting_values

_TEMPLATE = "documents/pages/booklet_form.html"


@pages.get("/booklets/new")
@require_permission(ISSUE)
def new_booklet() -> str:
    """The empty form."""
    return show_form(_TEMPLATE, {"count": "12", **starting_values()}, {})


@pages.post("/booklets/new")
@require_permission(ISSUE)
def make_booklet() -> Response | tuple[str, int]:
    """Issue all instalments, or none."""
    form_id = request.form.get("form_id", type=uuid.UUID)
    try:
        values = read_form(NewBookletSchema, **nested(request.form, "days_before"))
        facts = (values["amount"], values["count"], values["payer"]["name"])
        made = repeats.once(
            Booklet,
            form_id,
            lambda: booklets.issue_booklet({**values, "id": form_id}),
            lambda known: (known.total, known.count, known.payer_name) == facts,
        )
    except (InvalidPayload, Conflict) as error:
        return show_form(_TEMPLATE, forms.given(), forms.sentences(error)), 422
    flash(_("The carnê was issued."), "success")
    return redirect(url_for(".booklet", booklet_id=made.id), 303)


@pages.get("/booklets/<uuid:booklet_id>")
@require_permission(VIEW)
def booklet(booklet_id: uuid.UUID) -> str:
    """One carnê, with its boletos."""
    found = booklets.get_booklet(booklet_id)
    return render_template(
        "documents/pages/booklet.html",
        booklet=found,
        charges=booklets.boletos_of(booklet_id),
        pdf=printing.booklet_url(found, absolute=False),
    )
