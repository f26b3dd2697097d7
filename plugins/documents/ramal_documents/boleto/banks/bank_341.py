"""341 Itaú: wallet, number, DAC, agency, account, its digit, `000`.

The DAC is a modulo 10 over agency, account, wallet and number. The wallets 126, 131, 146, 150 and 168 leave agency and
account out; in 112 the account's digit takes part, which comes to the same when that digit is right. The wallets with
"seu número" have wallet, number, document number (7), client's code (5, the `agreement`), a modulo 10, `0`.
Account's digit: modulo 10 over agency and account.
Source: Itaú, "Manual técnico de cobrança"; 29 complete boletos.
"""

from __future__ import annotations

from collections.abc import Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized
from ramal_documents.boleto.digits import mod10
from ramal_documents.boleto.layout import Layout

_WALLET_AND_NUMBER = frozenset({"126", "131", "146", "150", "168"})
_WITH_ACCOUNT_DIGIT = frozenset({"112"})
_WITH_DOCUMENT = frozenset({"106", "107", "122", "142", "143", "195", "196", "198"})
_DOCUMENT = Layout.of("wallet 3, our_number 8, document_number 7, agreement 5, digit 1, =0")


class Itau(Bank):
    code, header_dv, name = "341", "7", "Itaú"
    sizes = sized(agency=4, account=5, wallet=3, our_number=8)
    digits_in_code = ("account_dv",)
    layout = Layout.of("wallet 3, our_number 8, our_number_dv 1, agency 4, account 5, account_dv 1, =000")

    def sizes_for(self, raw: Raw) -> Mapping[str, int]:
        if raw["wallet"] in _WITH_DOCUMENT:
            return {**self.sizes, "document_number": 7, "agreement": 5}
        return self.sizes

    def account_digit(self, agency: str, account: str) -> str:
        return mod10(agency + account)

    def our_number_digit(self, codes: Codes) -> str:
        return _dac(codes.wallet, codes.our_number, codes.agency + codes.account, codes.account_dv)

    def free_field(self, codes: Codes) -> str:
        if codes.wallet not in _WITH_DOCUMENT:
            return super().free_field(codes)
        first = codes.wallet + codes.our_number + codes.document_number + codes.agreement
        return f"{first}{mod10(first)}0"

    def layout_for_reading(self, free_field: str) -> Layout | None:
        layout = _DOCUMENT if free_field[:3] in _WITH_DOCUMENT else self.layout
        return layout if layout.fits(free_field) else None

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        if "digit" in parts:
            return {"digit": mod10(free_field[:23])}
        place = parts["agency"] + parts["account"]
        return {
            "our_number_dv": _dac(parts["wallet"], parts["our_number"], place, parts["account_dv"]),
            "account_dv": mod10(place),
        }

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.wallet}/{codes.our_number}-{codes.our_number_dv}"


def _dac(wallet: str, number: str, place: str, account_dv: str) -> str:
    """`place` is agency and account."""
    if wallet in _WALLET_AND_NUMBER:
        return mod10(wallet + number)
    if wallet in _WITH_ACCOUNT_DIGIT:
        return mod10(place + account_dv + wallet + number)
    return mod10(place + wallet + number)


BANK = Itau()
