"""085 Ailos: convênio, account with its digit, number, wallet; account and number are printed together.

Account's digit: modulo 11, 10 is 0. Source: 11 complete boletos.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout


class Ailos(Bank):
    code, header_dv, name = "085", "1", "Ailos"
    sizes = sized(agency=4, account=7, wallet=2, agreement=6, our_number=9)
    digits_in_code = ("account_dv",)
    layout = Layout.of("agreement 6, account 7, account_dv 1, our_number 9, wallet 2")

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        """The number as printed, with the account before it."""
        if len(raw["our_number"]) == 17:
            raw["our_number"] = raw["our_number"].removeprefix((raw["account"] + raw["account_dv"]).zfill(8))
        yield from ()

    def account_digit(self, agency: str, account: str) -> str:
        return mod11(account)

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.account}{codes.account_dv}{codes.our_number}"


BANK = Ailos()
