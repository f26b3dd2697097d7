"""707 Daycoval: as Inter; the operation's number is the `agreement`, the wallet usually 121.

Source: BoletoNetCore, one complete boleto.
"""

from __future__ import annotations

from ramal_documents.boleto.banks.bank_077 import Inter


class Daycoval(Inter):
    code, header_dv, name = "707", "2", "Daycoval"


BANK = Daycoval()
