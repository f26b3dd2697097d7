"""The PDF of a boleto: made once for each state, kept, and given out by a signed link."""

from __future__ import annotations

import io
import unicodedata
import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import Conflict, file_url, find_file, render_document, store_file, transaction
from ramal.api import gettext as _
from ramal_documents import sheet
from ramal_documents.boleto import Boleto
from ramal_documents.models import Booklet, Charge
from ramal_documents.services.accounts import get_account
from ramal_documents.services.booklets import boletos_of, get_booklet
from ramal_documents.services.charges import boleto_of, get_charge
from ramal_documents.services.problems import told
from ramal_documents.sheet import bounded

#: Names for the hook ``render_document``; the context of both is ``{"boletos": [Boleto, …]}``.
BOLETO, BOOKLET = "boleto", "carne"
TYPES = (BOLETO, BOOKLET)
#: Bytes that a PDF of ours may have.
_LIMIT = 32 * 1024 * 1024


def pdf_url(charge: Charge, *, absolute: bool = True) -> str | None:
    """A signed link to the PDF of an issued boleto; None for a draft."""
    if charge.state == "draft":
        return None
    return file_url(pdf_file(charge.id), absolute=absolute)


def pdf_file(charge_id: uuid.UUID) -> Any:
    """The stored PDF, made at the first call. Conflict for a draft."""
    charge = get_charge(charge_id)
    if charge.file_id is not None:
        return find_file(charge.file_id)
    with transaction():
        charge = get_charge(charge_id, locked=True)
        if charge.state == "draft":
            raise Conflict(_("A draft has no number yet, and so no PDF."), state=charge.state)
        if charge.file_id is None:
            charge.file_id = keep(pdf_of(charge), filename(charge)).id
    return find_file(charge.file_id)


def pdf_of(charge: Charge) -> bytes:
    """The bytes, by the account's own template or the standard sheet."""
    return printed(charge, boleto_of(charge))


def printed(charge: Charge, boleto: Boleto) -> bytes:
    """The same with another boleto than the charge's own, as a second copy is."""
    return render_document(BOLETO, get_account(charge.account_id).template, {"boletos": [boleto]})


def keep(data: bytes, name: str) -> Any:
    """Store a PDF."""
    return store_file(data, name, "application/pdf", limit=_LIMIT)


def filename(charge: Charge) -> str:
    """`boleto-2026-118.pdf`."""
    name = charge.document_number or charge.our_number or str(charge.id)
    return f"boleto-{_safe(name)}.pdf"


def _safe(name: str) -> str:
    """In ASCII: names stand in headers too."""
    bare = unicodedata.normalize("NFKD", name)
    letters = (letter for letter in bare if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in letters)


def booklet_file(booklet_id: uuid.UUID) -> Any:
    """The stored PDF of a carnê, made at the first call."""
    booklet = get_booklet(booklet_id)
    if booklet.file_id is None:
        with transaction():
            booklet = get_booklet(booklet_id, locked=True)
            if booklet.file_id is None:
                data = render_document(BOOKLET, None, {"boletos": [boleto_of(each) for each in boletos_of(booklet_id)]})
                name = f"carne-{_safe(booklet.document_number or str(booklet.id))}.pdf"
                booklet.file_id = keep(data, name).id
    assert booklet.file_id is not None
    return find_file(booklet.file_id)


def booklet_url(booklet: Booklet, *, absolute: bool = True) -> str:
    """A signed link to it."""
    return file_url(booklet_file(booklet.id), absolute=absolute)


def render(document: str, template: Any, context: Mapping[str, Any]) -> bytes | None:
    """What this plugin answers to ``render_document``; None for documents that are not its own.

    ``template`` None draws the standard sheet; a text is an HTML template, laid out in a bounded process.
    """
    if document not in TYPES:
        return None
    boletos = list(context["boletos"])
    with told():
        if template is not None:
            return bounded.pdf(template, boletos)
        file = io.BytesIO()
        make = sheet.booklet if document == BOOKLET else sheet.many
        make(boletos, file)
        return file.getvalue()
