"""077 Inter: agency 0001, wallet, operation, number and its digit.

Number's digit: modulo 10 over agency, wallet and number. With wallet 112 the bank gives the number (retorno or API).
Agency and account: modulo 11. The operation's number is the `agreement`.
Source: Inter, "Manual de cobrança"; 6 complete boletos.
"""

from __future__ import annotations

from collections.abc import Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, sized, with_dv
from ramal_documents.boleto.digits import mod10, mod11
from ramal_documents.boleto.layout import Layout


class Inter(Bank):
    code, header_dv, name = "077", "9", "Inter"
    sizes = sized(agency=4, account=9, wallet=3, agreement=7, our_number=10)
    optional = frozenset({"account"})
    layout = Layout.of("agency 4, wallet 3, agreement 7, our_number 10, our_number_dv 1")

    def agency_digit(self, agency: str) -> str:
        return mod11(agency)

    def account_digit(self, agency: str, account: str) -> str:
        return mod11(account)

    def our_number_digit(self, codes: Codes) -> str:
        return mod10(codes.agency + codes.wallet + codes.our_number)

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"our_number_dv": mod10(parts["agency"] + parts["wallet"] + parts["our_number"])}

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.agency}{codes.agency_dv}/{codes.wallet}/{codes.our_number}-{codes.our_number_dv}"

    def beneficiary_printed(self, codes: Codes) -> str:
        account = with_dv(codes.account, codes.account_dv) or codes.agreement
        return f"{with_dv(codes.agency, codes.agency_dv)} / {account}"


BANK = Inter()
