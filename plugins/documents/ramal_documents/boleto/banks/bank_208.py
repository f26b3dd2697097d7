"""208 BTG Pactual: as Bradesco.

The number's digit follows BTG's manual, whose worked example (01/87319177389 has the digit 3) fits the rule of
Bradesco; some programs compute it with weights to 9 and without the wallet.
"""

from __future__ import annotations

from ramal_documents.boleto.banks.bank_237 import Bradesco
from ramal_documents.boleto.banks.base import Codes


class Btg(Bradesco):
    code, header_dv, name = "208", "1", "BTG Pactual"
    uses_cip = False

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.wallet}/{codes.our_number}-{codes.our_number_dv}"


BANK = Btg()
