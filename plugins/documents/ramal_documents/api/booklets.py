"""Carnês."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, require_permission
from ramal_documents.api.boletos import shown
from ramal_documents.models import Booklet
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas import examples
from ramal_documents.schemas.boletos import BookletSchema, NewBookletSchema
from ramal_documents.services import booklets, printing

api = ApiBlueprint("booklets", __name__, plugin="documents", description="Carnês")


@api.post("/generate-booklet")
@require_permission(ISSUE)
@api.arguments(NewBookletSchema, example=examples.BOOKLET)
@api.response(201, BookletSchema)
def generate_booklet(values: Mapping[str, Any]) -> dict[str, Any]:
    """Issue a sum in monthly boletos that add up to it: all of them, or none."""
    return _json(booklets.issue_booklet(values))


@api.get("/booklets/<uuid:booklet_id>")
@require_permission(VIEW)
@api.response(200, BookletSchema)
def get_booklet(booklet_id: uuid.UUID) -> dict[str, Any]:
    """One carnê with its boletos, and a fresh link to its PDF."""
    return _json(booklets.get_booklet(booklet_id))


def _json(booklet: Booklet) -> dict[str, Any]:
    columns = {column.key: getattr(booklet, column.key) for column in Booklet.__table__.columns}
    boletos = [shown(charge) for charge in booklets.boletos_of(booklet.id)]
    return {**columns, "boletos": boletos, "pdf_url": printing.booklet_url(booklet)}
