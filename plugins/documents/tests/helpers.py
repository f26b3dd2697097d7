"""A boleto to change one thing of: fictional people, a bank of choice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ramal_documents.boleto import Boleto, Party

DUE = date(2026, 12, 10)

BENEFICIARY = Party(
    name="Padaria Modelo Ltda.",
    document="11222333000181",
    street="Rua das Amostras, 100",
    district="Centro",
    city="São Paulo",
    state="SP",
    postal_code="01000000",
)
PAYER = Party(
    name="Fulana de Tal e Souza",
    document="52998224725",
    street="Avenida do Exemplo, 42, apto. 7",
    district="Jardim Fictício",
    city="Campinas",
    state="SP",
    postal_code="13000-000",
)

# What each bank needs, with numbers of nobody.
ACCOUNTS: dict[str, dict[str, str]] = {
    "001": {"agency": "9999", "account": "99999", "wallet": "18", "agreement": "7777777"},
    "004": {"agency": "0016", "account": "193-2", "wallet": "21"},
    "033": {"agency": "0059", "account": "1017417", "wallet": "101", "agreement": "0282033"},
    "041": {"agency": "1102", "wallet": "2", "agreement": "9000150"},
    "077": {"agency": "0001", "account": "12345678", "wallet": "112", "agreement": "1234567"},
    "084": {"agency": "0012", "account": "47744", "wallet": "09"},
    "085": {"agency": "0101", "account": "231560", "wallet": "01", "agreement": "101104"},
    "104": {"agency": "1234", "wallet": "14", "agreement": "005507"},
    "133": {"agency": "0101", "account": "12345", "wallet": "09"},
    "136": {"agency": "1102", "account": "123456-7", "wallet": "21"},
    "208": {"agency": "0050", "account": "1234567", "wallet": "01"},
    "237": {"agency": "1172", "account": "0403005", "wallet": "19"},
    "336": {"agency": "0001", "wallet": "20", "agreement": "123456789012"},
    "341": {"agency": "0057", "account": "12345-7", "wallet": "110"},
    "422": {"agency": "0117-2", "account": "0001234-9", "wallet": "02"},
    "707": {"agency": "0001", "wallet": "121", "agreement": "1934436"},
    "748": {"agency": "0165", "wallet": "1", "agreement": "00623", "post": "02"},
    "756": {"agency": "0001", "wallet": "1", "agreement": "1-9"},
}


def boleto(bank: str = "341", **changes: Any) -> Boleto:
    """A right boleto of `bank`, with `changes`."""
    fields: dict[str, Any] = {
        "bank": bank,
        **ACCOUNTS.get(bank, ACCOUNTS["341"]),
        "our_number": "1",
        "amount": Decimal("123.45"),
        "due_date": DUE,
        "document_date": date(2026, 11, 20),
        "processing_date": date(2026, 11, 22),
        "document_number": "2026-118",
        "beneficiary": BENEFICIARY,
        "payer": PAYER,
    }
    return Boleto(**{**fields, **changes})
