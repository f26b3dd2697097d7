"""004 Banco do Nordeste: agency, account and its digit, number and its digit, wallet, `000`.

Number's digit: modulo 11, weights 2 to 8. Sources: BoletoNetCore and brcobranca agree; 4 complete boletos.
"""

from __future__ import annotations

from collections.abc import Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, sized
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.layout import Layout


class BancoDoNordeste(Bank):
    code, header_dv, name = "004", "3", "Banco do Nordeste"
    sizes = sized(agency=4, account=7, wallet=2, our_number=7)
    digits_in_code = ("account_dv",)
    layout = Layout.of("agency 4, account 7, account_dv 1, our_number 7, our_number_dv 1, wallet 2, =000")

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.our_number, top=8)

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"our_number_dv": mod11(parts["our_number"], top=8)}


BANK = BancoDoNordeste()
