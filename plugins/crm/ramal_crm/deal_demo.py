"""Products and deals for the demo organization."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from ramal.api import session, transaction, utcnow
from ramal_crm.models import Deal
from ramal_crm.services import customers, deals, pipelines, products

_PRODUCTS = (
    ("Cesta de café da manhã", "CESTA-01", "149.90", "un"),
    ("Coffee break por pessoa", "COFFEE-01", "38.50", "pessoa"),
    ("Bolo decorado", "BOLO-01", "220.00", "un"),
    ("Entrega na cidade", "ENTREGA", "25.00", ""),
)
_CUSTOMERS = (
    "Escola Aquarela",
    "Condomínio Jardim das Flores",
    "Hotel Beira-Rio",
    "Oficina do Zé",
    "Clínica Bem-Estar",
)
#: title, stage, items (product, quantity, discount), tags, days in the stage.
_DEALS = (
    ("Coffee break da escola", 0, ((1, 40, 0),), ("evento",), 0),
    ("Bolo de aniversário", 0, ((2, 1, 0), (3, 1, 0)), (), 5),
    ("Cestas para a recepção", 0, ((0, 3, 0),), (), 1),
    ("Café da manhã do condomínio", 1, ((1, 80, 5),), ("mensal",), 2),
    ("Cestas de Natal", 1, ((0, 120, 12),), ("natal",), 9),
    ("Inauguração da loja", 2, ((1, 60, 0), (2, 2, 10)), ("evento",), 3),
    ("Brindes de fim de ano", 2, ((0, 50, 8), (3, 5, 0)), ("natal",), 1),
    ("Formatura", 3, ((1, 150, 10), (2, 3, 0)), ("evento",), 12),
    ("Contrato com o hotel", 4, ((0, 30, 15),), ("mensal",), 1),
)


def seed(agents: Sequence[uuid.UUID]) -> None:
    """Once; an organization that has deals keeps them as they are."""
    with transaction():
        pipeline = pipelines.default_pipeline()
        if session.execute(select(Deal.id).limit(1)).first() is not None:
            return
        made = [
            products.create_product({"name": name, "code": code, "price": Decimal(price), "unit": unit})
            for name, code, price, unit in _PRODUCTS
        ]
        stages = pipelines.stages_of(pipeline.id)
        people = [customers.create_customer({"kind": "company", "name": name}) for name in _CUSTOMERS]
        for place, (title, stage, lines, tags, days) in enumerate(_DEALS):
            deal = deals.create_deal(
                {
                    "title": title,
                    "stage_id": stages[stage].id,
                    "customer_id": people[place % len(people)].id,
                    "owner_id": agents[place % len(agents)] if agents else None,
                    "tags": tags,
                    "items": [
                        {"product_id": made[product].id, "quantity": Decimal(count), "discount": Decimal(discount)}
                        for product, count, discount in lines
                    ],
                }
            )
            deal.stage_since = utcnow() - timedelta(days=days)
