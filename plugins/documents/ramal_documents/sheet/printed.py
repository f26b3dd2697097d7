"""What a sheet says: every printed text of a boleto, for the drawn sheet and for the HTML one alike."""

from __future__ import annotations

from dataclasses import dataclass

from ramal_documents import dates, money
from ramal_documents.boleto import Boleto, Party

LABELS = {
    "place": "Local de pagamento",
    "due": "Vencimento",
    "beneficiary": "Beneficiário",
    "beneficiary_code": "Agência/Código do beneficiário",
    "document_date": "Data do documento",
    "document_number": "Nº do documento",
    "species": "Espécie doc.",
    "accepted": "Aceite",
    "processing_date": "Data do processamento",
    "our_number": "Nosso número",
    "bank_use": "Uso do banco",
    "cip": "CIP",
    "wallet": "Carteira",
    "currency": "Espécie moeda",
    "quantity": "Quantidade",
    "unit": "(x) Valor",
    "amount": "(=) Valor do documento",
    "instructions": "Instruções (texto de responsabilidade do beneficiário)",
    "discount": "(-) Desconto/Abatimento",
    "deductions": "(-) Outras deduções",
    "late": "(+) Mora/Multa",
    "additions": "(+) Outros acréscimos",
    "charged": "(=) Valor cobrado",
    "payer": "Pagador",
    "guarantor": "Sacador/Avalista",
    "write_off": "Cód. baixa",
    "receipt": "Recibo do Pagador",
    "statement": "Demonstrativo",
    "machine": "Autenticação mecânica",
    "machine_slip": "Autenticação mecânica - Ficha de Compensação",
    "instalment": "Parcela",
    "pix": "Pague com Pix",
    "pix_code": "Pix copia e cola",
    "second_copy": "2ª via",
    "cut": "Corte na linha pontilhada",
}


@dataclass(frozen=True)
class Account:
    """What is the same on every boleto of an issuing account: drawn once."""

    bank_name: str
    bank_code: str
    place: str
    beneficiary: str
    beneficiary_name: str
    beneficiary_document: str
    beneficiary_address: str
    beneficiary_code: str
    wallet: str
    cip: str | None  # None: this bank has no such box
    currency: str = "R$"


@dataclass(frozen=True)
class Printed:
    """What is a boleto's own."""

    line: str
    barcode: str
    due: str
    amount: str
    our_number: str
    document_number: str
    document_date: str
    processing_date: str
    species: str
    accepted: str
    instructions: tuple[str, ...]
    statement: tuple[str, ...]
    payer: str
    payer_name: str
    payer_document: str
    payer_street: str
    payer_city: str
    guarantor: str
    instalment: str
    pix_code: str
    watermark: str
    discount: str  # these four on a second copy only: a first one leaves the boxes to the cashier
    late: str
    charged: str
    second_copy: str


def account_of(boleto: Boleto) -> Account:
    """The account's texts."""
    beneficiary = boleto.beneficiary or Party(name="")
    return Account(
        bank_name=boleto.bank_name,
        bank_code=boleto.bank_code,
        place=boleto.place_of_payment or boleto.rules.place_of_payment,
        beneficiary=beneficiary.name_printed,
        beneficiary_name=beneficiary.name,
        beneficiary_document=beneficiary.document_printed,
        beneficiary_address=beneficiary.address_printed,
        beneficiary_code=boleto.beneficiary_code,
        wallet=boleto.wallet_printed,
        cip="" if boleto.rules.uses_cip else None,
    )


def printed(boleto: Boleto) -> Printed:
    """The boleto's own texts. A value of 0 is left blank: the payer decides it."""
    payer, owed = boleto.payer or Party(name=""), boleto.owed
    return Printed(
        line=boleto.digitable_line_formatted,
        barcode=boleto.barcode,
        due=dates.short(boleto.due_date),
        amount=money.formatted(boleto.amount) if boleto.amount else "",
        our_number=boleto.our_number_formatted,
        document_number=boleto.document_number,
        document_date=dates.short(boleto.document_date) if boleto.document_date else "",
        processing_date=dates.short(boleto.processing_date) if boleto.processing_date else "",
        species=boleto.species,
        accepted="S" if boleto.accepted else "N",
        instructions=boleto.instruction_lines,
        statement=boleto.statement,
        payer=payer.name_printed,
        payer_name=payer.name,
        payer_document=payer.document_printed,
        payer_street=payer.street_printed,
        payer_city=payer.city_printed,
        guarantor=boleto.guarantor.name_printed if boleto.guarantor else "",
        instalment=boleto.instalment_printed,
        pix_code=boleto.pix_code,
        watermark=boleto.watermark,
        discount=money.formatted(owed.discount) if owed and owed.discount else "",
        late=money.formatted(owed.late) if owed and owed.late else "",
        charged=money.formatted(owed.total) if owed else "",
        second_copy=f"{LABELS['second_copy']}, valores para pagamento em {dates.short(owed.day)}" if owed else "",
    )
