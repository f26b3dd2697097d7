"""033 Santander: `9`, beneficiary's code, number and its digit, IOS `0`, wallet (101 registered, 102 not, 201 penhor).

Number's digit: modulo 11. With the variation "2" (wallet 101/2) the number has 13 digits and no digit of its own in
the barcode. The IOS digit is for insurers; others have 0. Account's digit: weights 9731, 00, 97131973 over agency
and account, the units of the products added, what is missing to the next ten.
Source: Santander, "Layout de cobrança"; 12 complete boletos.
"""

from __future__ import annotations

from collections.abc import Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized, with_dv
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.layout import Layout

_ACCOUNT_WEIGHTS = (9, 7, 3, 1, 9, 7, 1, 3, 1, 9, 7, 3)
_THIRTEEN = Layout.of("=9, agreement 7, our_number 13, =0, wallet 3")
_READ = Layout.of("=9, agreement 7, our_number 12, our_number_dv 1, ios 1, wallet 3")


class Santander(Bank):
    code, header_dv, name = "033", "7", "Santander"
    sizes = sized(agency=4, account=8, wallet=3, agreement=7, our_number=12)
    optional = frozenset({"account"})
    layout = Layout.of("=9, agreement 7, our_number 12, our_number_dv 1, =0, wallet 3")

    def sizes_for(self, raw: Raw) -> Mapping[str, int]:
        return {**self.sizes, "our_number": 13} if raw["variation"] == "2" else self.sizes

    def account_digit(self, agency: str, account: str) -> str:
        products = zip(agency + account, _ACCOUNT_WEIGHTS, strict=True)
        return str(-sum(int(digit) * weight % 10 for digit, weight in products) % 10)

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.our_number)

    def layout_of(self, codes: Codes) -> Layout:
        return _THIRTEEN if codes.variation == "2" else self.layout

    def layout_for_reading(self, free_field: str) -> Layout | None:
        parts = {part.name: digits for part, digits in _READ.read(free_field)}
        if not _READ.fits(free_field):
            return None
        right = mod11(parts["our_number"]) == parts["our_number_dv"]
        return _THIRTEEN if not right and _THIRTEEN.fits(free_field) else _READ

    def beneficiary_printed(self, codes: Codes) -> str:
        return f"{with_dv(codes.agency, codes.agency_dv)} / {codes.agreement}"


BANK = Santander()
