"""Addresses by CEP."""

from __future__ import annotations

from ramal.api import ApiBlueprint, limit, require_permission
from ramal_crm.permissions import VIEW
from ramal_crm.schemas.settings import PlaceSchema
from ramal_crm.services import cep

api = ApiBlueprint("cep", __name__, plugin="crm", url_prefix="/cep", description="Addresses by CEP")


@api.get("/<string:postal_code>")
@require_permission(VIEW)
@limit("60/minute")
@api.response(200, PlaceSchema)
@api.alt_response(502, "DEFAULT_ERROR")
def get_place(postal_code: str) -> cep.Place:
    """The address of a CEP, from public services. 404: nobody knows it; 502: nobody answers."""
    return cep.find_cep(postal_code)
