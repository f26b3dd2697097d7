"""Espécie de documento: what kind of paper the boleto collects, with FEBRABAN's number for CNAB 240 (field C015).

The letters are printed; the numbers differ from bank to bank in CNAB 400, so a remessa brings its own table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Species:
    """`short` is printed on the boleto; `cnab240` is FEBRABAN's code."""

    short: str
    name: str
    cnab240: str


SPECIES = {
    species.short: species
    for species in (
        Species("CH", "Cheque", "01"),
        Species("DM", "Duplicata mercantil", "02"),
        Species("DMI", "Duplicata mercantil por indicação", "03"),
        Species("DS", "Duplicata de serviço", "04"),
        Species("DSI", "Duplicata de serviço por indicação", "05"),
        Species("DR", "Duplicata rural", "06"),
        Species("LC", "Letra de câmbio", "07"),
        Species("NCC", "Nota de crédito comercial", "08"),
        Species("NCE", "Nota de crédito à exportação", "09"),
        Species("NCI", "Nota de crédito industrial", "10"),
        Species("NCR", "Nota de crédito rural", "11"),
        Species("NP", "Nota promissória", "12"),
        Species("NPR", "Nota promissória rural", "13"),
        Species("TM", "Triplicata mercantil", "14"),
        Species("TS", "Triplicata de serviço", "15"),
        Species("NS", "Nota de seguro", "16"),
        Species("RC", "Recibo", "17"),
        Species("FAT", "Fatura", "18"),
        Species("ND", "Nota de débito", "19"),
        Species("AP", "Apólice de seguro", "20"),
        Species("ME", "Mensalidade escolar", "21"),
        Species("PC", "Parcela de consórcio", "22"),
        Species("NF", "Nota fiscal", "23"),
        Species("DD", "Documento de dívida", "24"),
        Species("CPR", "Cédula de produto rural", "25"),
        Species("CC", "Cartão de crédito", "31"),
        Species("BDP", "Boleto de proposta", "32"),
        Species("OU", "Outros", "99"),
    )
}
