"""756 Sicoob: wallet, agency, modality, client with its digit, number and its digit, instalment.

Number's digit: weights 3, 1, 9, 7 from the left over agency, client (10 digits) and number, modulo 11; remainders 0
and 1 make 0. The modality is the `variation` (01), the client the `agreement`. In wallet 9 one program has the number
of the contract in the client's place: ask the cooperative. Sources: two implementations; 12 complete boletos.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import cycle

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout


class Sicoob(Bank):
    code, header_dv, name = "756", "0", "Sicoob"
    sizes = sized(agency=4, account=10, wallet=1, variation=2, agreement=7, our_number=7, instalment=3)
    optional = frozenset({"account"})
    layout = Layout.of("wallet 1, agency 4, variation 2, agreement 7, our_number 7, our_number_dv 1, instalment 3")

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        """The client's number carries its digit; modality and instalment have usual values."""
        raw["agreement"], raw["agreement_dv"] = raw["agreement"] + raw["agreement_dv"], ""
        raw["variation"] = raw["variation"] or "01"
        raw["instalment"] = raw["instalment"] or "001"
        yield from ()

    def our_number_digit(self, codes: Codes) -> str:
        return _digit(codes.agency, codes.agreement, codes.our_number)

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"our_number_dv": _digit(parts["agency"], parts["agreement"], parts["our_number"])}

    def beneficiary_printed(self, codes: Codes) -> str:
        return f"{codes.agency} / {codes.agreement}"


def _digit(agency: str, client: str, number: str) -> str:
    digits = agency + client.zfill(10) + number
    rest = sum(int(digit) * weight for digit, weight in zip(digits, cycle((3, 1, 9, 7)), strict=False)) % 11
    return "0" if rest < 2 else str(11 - rest)


BANK = Sicoob()
