"""PIX keys and codes."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, page_of, require_permission
from ramal_documents.models import PixCode, PixKey
from ramal_documents.permissions import ADMINISTER, ISSUE, VIEW
from ramal_documents.pix import qr
from ramal_documents.schemas import examples
from ramal_documents.schemas.pix import (
    KeyListSchema,
    KeySchema,
    KeySwitchSchema,
    MadePixSchema,
    NewKeySchema,
    NewPixSchema,
    PixQuery,
    PixSchema,
)
from ramal_documents.services import pix

api = ApiBlueprint("pix", __name__, plugin="documents", description="PIX")


@api.post("/generate-pix")
@require_permission(ISSUE)
@api.arguments(NewPixSchema, example=examples.PIX)
@api.response(201, MadePixSchema)
def generate_pix(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make a PIX code: the copy-and-paste text, and its QR code as SVG and PNG."""
    return _whole(pix.generate(values))


@api.get("/pix")
@require_permission(VIEW)
@api.arguments(PixQuery, location="query")
@api.response(200, page_of(PixSchema))
def list_pix(query: Mapping[str, Any]) -> Page:
    """Codes, newest first, by key."""
    return pix.list_codes(contact_id=query.get("contact_id"), cursor=query.get("cursor"), page_size=query["page_size"])


@api.get("/pix/<uuid:pix_id>")
@require_permission(VIEW)
@api.response(200, MadePixSchema)
def get_pix(pix_id: uuid.UUID) -> dict[str, Any]:
    """One code with its QR code."""
    return _whole(pix.get_code(pix_id))


@api.get("/pix-keys")
@require_permission(VIEW)
@api.response(200, KeyListSchema)
def list_keys() -> dict[str, Any]:
    """The organization's PIX keys."""
    return {"items": pix.list_keys()}


@api.post("/pix-keys")
@require_permission(ADMINISTER)
@api.arguments(NewKeySchema, example=examples.PIX_KEY)
@api.response(201, KeySchema)
def create_key(values: Mapping[str, Any]) -> PixKey:
    """Add a key. 422 says what is wrong with it."""
    return pix.create_key(values)


@api.patch("/pix-keys/<uuid:key_id>")
@require_permission(ADMINISTER)
@api.arguments(KeySwitchSchema)
@api.response(200, KeySchema)
def switch_key(values: Mapping[str, Any], key_id: uuid.UUID) -> PixKey:
    """Use a key for new codes, or no longer."""
    return pix.switch_key(key_id, active=values["active"])


def _whole(code: PixCode) -> dict[str, Any]:
    columns = {column.key: getattr(code, column.key) for column in PixCode.__table__.columns}
    return {**columns, "qr_svg": qr.svg(code.text), "qr_png": base64.b64encode(qr.png(code.text)).decode()}
