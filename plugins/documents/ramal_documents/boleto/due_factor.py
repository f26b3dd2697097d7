"""The fator de vencimento: the due date as four digits of the barcode (FEBRABAN; Banco do Brasil, annex IV).

Days since 1997-10-07, from 1000 on 2000-07-03 to 9999 on 2025-02-21; 2025-02-22 is 1000 again, and every 9,000 days
after it (2049-10-14 is the next).
"""

from __future__ import annotations

from datetime import date, timedelta

from ramal_documents.boleto.errors import BoletoError
from ramal_documents.dates import short
from ramal_documents.words import gettext as _

EPOCH = date(1997, 10, 7)
FIRST_DAY = date(2000, 7, 3)
_LOWEST, _CYCLE = 1000, 9000
_BEHIND, _AHEAD = 3000, 5500


def factor(due: date) -> str:
    """The four digits of a due date from 2000-07-03 on; `BoletoError` before it."""
    if due < FIRST_DAY:
        sentence = _("The due date %(date)s is before 03/07/2000, where the due factor begins.", date=short(due))
        raise BoletoError("due_date", sentence)
    return str(_LOWEST + ((due - EPOCH).days - _LOWEST) % _CYCLE)


def due_date(digits: str, today: date) -> date | None:
    """The due date that a factor stands for on the day `today`; None when there is no factor (below 1000).

    A factor comes back every 9,000 days. The bank takes the date from 3,000 days behind to 5,500 ahead; a date in
    the 499 days left out is taken where it is nearer.
    """
    number = int(digits)
    if number < _LOWEST:
        return None
    middle = today + timedelta(days=(_AHEAD - _BEHIND) // 2)
    candidate = EPOCH + timedelta(days=number)
    turns = round((middle - candidate).days / _CYCLE)
    return candidate + timedelta(days=max(turns, 0) * _CYCLE)
