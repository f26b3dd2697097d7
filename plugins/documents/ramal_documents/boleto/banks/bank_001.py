"""001 Banco do Brasil: layouts by the size of the convênio.

Source: Banco do Brasil, "Especificações técnicas para confecção de boleto de pagamento"; 57 complete boletos.

- convênio of 7 or 8 digits: `000000` convênio, number of 10 or 9, wallet; printed together, 17 digits, no check digit
- of 6: convênio, number of 5, agency, account, wallet; printed 11 digits and a modulo 11 (10 is X)
- of 6 with a number of 17 digits (wallets 16 and 18): convênio, number, `21`
- of 4: convênio, number of 7, agency, account, wallet; printed like 6

A number of zeros with a convênio of 7 means that the bank numbers the boleto: the convênio is then zeros too.
Agency and account: modulo 11, weights 2 to 9, 10 is X.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ramal_documents.boleto.banks.base import Bank, Codes, Raw, sized, with_dv
from ramal_documents.boleto.digits import mod11
from ramal_documents.boleto.errors import BoletoError
from ramal_documents.boleto.layout import Layout
from ramal_documents.words import gettext as _

_NUMBER_SIZES = {4: 7, 6: 5, 7: 10, 8: 9}
_LONG_NUMBER, _LONG_WALLETS = 17, ("16", "18")
_LAYOUTS = {
    4: Layout.of("agreement 4, our_number 7, agency 4, account 8, wallet 2"),
    6: Layout.of("agreement 6, our_number 5, agency 4, account 8, wallet 2"),
    7: Layout.of("=000000, agreement 7, our_number 10, wallet 2"),
    8: Layout.of("=000000, agreement 8, our_number 9, wallet 2"),
}
_LONG = Layout.of("agreement 6, our_number 17, =21")
# Convênio and number can't be told apart again.
_READ_LONG = Layout.of("=000000, numbers 17, wallet 2")
_READ_SHORT = Layout.of("numbers 11, agency 4, account 8, wallet 2")


class BancoDoBrasil(Bank):
    code, header_dv, name = "001", "9", "Banco do Brasil"
    sizes = sized(agency=4, account=8, wallet=2, agreement=7, our_number=10)

    def tidy(self, raw: Raw, issued: date | None) -> Iterator[BoletoError]:
        agreement, number = raw["agreement"], raw["our_number"]
        if len(agreement) not in _NUMBER_SIZES:
            sentence = _("The convênio “%(text)s” of Banco do Brasil has 4, 6, 7 or 8 digits.", text=agreement)
            yield BoletoError("agreement", sentence)
        elif len(agreement) > 6 and len(number) == _LONG_NUMBER:
            yield from self._without_agreement(raw)

    def _without_agreement(self, raw: Raw) -> Iterator[BoletoError]:
        agreement, number = raw["agreement"], raw["our_number"]
        if number.startswith(agreement) or not number.strip("0"):
            raw["our_number"] = number[len(agreement) :]
            return
        values = {"text": number, "agreement": agreement}
        sentence = _(
            "The nosso número “%(text)s” has 17 digits, so it begins with the convênio %(agreement)s.", **values
        )
        yield BoletoError("our_number", sentence)

    def sizes_for(self, raw: Raw) -> Mapping[str, int]:
        size = len(raw["agreement"])
        if self._is_long(raw["agreement"], raw["our_number"], raw["wallet"]):
            return {**self.sizes, "agreement": size, "our_number": _LONG_NUMBER}
        return {**self.sizes, "agreement": size, "our_number": _NUMBER_SIZES.get(size, _LONG_NUMBER)}

    def agency_digit(self, agency: str) -> str:
        return mod11(agency, ten="X")

    def account_digit(self, agency: str, account: str) -> str:
        return mod11(account, ten="X")

    def our_number_digit(self, codes: Codes) -> str:
        if len(codes.agreement) > 6 or len(codes.our_number) == _LONG_NUMBER:
            return ""
        return mod11(codes.agreement + codes.our_number, ten="X")

    def layout_of(self, codes: Codes) -> Layout:
        return _LONG if len(codes.our_number) == _LONG_NUMBER else _LAYOUTS[len(codes.agreement)]

    def values(self, codes: Codes) -> dict[str, str]:
        return super().values(codes) | {"agreement": self._agreement(codes)}

    def layout_for_reading(self, free_field: str) -> Layout | None:
        if _READ_LONG.fits(free_field):
            return _READ_LONG
        return _LONG if _LONG.fits(free_field) else _READ_SHORT

    def our_number_printed(self, codes: Codes) -> str:
        if len(codes.our_number) == _LONG_NUMBER:
            return codes.our_number
        return with_dv(self._agreement(codes) + codes.our_number, codes.our_number_dv)

    def wallet_printed(self, codes: Codes) -> str:
        return "/".join(filter(None, (codes.wallet, codes.variation)))

    @staticmethod
    def _is_long(agreement: str, number: str, wallet: str) -> bool:
        return len(agreement) == 6 and len(number) == _LONG_NUMBER and wallet in _LONG_WALLETS

    @staticmethod
    def _agreement(codes: Codes) -> str:
        """Zeros when the bank numbers the boleto."""
        bank_numbers = len(codes.agreement) == 7 and not codes.our_number.strip("0")
        return "0" * 7 if bank_numbers else codes.agreement


BANK = BancoDoBrasil()
