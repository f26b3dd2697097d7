"""The demo's charges: an account nobody has, a key, boletos in every state that an office meets; four templates."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from ramal_documents import dates
from ramal_documents.contracts.starters import starters
from ramal_documents.schemas.accounts import NewAccountSchema
from ramal_documents.schemas.boletos import NewBoletoSchema, NewBookletSchema
from ramal_documents.schemas.pix import NewKeySchema, NewPixSchema
from ramal_documents.services import accounts, booklets, charges, pix, states, templates

_STORE = {
    "name": "Loja Demonstração Ltda.",
    "document": "11222333000181",
    "street": "Rua das Amostras, 100",
    "district": "Centro",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01000-000",
}
_ACCOUNT = {
    "name": "Itaú, carteira 109",
    "bank": "341",
    "agency": "0057",
    "account": "12345-7",
    "wallet": "109",
    "beneficiary": _STORE,
    "terms": {"fine": {"percent": "2"}, "interest": {"monthly": "1"}, "refuse_after": 60},
    "instructions": ["Dúvidas: fale conosco por onde recebeu este boleto."],
}
_FULANA = {
    "name": "Fulana de Tal e Souza",
    "document": "52998224725",
    "street": "Avenida do Exemplo, 42, apto. 7",
    "city": "Campinas",
    "state": "SP",
    "postal_code": "13000-000",
}
_BELTRANO = {
    "name": "Beltrano Comércio de Exemplos Ltda.",
    "document": "12ABC34501DE35",
    "street": "Rua do Modelo, 7",
    "city": "Santos",
    "state": "SP",
    "postal_code": "11000-000",
}
_KEY = {"key": "financeiro@loja.example", "name": "Loja Demonstracao", "city": "Sao Paulo"}
# Payer, amount, days to the due date, document, state.
_BOLETOS: tuple[tuple[dict[str, str], str, int, str, str], ...] = (
    (_FULANA, "189.90", 10, "PED-1041", "issued"),
    (_BELTRANO, "2450.00", 21, "NF-318", "registered"),
    (_FULANA, "75.50", 3, "PED-1032", "paid"),
)


def seed() -> None:
    """Fill the documents of the demo organization, by what the API takes."""
    account = accounts.create_account(NewAccountSchema().load(_ACCOUNT))
    new = NewBoletoSchema(exclude=("draft",))
    for payer, amount, days, number, state in _BOLETOS:
        made = charges.issue_new(new.load(_order(account.id, payer, amount, days, number)))
        if state != "issued":
            states.set_state(made.id, state)
    charges.save_draft(new.load(_order(account.id, _BELTRANO, "980.00", 30, "NF-322")))
    carne = {**_order(account.id, _FULANA, "1200.00", 15, "CR-07"), "count": 6}
    booklet = booklets.issue_booklet(NewBookletSchema().load(carne))
    states.register_all([each.id for each in booklets.boletos_of(booklet.id)])
    key = pix.create_key(NewKeySchema().load(_KEY))
    pix.generate(NewPixSchema().load({"key_id": str(key.id), "amount": "49.90", "description": "Frete"}))
    for each in starters():
        templates.create_template(templates.from_starter(each, "pt"))


def _order(account_id: uuid.UUID, payer: dict[str, str], amount: str, days: int, number: str) -> dict[str, Any]:
    return {
        "account_id": str(account_id),
        "payer": payer,
        "amount": amount,
        "due_date": str(dates.today() + timedelta(days=days)),
        "document_number": number,
    }
