"""084 Uniprime: as Bradesco, the wallet (09) printed with two digits.

Source: BoletoNetCore, four complete boletos.
"""

from __future__ import annotations

from ramal_documents.boleto.banks.bank_237 import Bradesco
from ramal_documents.boleto.banks.base import Codes


class Uniprime(Bradesco):
    code, header_dv, name = "084", "1", "Uniprime"
    uses_cip = False

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.wallet}/{codes.our_number}-{codes.our_number_dv}"


BANK = Uniprime()
