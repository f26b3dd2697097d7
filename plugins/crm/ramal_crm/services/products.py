"""What is sold, with its usual price."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ramal.api import NotFound, Page, audit, page_by_key, session, transaction, utcnow
from ramal.api import gettext as _
from ramal_crm.models import Product
from ramal_crm.services.unique import unique

_FACTS = ("name", "code", "price", "unit")


def create_product(values: Mapping[str, Any]) -> Product:
    """Add a product. Conflict for a code that another has."""
    with unique("uq_product_organization_id_code", _taken()), transaction() as open_session:
        product = Product(**{name: values[name] for name in _FACTS if name in values})
        open_session.add(product)
        open_session.flush()
        audit("crm.product.created", target=_target(product), after=_facts(product))
    return product


def change_product(product_id: uuid.UUID, changes: Mapping[str, Any]) -> Product:
    """Change it, or archive it (``archived``); deals that have it keep their copy of name and price."""
    with unique("uq_product_organization_id_code", _taken()), transaction():
        product = get_product(product_id)
        before = _facts(product)
        for name in _FACTS:
            if name in changes:
                setattr(product, name, changes[name])
        if "archived" in changes:
            product.archived_at = (product.archived_at or utcnow()) if changes["archived"] else None
        audit("crm.product.changed", target=_target(product), before=before, after=_facts(product))
    return product


def get_product(product_id: uuid.UUID) -> Product:
    """One. NotFound."""
    found: Product | None = session.execute(select(Product).where(Product.id == product_id)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such product."))
    return found


def list_products(text: str = "", *, archived: bool = False, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key; with ``text`` those whose name or code holds it."""
    query = select(Product)
    if not archived:
        query = query.where(Product.archived_at.is_(None))
    if text.strip():
        wanted = text.strip()
        query = query.where(Product.name.icontains(wanted, autoescape=True) | (Product.code == wanted))
    return page_by_key(query, ((Product.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def _taken() -> str:
    return _("Another product has this code.")


def _facts(product: Product) -> dict[str, Any]:
    facts = {name: getattr(product, name) for name in ("name", "code", "unit")}
    return {**facts, "price": f"{product.price:.2f}", "archived": product.archived_at is not None}


def _target(product: Product) -> tuple[str, uuid.UUID, str]:
    return "product", product.id, product.name
