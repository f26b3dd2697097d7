"""Pictures that templates show, and the letterhead above every page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import IO, Any

from flask import request

from ramal.api import ApiBlueprint, InvalidPayload, require_permission
from ramal.api import gettext as _
from ramal_documents.models import LetterheadPaper, Picture
from ramal_documents.permissions import ADMINISTER, VIEW
from ramal_documents.schemas.pictures import LetterheadSchema, PictureListSchema, PictureSchema
from ramal_documents.services import pictures

api = ApiBlueprint(
    "pictures", __name__, plugin="documents", url_prefix="/pictures", description="Pictures and letterhead of contracts"
)
#: What a multipart body has around its file, in bytes.
WRAPPING = 16 * 1024
_LETTERHEAD = {"name": "Padaria Modelo Ltda.", "lines": ["Rua das Amostras, 100 – São Paulo/SP"], "picture_id": None}


def _multipart(properties: Mapping[str, Any]) -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "description": "PNG or JPEG, at most 2 MB"}
    schema = {"type": "object", "required": ["file", *properties], "properties": {"file": file, **properties}}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


@api.get("/")
@require_permission(VIEW)
@api.response(200, PictureListSchema)
def list_pictures() -> dict[str, Any]:
    """All pictures, by name."""
    return {"items": [_shown(picture) for picture in pictures.list_pictures()]}


@api.post("/")
@require_permission(ADMINISTER)
@api.doc(requestBody=_multipart({"name": {"type": "string", "example": "logo", "pattern": pictures.NAME.pattern}}))
@api.response(201, PictureSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def add_picture() -> dict[str, Any]:
    """Keep a PNG or JPEG under a name; a template shows it by `<img src="asset:name">`. 409 for a known name."""
    file, filename = _file()
    return _shown(pictures.add_picture(request.form.get("name", "").strip(), file, filename))


@api.get("/<uuid:picture_id>")
@require_permission(VIEW)
@api.response(200, PictureSchema)
def get_picture(picture_id: uuid.UUID) -> dict[str, Any]:
    """One picture."""
    return _shown(pictures.get_picture(picture_id))


@api.post("/<uuid:picture_id>/file")
@require_permission(ADMINISTER)
@api.doc(requestBody=_multipart({}))
@api.response(200, PictureSchema)
@api.alt_response(413, "DEFAULT_ERROR")
def replace_picture(picture_id: uuid.UUID) -> dict[str, Any]:
    """Other bytes under the same name. What was issued stays as it is."""
    pictures.get_picture(picture_id)
    return _shown(pictures.replace_picture(picture_id, *_file()))


@api.delete("/<uuid:picture_id>")
@require_permission(ADMINISTER)
@api.response(204)
def delete_picture(picture_id: uuid.UUID) -> None:
    """Remove a picture. 409 while the letterhead or a template in use shows it."""
    pictures.delete_picture(picture_id)


@api.get("/letterhead")
@require_permission(VIEW)
@api.response(200, LetterheadSchema)
def get_letterhead() -> LetterheadPaper:
    """What stands above every page of a contract."""
    return pictures.get_letterhead()


@api.put("/letterhead")
@require_permission(ADMINISTER)
@api.arguments(LetterheadSchema, example=_LETTERHEAD)
@api.response(200, LetterheadSchema)
def set_letterhead(values: Mapping[str, Any]) -> LetterheadPaper:
    """Write it anew; contracts issued from now on have it."""
    return pictures.set_letterhead(values)


def _file() -> tuple[IO[bytes], str | None]:
    request.max_content_length = pictures.LARGEST + WRAPPING
    file = request.files.get("file")
    if file is None:
        raise InvalidPayload(_("No file was sent."), {"file": [_("No file was sent.")]})
    return file.stream, file.filename


def _shown(picture: Picture) -> dict[str, Any]:
    columns = {column.key: getattr(picture, column.key) for column in Picture.__table__.columns}
    return {**columns, "url": pictures.picture_url(picture)}
