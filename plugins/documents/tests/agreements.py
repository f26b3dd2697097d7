"""Contracts to change one thing of: a template with instalments, and values of nobody."""

from __future__ import annotations

import copy
from typing import Any

from ramal_documents.schemas import examples

from .orders import in_days

TEMPLATE: dict[str, Any] = examples.TEMPLATE
NAME, NUMBER = "Fulana de Tal e Souza", "529.982.247-25"


def values(**contrato: Any) -> dict[str, Any]:
    """What the template wants, with changes in its group `contrato`."""
    rows = [{"vencimento": in_days(30 * place).isoformat(), "valor": "150.00"} for place in (1, 2)]
    return {
        "contato": {"nome": NAME, "documento": NUMBER},
        "contrato": {"valor": "300.00", "parcelas": rows} | contrato,
    }


def version(**changes: Any) -> dict[str, Any]:
    """A template's text and variables."""
    return {**copy.deepcopy(examples.VERSION), **changes}
