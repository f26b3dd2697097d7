"""Parts that many contracts have: the table of instalments, the lines to sign on, the witnesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from ramal_documents import ids
from ramal_documents.contracts import filters
from ramal_documents.contracts.stops import Stop

_SIGNATURE = Markup(
    '<div class="assinatura"><div class="linha"></div><div class="nome">{nome}</div>'
    '<div class="papel">{papel}</div><div class="documento">{documento}</div></div>'
)
_WITNESS = Markup(
    '<div class="assinatura"><div class="linha"></div>'
    '<div class="documento">Nome: {nome}</div><div class="documento">CPF: {documento}</div></div>'
)


def tabela_parcelas(parcelas: Sequence[Mapping[str, Any]]) -> Markup:
    """Number, due date (`vencimento`) and amount (`valor`) of each instalment, and the total."""
    rows, total = [], Decimal(0)
    for number, row in enumerate(_rows(parcelas), 1):
        if not {"vencimento", "valor"} <= row.keys():
            raise Stop("value", "tabela_parcelas: vencimento, valor")
        total += row["valor"] or 0
        cells = (f"{row.get('numero') or number}/{len(parcelas)}", row["vencimento"], row["valor"])
        rows.append(
            Markup('<tr><td>{}</td><td>{}</td><td class="valor">{}</td></tr>').format(
                cells[0], filters.FILTERS["data"](cells[1]), filters.FILTERS["moeda"](cells[2])
            )
        )
    return Markup(
        '<table class="parcelas"><thead><tr><th>Parcela</th><th>Vencimento</th><th class="valor">Valor</th></tr>'
        '</thead><tbody>{}</tbody><tfoot><tr><th colspan="2">Total</th><td class="valor">{}</td></tr></tfoot></table>'
    ).format(Markup("").join(rows), filters.moeda(total))


def assinaturas(*pessoas: Mapping[str, Any]) -> Markup:
    """A line to sign on for each: `{"nome": …, "papel": "CONTRATANTE", "documento": …}`."""
    return _block("assinaturas", (_SIGNATURE.format(**_person(person)) for person in _rows(pessoas)))


def testemunhas(pessoas: Sequence[Mapping[str, Any]] = (), quantas: int = 2) -> Markup:  # noqa: PT028 - Portuguese, no test
    """The witnesses' lines: with the names of those who are known, blank for the others."""
    known = [_person(person) for person in _rows(pessoas or ())]
    blank = {"nome": "", "documento": ""}
    people = known + [blank] * (min(quantas, 10) - len(known))
    lines = (_WITNESS.format(nome=person["nome"], documento=person["documento"]) for person in people)
    return Markup('<p class="testemunhas-titulo">Testemunhas:</p>{}').format(_block("testemunhas", lines))


def _block(name: str, lines: Any) -> Markup:
    return Markup('<div class="{}">{}</div>').format(f"quadro {name}", Markup("").join(lines))


def _person(person: Mapping[str, Any]) -> dict[str, str]:
    document = str(person.get("documento") or person.get("cpf") or "")
    kind = ids.kind(document)
    printed = filters.cpf_cnpj(document)
    return {
        "nome": str(person.get("nome") or ""),
        "papel": str(person.get("papel") or ""),
        "documento": f"{kind} {printed}" if kind and person.get("papel") else printed,
    }


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(value, (list, tuple)) and all(isinstance(row, Mapping) for row in value):
        return value
    raise Stop("value", str(value)[:60])


FUNCTIONS = (tabela_parcelas, assinaturas, testemunhas)
