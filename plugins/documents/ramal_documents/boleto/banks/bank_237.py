"""237 Bradesco: agency, wallet, number, account, `0`.

Number's digit: modulo 11 with weights 2 to 7 over wallet and number; 10 is P. Agency (weights 2 to 5) and account
(2 to 7) likewise. Sources: two independent implementations agree; 30 complete boletos, 35 numbers.
"""

from __future__ import annotations

from ramal_documents.boleto.banks.base import Bank, Codes, sized
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.layout import Layout


class Bradesco(Bank):
    code, header_dv, name = "237", "2", "Bradesco"
    sizes = sized(agency=4, account=7, wallet=2, our_number=11)
    layout = Layout.of("agency 4, wallet 2, our_number 11, account 7, =0")
    uses_cip = True

    def agency_digit(self, agency: str) -> str:
        return mod11(agency, top=5, ten="P")

    def account_digit(self, agency: str, account: str) -> str:
        return mod11(account, top=7, ten="P")

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.wallet + codes.our_number, top=7, ten="P")

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.wallet.zfill(3)}/{codes.our_number}-{codes.our_number_dv}"


BANK = Bradesco()
