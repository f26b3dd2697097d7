"""336 C6 Bank: beneficiary's code, number, wallet, layout (3: the bank issues, wallets 10, 30, 60; 4: 20, 40).

The number is printed with Bradesco's digit over `0`, wallet and number. The header's digit is 0, as most programs have
it; one has 7, so ask the bank. Sources: two independent implementations; two complete boletos.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ramal_documents.boleto.banks.base import Bank, Codes, sized, with_dv
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout
from ramal_documents.words import gettext as _

_LAYOUT_BY_WALLET = {"10": "3", "30": "3", "60": "3", "20": "4", "40": "4"}


class C6(Bank):
    code, header_dv, name = "336", "0", "C6 Bank"
    sizes = sized(agency=4, account=12, wallet=2, agreement=12, our_number=10)
    optional = frozenset({"account"})
    layout = Layout.of("agreement 12, our_number 10, wallet 2, layout 1")

    def problems(self, codes: Codes) -> Iterator[BoletoError]:
        if codes.wallet not in _LAYOUT_BY_WALLET:
            values = {"known": ", ".join(sorted(_LAYOUT_BY_WALLET)), "text": codes.wallet}
            yield BoletoError("wallet", _("The wallet of C6 is one of %(known)s, not %(text)s.", **values))

    def values(self, codes: Codes) -> dict[str, str]:
        return super().values(codes) | {"layout": _LAYOUT_BY_WALLET[codes.wallet]}

    def our_number_digit(self, codes: Codes) -> str:
        return mod11(f"0{codes.wallet}{codes.our_number}", top=7, ten="P")

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"layout": _LAYOUT_BY_WALLET[parts["wallet"]]} if parts["wallet"] in _LAYOUT_BY_WALLET else {}

    def beneficiary_printed(self, codes: Codes) -> str:
        return f"{with_dv(codes.agency, codes.agency_dv)} / {codes.agreement}"


BANK = C6()
