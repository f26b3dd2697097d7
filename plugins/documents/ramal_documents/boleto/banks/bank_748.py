"""748 Sicredi: `1` (registered), wallet, number and its digit, agency, post, beneficiary, flags, a check digit.

The number is AA B NNNNN: the year of issue, 1 when the agency and 2 to 9 when the beneficiary gave the number, and the
number itself. A shorter one is completed from the year of issue, with B = 2. Its digit: modulo 11 over agency, post,
beneficiary and number; the last digit: modulo 11 over the 24 before it. The 23rd digit says whether there is a value.
Source: Sicredi, "Manual de cobrança"; 7 complete boletos, 26 numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout
from ramal_documents.words import gettext as _

_BY_BENEFICIARY = "2"
_A_FLAG, _FLAGS = 100_000, 8  # numbers with each flag, and the flags from 2 to 9


class Sicredi(Bank):
    code, header_dv, name = "748", "X", "Sicredi"
    sizes = sized(agency=4, account=5, wallet=1, agreement=5, post=2, our_number=8)
    optional = frozenset({"account"})
    layout = Layout.of(
        "=1, wallet 1, our_number 8, our_number_dv 1, agency 4, post 2, agreement 5, valued 1, =0, digit 1"
    )

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        number = raw["our_number"] = raw["our_number"].replace("/", "")
        if not number or len(number) >= 8:
            return
        if issued is None:
            sentence = _(
                "The nosso número “%(text)s” needs the document date: at Sicredi it begins with the year of issue.",
                text=number,
            )
            yield BoletoError("our_number", sentence)
            return
        flagged = number if len(number) == 6 else _BY_BENEFICIARY + number.zfill(5)
        raw["our_number"] = f"{issued:%y}{flagged}"

    def problems(self, codes: Codes) -> Iterator[BoletoError]:
        if codes.our_number[2] == "0":
            sentence = _("The third digit of the nosso número %(text)s of Sicredi is 1 to 9.", text=codes.our_number)
            yield BoletoError("our_number", sentence)

    def sequence_limit(self, numbers: Mapping[str, str]) -> int:
        """`B` from 2 to 9 and five digits; the year in front makes them new each January, but nobody counts back."""
        return _A_FLAG * _FLAGS - 1

    def sequence_number(self, sequence: int, issued: date) -> str:
        flag, number = divmod(sequence, _A_FLAG)
        return f"{issued:%y}{int(_BY_BENEFICIARY) + flag}{number:05d}"

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(codes.agency + codes.post + codes.agreement + codes.our_number)

    def free_field(self, codes: Codes) -> str:
        number = codes.our_number + codes.our_number_dv
        first = f"1{codes.wallet}{number}{codes.agency}{codes.post}{codes.agreement}{codes.valued}0"
        return first + mod11(first)

    def layout_for_reading(self, free_field: str) -> Layout | None:
        return self.layout if free_field[0] in "13" else None

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        number = parts["agency"] + parts["post"] + parts["agreement"] + parts["our_number"]
        return {"our_number_dv": mod11(number), "digit": mod11(free_field[:24])}

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.our_number[:2]}/{codes.our_number[2:]}-{codes.our_number_dv}"

    def beneficiary_printed(self, codes: Codes) -> str:
        return f"{codes.agency}.{codes.post}.{codes.agreement}"


BANK = Sicredi()
