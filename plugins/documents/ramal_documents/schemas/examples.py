"""Bodies for the API's documentation that could be sent as they are, with one's own ids and dates."""

from __future__ import annotations

from typing import Any

_ID = "0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d11"
_PAYER = {
    "name": "Fulana de Tal",
    "document": "529.982.247-25",
    "street": "Avenida do Exemplo, 42",
    "city": "Campinas",
    "state": "SP",
    "postal_code": "13000-000",
}

ACCOUNT: dict[str, Any] = {
    "name": "Itaú, carteira 109",
    "bank": "341",
    "agency": "0057",
    "account": "12345-7",
    "wallet": "109",
    "beneficiary": {
        "name": "Padaria Modelo Ltda.",
        "document": "11.222.333/0001-81",
        "street": "Rua das Amostras, 100",
        "district": "Centro",
        "city": "São Paulo",
        "state": "SP",
        "postal_code": "01000-000",
    },
    "terms": {"interest": {"monthly": "1.00"}, "fine": {"percent": "2.00"}, "refuse_after": 30},
}
BOLETO: dict[str, Any] = {
    "account_id": _ID,
    "amount": "1234.56",
    "due_date": "2026-12-10",
    "document_number": "2026-118",
    "payer": _PAYER,
    "discounts": [{"until": "2026-12-05", "amount": "50.00"}],
}
BOOKLET: dict[str, Any] = {
    "account_id": _ID,
    "amount": "1200.00",
    "count": 12,
    "due_date": "2026-12-10",
    "document_number": "2026-118",
    "payer": _PAYER,
}
PIX_KEY = {"key": "financeiro@exemplo.com.br", "name": "Padaria Modelo", "city": "São Paulo"}
PIX = {"key_id": _ID, "amount": "150.00", "txid": "PEDIDO118", "description": "Pedido 118"}

VERSION: dict[str, Any] = {
    "source": (
        "<h1>Recibo</h1>\n"
        "<p>Recebemos de {{ contato.nome }}, {{ contato.documento|cpf_cnpj }}, "
        "a quantia de {{ contrato.valor|moeda_extenso }}, a pagar assim:</p>\n"
        "{{ tabela_parcelas(contrato.parcelas) }}"
    ),
    "variables": [
        {"name": "contato.nome", "type": "text", "label": {"pt": "Nome", "en": "Name"}},
        {"name": "contato.documento", "type": "cpf_cnpj", "label": {"pt": "CPF ou CNPJ", "en": "CPF or CNPJ"}},
        {"name": "contrato.valor", "type": "money", "label": {"pt": "Valor", "en": "Amount"}, "min": "0.01"},
        {
            "name": "contrato.parcelas",
            "type": "rows",
            "label": {"pt": "Parcelas", "en": "Instalments"},
            "columns": [
                {"name": "vencimento", "type": "date", "label": {"pt": "Vencimento", "en": "Due date"}},
                {"name": "valor", "type": "money", "label": {"pt": "Valor", "en": "Amount"}},
            ],
        },
    ],
}
TEMPLATE: dict[str, Any] = {"name": "Recibo com parcelas", "folder": "Vendas", "tags": ["vendas"], **VERSION}
_VALUES = {
    "contato": {"nome": "Fulana de Tal", "documento": "529.982.247-25"},
    "contrato": {
        "valor": "300.00",
        "parcelas": [
            {"vencimento": "2026-12-10", "valor": "150.00"},
            {"vencimento": "2027-01-10", "valor": "150.00"},
        ],
    },
}
PREVIEW: dict[str, Any] = {"template_id": _ID, "values": _VALUES}
DRAFT: dict[str, Any] = {"values": _VALUES, "account_id": _ID}
CONTRACT: dict[str, Any] = {**PREVIEW, "account_id": _ID, "client_id": "0192f0c4-5b7e-7c3a-9d2e-1f6a8b4c0d12"}

BATCH_LAYOUT: dict[str, Any] = {
    "columns": {"payer.name": "Nome", "payer.document": "CPF", "amount": "Valor", "due_date": "Vencimento"},
    "numbers": "pt",
    "dates": "dmy",
}
