"""Conferir boleto: whatever was pasted, explained."""

from __future__ import annotations

from flask import render_template, request

from ramal.api import require_permission
from ramal_documents.boleto import Reading
from ramal_documents.permissions import VIEW
from ramal_documents.services import decoding
from ramal_documents.views import forms
from ramal_documents.views.blueprint import pages

#: Characters of the longest thing that makes sense here, a PIX code.
_LONGEST = 600


@pages.route("/check", methods=["GET", "POST"])
@require_permission(VIEW)
def check_code() -> str | tuple[str, int]:
    """The field to paste into; by POST, since a line is somebody's bill and no part of an address."""
    text = request.form.get("text", "")[:_LONGEST]
    found, errors = forms.attempt(lambda: decoding.read_anything(text)) if request.method == "POST" else (None, {})
    is_boleto = isinstance(found, Reading)
    page = render_template("documents/pages/decode.html", text=text, found=found, is_boleto=is_boleto, errors=errors)
    return (page, 422) if errors else page
