"""Bodies that the API takes: people and accounts of nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from ramal_documents import dates

BENEFICIARY: dict[str, Any] = {
    "name": "Padaria Modelo Ltda.",
    "document": "11.222.333/0001-81",
    "street": "Rua das Amostras, 100",
    "district": "Centro",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01000-000",
}
PAYER: dict[str, Any] = {
    "name": "Fulana de Tal e Souza",
    "document": "529.982.247-25",
    "street": "Avenida do Exemplo, 42",
    "city": "Campinas",
    "state": "SP",
    "postal_code": "13000-000",
}
ACCOUNT: dict[str, Any] = {
    "name": "Itaú 109",
    "bank": "341",
    "agency": "0057",
    "account": "12345-7",
    "wallet": "109",
    "beneficiary": BENEFICIARY,
}


def in_days(days: int) -> date:
    """A day counted from today in Brasília."""
    return dates.today() + timedelta(days=days)
