"""Settings: products, and reasons for losing."""

from __future__ import annotations

import uuid

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from ramal.api import read_form, require_permission
from ramal_crm import money
from ramal_crm.permissions import ADMINISTER
from ramal_crm.schemas.pipelines import ProductFields, ReasonFields
from ramal_crm.services import loss_reasons, products
from ramal_crm.views.blueprint import pages
from ramal_crm.views.settings_forms import saved


@pages.get("/products")
@require_permission(ADMINISTER)
def product_list() -> str:
    """Products, newest first, and reasons for losing."""
    text = request.args.get("q", "").strip()
    page = products.list_products(text, cursor=request.args.get("cursor"), page_size=50)
    return render_template(
        "crm/pages/products.html",
        page=page,
        text=text,
        formatted=money.formatted,
        reasons=loss_reasons.list_reasons(),
        next_url=url_for(".product_list", q=text, cursor=page.next_cursor) if page.next_cursor else None,
    )


@pages.post("/products")
@require_permission(ADMINISTER)
def make_product() -> Response:
    """Add a product."""
    return saved(lambda: products.create_product(read_form(ProductFields)), ".product_list")


@pages.post("/products/<uuid:product_id>")
@require_permission(ADMINISTER)
def save_product(product_id: uuid.UUID) -> Response:
    """Save it, or archive it (``do`` is ``archive``)."""
    if request.form.get("do") == "archive":
        return saved(lambda: products.change_product(product_id, {"archived": True}), ".product_list")
    return saved(lambda: products.change_product(product_id, read_form(ProductFields)), ".product_list")


@pages.post("/loss-reasons")
@require_permission(ADMINISTER)
def make_reason() -> Response:
    """Add a reason."""
    return saved(lambda: loss_reasons.create_reason(read_form(ReasonFields)), ".product_list")


@pages.post("/loss-reasons/<uuid:reason_id>")
@require_permission(ADMINISTER)
def save_reason(reason_id: uuid.UUID) -> Response:
    """Save it, or archive it (``do`` is ``archive``)."""
    if request.form.get("do") == "archive":
        return saved(lambda: loss_reasons.change_reason(reason_id, {"archived": True}), ".product_list")
    return saved(lambda: loss_reasons.change_reason(reason_id, read_form(ReasonFields)), ".product_list")
