"""The demo's customers: persons and companies nobody is, a group, two own fields."""

from __future__ import annotations

from typing import Any

from ramal.api import find_contacts
from ramal_crm.services import custom_fields, customers, groups, notes

_FIELDS: tuple[dict[str, Any], ...] = (
    {"entity": "customer", "label": "Segmento", "type": "choice", "options": ["Varejo", "Atacado", "Serviços"]},
    {"entity": "customer", "label": "Melhor dia para boleto", "type": "number"},
)
_COMPANY: dict[str, Any] = {
    "kind": "company",
    "name": "Beltrano Comércio",
    "legal_name": "Beltrano Comércio de Exemplos Ltda.",
    "document": "12.ABC.345/01DE-35",
    "email": "compras@beltrano.example",
    "phone": "11 91234-5678",
    "tags": ["atacado", "vip"],
    "custom": {"segmento": "Atacado", "melhor_dia_para_boleto": 10},
    "addresses": [
        {
            "label": "Sede",
            "postal_code": "11000-000",
            "street": "Rua do Modelo",
            "number": "7",
            "district": "Centro",
            "city": "Santos",
            "state": "SP",
        }
    ],
}
_OTHERS: tuple[dict[str, Any], ...] = (
    {"kind": "company", "name": "Beltrano Filial Campinas", "document": "11.222.333/0001-81", "tags": ["atacado"]},
    {"name": "Fulana de Tal e Souza", "document": "529.982.247-25", "phone": "19 98765-4321", "tags": ["varejo"]},
    {"name": "Águeda Exemplo", "email": "agueda@exemplo.example", "tags": ["varejo"]},
)


def seed() -> None:
    """Fill the customers of the demo organization."""
    for field in _FIELDS:
        custom_fields.create_field(field)
    group = groups.create_group({"name": "Grupo Beltrano", "note": "Matriz em Santos"})
    first = customers.create_customer({**_COMPANY, "group_id": group.id})
    for values in _OTHERS:
        in_group = {"group_id": group.id} if values.get("kind") == "company" else {}
        customers.create_customer({**values, **in_group})
    contacts = find_contacts(page_size=1).items
    for contact in contacts:
        customers.link_contact(first.id, contact.id, "compras")
    notes.add_note("Prefere boleto no dia 10, enviado pelo WhatsApp.", customer_id=first.id)
