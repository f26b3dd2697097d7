"""041 Banrisul: `21`, agency, beneficiary's code, number, `40`, two check digits over the 23 before them.

The beneficiary's code has 7 digits; its printed form has the agency before them and two check digits after them. The
number has two check digits of the same kind. Source: Banrisul, "Manual de cobrança"; 14 complete boletos.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized, with_dv
from ramal_documents.boleto.digits import double
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout
from ramal_documents.words import gettext as _


class Banrisul(Bank):
    code, header_dv, name = "041", "8", "Banrisul"
    sizes = sized(agency=4, account=10, wallet=1, agreement=7, our_number=8)
    optional = frozenset({"account"})
    layout = Layout.of("=21, agency 4, agreement 7, our_number 8, =40, digits 2")

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        """The code in its printed form, agency and check digits included."""
        text = "".join(character for character in raw["agreement"] if character not in "/. ")
        if len(text) == 13 and not text.startswith(raw["agency"].zfill(4)):
            values = {"text": text, "agency": raw["agency"]}
            sentence = _("The beneficiary's code “%(text)s” does not begin with the agency %(agency)s.", **values)
            yield BoletoError("agreement", sentence)
        if len(text) == 13:
            text, raw["agreement_dv"] = text[4:11], ""
        raw["agreement"] = text

    def problems(self, codes: Codes) -> Iterator[BoletoError]:
        if codes.wallet not in ("1", "2"):
            sentence = _("The wallet of Banrisul is 1 or 2, not %(text)s.", text=codes.wallet)
            yield BoletoError("wallet", sentence)

    def our_number_digit(self, codes: Codes) -> str:
        return double(codes.our_number)

    def free_field(self, codes: Codes) -> str:
        first = f"21{codes.agency}{codes.agreement}{codes.our_number}40"
        return first + double(first)

    def expected(self, parts: Mapping[str, str], free_field: str) -> dict[str, str]:
        return {"digits": double(free_field[:23])}

    def beneficiary_printed(self, codes: Codes) -> str:
        return f"{with_dv(codes.agency, codes.agency_dv)} / {codes.agreement}"


BANK = Banrisul()
