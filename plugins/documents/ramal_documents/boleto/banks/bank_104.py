"""104 Caixa (SIGCB): beneficiary's code and its digit, the number in three parts among two flags, a check digit.

The wallet has two digits: 1 registered (printed RG) or 2 not (SR), then who issues the boleto: 4 the beneficiary, 1 the
bank. From 1100000 on the beneficiary's code has seven digits and no digit of its own. All digits: modulo 11.
Source: Caixa, "Manual de cobrança SIGCB"; 11 complete boletos, 14 numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized, with_dv
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout
from ramal_documents.words import gettext as _

_SEVEN_FROM = 1_100_000
_WALLETS = {"RG": "14", "SR": "24", "SIG14": "14", "SIG24": "24"}
_TAIL = "number_a 3, registration 1, number_b 3, issuer 1, number_c 9, digit 1"
_SIX = Layout.of(f"agreement 6, agreement_dv 1, {_TAIL}")
_SEVEN = Layout.of(f"agreement 7, {_TAIL}")


class Caixa(Bank):
    code, header_dv, name = "104", "0", "Caixa"
    sizes = sized(agency=4, account=12, wallet=2, agreement=6, our_number=15)
    optional = frozenset({"account"})
    place_of_payment = "Preferencialmente nas casas lotéricas até o valor limite"

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        raw["wallet"] = _WALLETS.get(raw["wallet"], raw["wallet"])
        if len(raw["our_number"]) == 17:
            raw["our_number"] = raw["our_number"].removeprefix(raw["wallet"])
        yield from ()

    def sizes_for(self, raw: Raw) -> Mapping[str, int]:
        agreement = raw["agreement"]
        seven = agreement.isdecimal() and int(agreement) >= _SEVEN_FROM
        return {**self.sizes, "agreement": 7} if seven else self.sizes

    def problems(self, codes: Codes) -> Iterator[BoletoError]:
        if codes.wallet not in ("11", "14", "21", "24"):
            sentence = _("The wallet of Caixa is 14 (RG), 24 (SR), 11 or 21, not %(text)s.", text=codes.wallet)
            yield BoletoError("wallet", sentence)

    def agreement_digit(self, agreement: str) -> str:
        return mod11(agreement) if len(agreement) == 6 else ""

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.wallet + codes.our_number)

    def free_field(self, codes: Codes) -> str:
        number, registration, issuer = codes.our_number, codes.wallet[0], codes.wallet[1]
        first = codes.agreement + self.agreement_digit(codes.agreement)
        first += number[:3] + registration + number[3:6] + issuer + number[6:]
        return first + mod11(first)

    def layout_for_reading(self, free_field: str) -> Layout | None:
        six = free_field[6] == mod11(free_field[:6])
        return _SIX if six or int(free_field[:7]) < _SEVEN_FROM else _SEVEN

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        digits = {"digit": mod11(free_field[:24])}
        return digits | ({"agreement_dv": mod11(parts["agreement"])} if "agreement_dv" in parts else {})

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.wallet}{codes.our_number}-{codes.our_number_dv}"

    def beneficiary_printed(self, codes: Codes) -> str:
        return f"{codes.agency} / {with_dv(codes.agreement, self.agreement_digit(codes.agreement))}"

    def wallet_printed(self, codes: Codes) -> str:
        return "RG" if codes.wallet.startswith("1") else "SR"


BANK = Caixa()
