"""What a column may hold, and which column holds it, guessed from the headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ramal.api import lazy_gettext as _
from ramal.api import tables


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a boleto. ``kind`` is text, lines, amount, date or document; ``known`` are headers, folded."""

    name: str
    title: Any
    kind: str
    known: tuple[str, ...]
    required: bool = False
    longest: int = 120


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field(
            "payer.name",
            _("Payer's name"),
            "text",
            (
                "nome",
                "pagador",
                "nome do pagador",
                "cliente",
                "nome do cliente",
                "sacado",
                "razao social",
                "name",
                "payer",
                "payer name",
                "customer",
                "customer name",
            ),
            required=True,
        ),
        Field(
            "payer.document",
            _("Payer's CPF or CNPJ"),
            "document",
            (
                "cpf",
                "cnpj",
                "cpf cnpj",
                "cpf ou cnpj",
                "cpf do pagador",
                "cnpj do pagador",
                "cpf cnpj do pagador",
                "documento do pagador",
                "documento do cliente",
                "tax id",
                "payer document",
            ),
            required=True,
            longest=20,
        ),
        Field(
            "amount",
            _("Amount"),
            "amount",
            (
                "valor",
                "valor r",
                "valor do boleto",
                "valor do documento",
                "valor nominal",
                "valor da parcela",
                "mensalidade",
                "total",
                "preco",
                "amount",
                "value",
                "price",
            ),
            required=True,
        ),
        Field(
            "due_date",
            _("Due date"),
            "date",
            (
                "vencimento",
                "data de vencimento",
                "data vencimento",
                "data do vencimento",
                "dt vencimento",
                "venc",
                "vence em",
                "due date",
                "due",
                "due on",
            ),
            required=True,
        ),
        Field(
            "document_number",
            _("Document number"),
            "text",
            (
                "numero do documento",
                "n do documento",
                "no do documento",
                "numero documento",
                "documento",
                "seu numero",
                "numero",
                "nota",
                "nota fiscal",
                "nf",
                "pedido",
                "contrato",
                "document number",
                "invoice",
                "reference",
            ),
            longest=15,
        ),
        Field(
            "document_date",
            _("Document date"),
            "date",
            ("data do documento", "emissao", "data de emissao", "data emissao", "document date", "issue date"),
        ),
        Field(
            "payer.street",
            _("Street and number"),
            "text",
            ("endereco", "rua", "logradouro", "endereco do pagador", "street", "address"),
        ),
        Field("payer.district", _("District"), "text", ("bairro", "district", "neighborhood"), longest=60),
        Field("payer.city", _("City"), "text", ("cidade", "municipio", "city"), longest=60),
        Field("payer.state", _("State (UF)"), "text", ("uf", "estado", "state"), longest=2),
        Field("payer.postal_code", _("CEP"), "text", ("cep", "zip", "zip code", "postal code"), longest=9),
        Field(
            "instructions",
            _("Instructions"),
            "lines",
            ("instrucoes", "instrucao", "mensagem", "observacao", "observacoes", "obs", "instructions", "message"),
        ),
        Field(
            "statement",
            _("Statement (demonstrativo)"),
            "lines",
            ("demonstrativo", "descricao", "historico", "referente a", "statement", "description"),
        ),
        Field("agency", _("Agency, to be compared"), "text", ("agencia", "agency", "branch"), longest=20),
        Field("account", _("Account, to be compared"), "text", ("conta", "conta corrente", "account"), longest=20),
    )
}
#: Title by name.
REQUIRED = {field.name: field.title for field in FIELDS.values() if field.required}


def guess(headers: Sequence[str], known: Mapping[str, str] | None = None) -> dict[str, int]:
    """Field → place of its column. ``known`` are the headers that this account's last file had for each field."""
    return tables.guess(headers, {name: field.known for name, field in FIELDS.items()}, known)
