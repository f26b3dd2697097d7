"""A folder of complete boletos made by others: every number exact. `RAMAL_CONFORMANCE_DIR` names it."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ramal_documents.boleto import Boleto, parse

CONFORMANCE = os.environ.get("RAMAL_CONFORMANCE_DIR", "")

# Vectors whose inputs alone do not make the number, and why; what is missing is taken from the expected number.
# (bank, nosso número as given)
UNDETERMINED = {
    ("748", "3"): "Sicredi's number begins with the year of issue, which is not among the inputs",
    ("748", "9"): "as above",
    ("748", "00007"): "as above",
    ("748", "200007"): "as above",
    ("748", "200008"): "as above",
}
# The file's names for what the bank calls agreement.
AGREEMENT = {"077": "CodigoTransmissao", "707": "OperacaoConta"}


def vectors() -> list[dict[str, Any]]:
    if not CONFORMANCE:
        return []
    found: list[dict[str, Any]] = json.loads((Path(CONFORMANCE) / "boletos.json").read_text("utf-8"))
    return found


def made_of(vector: dict[str, Any]) -> Boleto:
    given, bank = vector["inputs"], vector["bank"]
    issued = None
    if (bank, given["nossoNumero"]) in UNDETERMINED:
        issued = date(2000 + int(vector["nosso_numero"][:2]), 1, 1)
    return Boleto(
        bank=bank,
        agency=given["Agencia"],
        agency_dv=given.get("DigitoAgencia", ""),
        account=given["Conta"],
        account_dv=given["DigitoConta"],
        wallet=given["CarteiraPadrao"],
        variation=given.get("VariacaoCarteiraPadrao", ""),
        agreement=given[AGREEMENT.get(bank, "CodigoBeneficiario")],
        agreement_dv=given["DigitoBeneficiario"],
        post=given.get("OperacaoConta", ""),
        # No number, printed by the bank: it gives one, and the barcode has zeros.
        our_number=given["nossoNumero"] or "0",
        document_number=given.get("numeroDocumento", ""),
        document_date=issued,
        amount=Decimal(str(given["valorTitulo"])),
        due_date=date.fromisoformat(vector["due"]),
    )


@pytest.mark.skipif(not CONFORMANCE, reason="RAMAL_CONFORMANCE_DIR is not set")
def test_every_vector_is_exact() -> None:
    found = vectors()
    assert found
    wrong = []
    for vector in found:
        made = made_of(vector)
        numbers = (made.barcode, made.digitable_line)
        if numbers != (vector["codigo_barras"], vector["linha_digitavel"]):
            wrong.append((vector, numbers))
        if vector["nosso_numero"] is not None and made.our_number_formatted != vector["nosso_numero"]:
            wrong.append((vector, made.our_number_formatted))
    assert not wrong


@pytest.mark.skipif(not CONFORMANCE, reason="RAMAL_CONFORMANCE_DIR is not set")
def test_every_vector_reads_back() -> None:
    for vector in vectors():
        read = parse(vector["linha_digitavel"], today=date.fromisoformat(vector["due"]))
        assert read.barcode == vector["codigo_barras"]
        assert read.due_date == date.fromisoformat(vector["due"])
        assert read.amount == Decimal(str(vector["inputs"]["valorTitulo"]))
        # Some accounts of the file have check digits that no rule makes; those of the line and the whole are right.
        assert not {wrong.block for wrong in read.wrong} - {"account_dv", "our_number_dv"}


@pytest.mark.skipif(not CONFORMANCE, reason="RAMAL_CONFORMANCE_DIR is not set")
def test_the_list_of_undetermined_vectors_is_true() -> None:
    given = {(vector["bank"], vector["inputs"]["nossoNumero"]) for vector in vectors()}
    assert UNDETERMINED.keys() <= given
