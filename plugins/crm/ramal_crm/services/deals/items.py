"""Lines of a deal: products or words, how many, at what price, less which discount; and their sum."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ramal.api import InvalidPayload, NotFound, session
from ramal.api import gettext as _
from ramal_crm import money
from ramal_crm.models import Deal, DealItem, Product

#: Lines of a deal.
MOST = 100


def line_total(quantity: Decimal, price: Decimal, discount: Decimal) -> Decimal:
    """Quantity times price less the discount in percent, to the cent, half a cent upwards."""
    return money.rounded(quantity * price * (100 - discount) / 100)


def items_of(deal_id: uuid.UUID) -> Sequence[DealItem]:
    """The lines, in order."""
    query = select(DealItem).where(DealItem.deal_id == deal_id).order_by(DealItem.position, DealItem.id)
    found: Sequence[DealItem] = session.execute(query).scalars().all()
    return found


def replace_items(deal: Deal, lines: Iterable[Mapping[str, Any]]) -> None:
    """Put these lines in the place of the deal's; its amount is their sum, or stays where there are none.

    A product fills in the name and the price that a line leaves out. NotFound for a product that is none.
    """
    given = list(lines)
    if len(given) > MOST:
        message = _("A deal has at most %(most)s items.", most=MOST)
        raise InvalidPayload(message, {"items": [message]})
    products = _products(given)
    for old in items_of(deal.id):
        session.delete(old)
    made = [_line(deal, position, values, products) for position, values in enumerate(given)]
    session.add_all(made)
    if made:
        total = sum((line_total(line.quantity, line.price, line.discount) for line in made), Decimal(0))
        if total > money.LARGEST:
            message = _("The sum of the items is too large.")
            raise InvalidPayload(message, {"items": [message]})
        deal.amount = total


def _products(lines: Iterable[Mapping[str, Any]]) -> Mapping[uuid.UUID, Product]:
    wanted = {line["product_id"] for line in lines if line.get("product_id")}
    if not wanted:
        return {}
    query = select(Product).where(Product.id.in_(wanted))
    found = {product.id: product for product in session.execute(query).scalars()}
    if wanted - found.keys():
        raise NotFound(_("There is no such product."))
    return found


def _line(deal: Deal, position: int, values: Mapping[str, Any], products: Mapping[uuid.UUID, Product]) -> DealItem:
    product = products.get(values.get("product_id") or deal.id)
    name = values.get("name") or (product.name if product else "")
    price = values.get("price")
    if price is None and product is not None:
        price = product.price
    missing = [field for field, value in (("name", name), ("price", price)) if value in (None, "")]
    if missing:
        message = _("An item without a product needs a name and a price.")
        raise InvalidPayload(message, {f"items.{position}.{field}": [message] for field in missing})
    return DealItem(
        deal_id=deal.id,
        product_id=product.id if product else None,
        name=name,
        quantity=values.get("quantity", Decimal(1)),
        price=price,
        discount=values.get("discount", Decimal(0)),
        position=position,
    )
