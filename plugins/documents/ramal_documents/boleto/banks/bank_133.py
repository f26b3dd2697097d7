"""133 Cresol: as Bradesco, wallet 09, printed with two digits.

Sources: Cresol's manual and two independent implementations.
"""

from __future__ import annotations

from ramal_documents.boleto.banks.bank_237 import Bradesco
from ramal_documents.boleto.banks.base import Codes


class Cresol(Bradesco):
    code, header_dv, name = "133", "3", "Cresol"
    uses_cip = True

    def our_number_printed(self, codes: Codes) -> str:
        return f"{codes.wallet}/{codes.our_number}-{codes.our_number_dv}"


BANK = Cresol()
