"""What a column may hold, the organization's own fields among it, and which column holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ramal.api import lazy_gettext as _
from ramal.api import tables
from ramal_crm.models import CustomField
from ramal_crm.services import custom_fields


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a customer; ``known`` are headers, folded. ``custom`` is one of the organization's own."""

    name: str
    title: Any
    known: tuple[str, ...]
    custom: CustomField | None = None
    #: Of an address: which part.
    part: str = ""


_DOCUMENTS = (
    "cpf cnpj",
    "cnpj cpf",
    "cpf ou cnpj",
    "cpf",
    "cnpj",
    "documento",
    "cpf do cliente",
    "cnpj do cliente",
    "cpf or cnpj",
    "document",
    "tax id",
)
_PHONES = (
    "celular",
    "whatsapp",
    "telefone",
    "fone",
    "tel",
    "telefone celular",
    "telefone fixo",
    "telefone comercial",
    "telefones",
    "contato",
    "phone",
    "mobile",
    "phone number",
    "mobile phone",
)
_FIXED = tuple(
    Field(name, title, known, part=name.partition("address.")[2])
    for name, title, known in (
        (
            "name",
            _("Name"),
            (
                "nome",
                "nome fantasia",
                "fantasia",
                "cliente",
                "nome do cliente",
                "nome completo",
                "name",
                "customer",
                "customer name",
                "full name",
                "trade name",
                "company",
            ),
        ),
        (
            "legal_name",
            _("Registered name"),
            ("razao social", "razao", "nome empresarial", "registered name", "legal name"),
        ),
        ("document", _("CPF or CNPJ"), _DOCUMENTS),
        ("other_document", _("CPF or CNPJ, where the column before it is empty"), _DOCUMENTS),
        (
            "kind",
            _("Person or company"),
            (
                "tipo",
                "tipo de pessoa",
                "pessoa",
                "tipo pessoa",
                "pf pj",
                "kind",
                "pessoa ou empresa",
                "person or company",
            ),
        ),
        ("phone", _("Phone"), _PHONES),
        ("other_phone", _("Phone, where the column before it is empty"), _PHONES),
        ("email", _("E-mail"), ("email", "e mail", "correio eletronico", "endereco de email", "mail", "email address")),
        (
            "birth_date",
            _("Day of birth"),
            (
                "nascimento",
                "data de nascimento",
                "data nascimento",
                "dt nascimento",
                "dt nasc",
                "aniversario",
                "birth date",
                "date of birth",
                "day of birth",
                "birthday",
            ),
        ),
        (
            "state_registration",
            _("State registration"),
            ("inscricao estadual", "insc estadual", "ie", "state registration"),
        ),
        ("website", _("Website"), ("site", "website", "pagina", "url", "web site")),
        ("group", _("Group"), ("grupo", "grupo empresarial", "grupo economico", "group", "company group")),
        (
            "tags",
            _("Tags"),
            ("etiquetas", "etiqueta", "tags", "tag", "marcadores", "categoria", "labels"),
        ),
        ("address.postal_code", _("CEP"), ("cep", "codigo postal", "zip", "zip code", "postal code")),
        (
            "address.street",
            _("Street"),
            ("rua", "logradouro", "endereco", "avenida", "street", "address", "street address"),
        ),
        ("address.number", _("Number"), ("numero", "n", "no", "num", "number", "numero do endereco")),
        ("address.complement", _("Complement"), ("complemento", "compl", "complement", "address line 2")),
        ("address.district", _("District"), ("bairro", "distrito", "district", "neighborhood")),
        ("address.city", _("City"), ("cidade", "municipio", "localidade", "city", "town")),
        ("address.state", _("State (UF)"), ("uf", "estado", "estado uf", "state", "state uf")),
    )
)
#: Columns that stand in for another which is empty: CPF and CNPJ, landline and mobile.
STAND_INS = {"other_document": "document", "other_phone": "phone"}
#: Without any of these nobody could be recognized or called by a name.
IDENTIFYING = ("name", "legal_name", "document", "other_document", "phone", "other_phone", "email")


def all_fields() -> Mapping[str, Field]:
    """By name; the organization's own come last, as ``custom.<key>``."""
    own = [
        Field(f"custom.{field.key}", field.label, (tables.fold(field.label), tables.fold(field.key)), field)
        for field in custom_fields.list_fields("customer")
    ]
    return {field.name: field for field in (*_FIXED, *own)}


def guess(headers: Sequence[str]) -> dict[str, int]:
    """Field → place of its column, from 0."""
    # One's own fields go first: who made a field "Categoria" means it by this header.
    fields = sorted(all_fields().values(), key=lambda field: field.custom is None)
    known = {field.name: field.known for field in fields}
    found = tables.guess(headers, known)
    return {name: found[name] for name in all_fields() if name in found}
