"""Products, and reasons for losing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, page_of, require_permission
from ramal_crm.models import LossReason, Product
from ramal_crm.permissions import ADMINISTER, VIEW
from ramal_crm.schemas import deal_examples as examples
from ramal_crm.schemas.pipelines import (
    ArchivedQuery,
    ProductChangeSchema,
    ProductFields,
    ProductQuery,
    ProductSchema,
    ReasonChangeSchema,
    ReasonFields,
    ReasonListSchema,
    ReasonSchema,
)
from ramal_crm.services import loss_reasons, products

api = ApiBlueprint("products", __name__, plugin="crm", description="Products, and reasons for losing")


@api.get("/products")
@require_permission(VIEW)
@api.arguments(ProductQuery, location="query")
@api.response(200, page_of(ProductSchema))
def list_products(query: Mapping[str, Any]) -> Page:
    """Products, newest first, by key."""
    return products.list_products(
        query["q"], archived=query["archived"], cursor=query.get("cursor"), page_size=query["page_size"]
    )


@api.post("/products")
@require_permission(ADMINISTER)
@api.arguments(ProductFields, example=examples.PRODUCT)
@api.response(201, ProductSchema)
def create_product(values: Mapping[str, Any]) -> Product:
    """Add a product. 409 for a code that another has."""
    return products.create_product(values)


@api.get("/products/<uuid:product_id>")
@require_permission(VIEW)
@api.response(200, ProductSchema)
def get_product(product_id: uuid.UUID) -> Product:
    """One product."""
    return products.get_product(product_id)


@api.patch("/products/<uuid:product_id>")
@require_permission(ADMINISTER)
@api.arguments(ProductChangeSchema(partial=True), example={"price": "159.90"})
@api.response(200, ProductSchema)
def change_product(values: Mapping[str, Any], product_id: uuid.UUID) -> Product:
    """Change or archive it; deals that have it keep their copy of name and price."""
    return products.change_product(product_id, values)


@api.get("/loss-reasons")
@require_permission(VIEW)
@api.arguments(ArchivedQuery, location="query")
@api.response(200, ReasonListSchema)
def list_reasons(query: Mapping[str, Any]) -> dict[str, Any]:
    """All reasons, by name."""
    return {"items": loss_reasons.list_reasons(**query)}


@api.post("/loss-reasons")
@require_permission(ADMINISTER)
@api.arguments(ReasonFields, example=examples.REASON)
@api.response(201, ReasonSchema)
def create_reason(values: Mapping[str, Any]) -> LossReason:
    """Add a reason. 409 for a name that is there already."""
    return loss_reasons.create_reason(values)


@api.patch("/loss-reasons/<uuid:reason_id>")
@require_permission(ADMINISTER)
@api.arguments(ReasonChangeSchema(partial=True), example={"archived": True})
@api.response(200, ReasonSchema)
def change_reason(values: Mapping[str, Any], reason_id: uuid.UUID) -> LossReason:
    """Rename or archive it."""
    return loss_reasons.change_reason(reason_id, values)
