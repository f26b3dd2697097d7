"""422 Safra: `7`, agency and account with the digits the bank gave, number and its digit, `2`.

Number's digit: modulo 11, where a remainder of 0 makes 1 and a remainder of 1 makes 0. Source: 11 complete boletos.
"""

from __future__ import annotations

from collections.abc import Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, sized
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.layout import Layout


class Safra(Bank):
    code, header_dv, name = "422", "7", "Safra"
    sizes = sized(agency=4, account=8, wallet=2, our_number=8)
    digits_in_code = ("agency_dv", "account_dv")
    layout = Layout.of("=7, agency 4, agency_dv 1, account 8, account_dv 1, our_number 8, our_number_dv 1, =2")

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.our_number, eleven="1")

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"our_number_dv": mod11(parts["our_number"], eleven="1")}


BANK = Safra()
