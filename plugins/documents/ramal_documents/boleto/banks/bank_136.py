"""136 Unicred: agency, account with its digit (ten digits), number and its digit (modulo 11).

Source: two complete boletos.
"""

from __future__ import annotations

from collections.abc import Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, sized
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.layout import Layout


class Unicred(Bank):
    code, header_dv, name = "136", "8", "Unicred"
    sizes = sized(agency=4, account=9, wallet=2, our_number=10)
    digits_in_code = ("account_dv",)
    layout = Layout.of("agency 4, account 9, account_dv 1, our_number 10, our_number_dv 1")
    uses_cip = True

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.our_number)

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"our_number_dv": mod11(parts["our_number"])}


BANK = Unicred()
