"""Second copies (segunda via): the same boleto with what it comes to on a day.

Number, line, value and due date stay as the bank registered them, and the bank works out fine and interest itself when
it is paid; the copy says the sum beforehand. It is drawn for the day it is asked for, and not kept.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from ramal.api import Conflict, InvalidPayload
from ramal.api import gettext as _
from ramal_documents import dates
from ramal_documents.boleto import Settlement, settlement
from ramal_documents.boleto.settlement import last_day
from ramal_documents.models import Charge
from ramal_documents.services import printing
from ramal_documents.services.charges import OPEN, boleto_of

#: Days ahead that a copy may be made for.
_AHEAD = 60


def owed(charge: Charge, day: date | None = None) -> Settlement | None:
    """What pays it on a day, today if none is named; None when nothing is owed, or not yet."""
    return settlement(boleto_of(charge), day or dates.today()) if charge.state in OPEN else None


def second_copy(charge: Charge, day: date | None = None) -> bytes:
    """The PDF for a payment on that day. Conflict when it can't be paid any more, InvalidPayload for the day."""
    today = dates.today()
    wanted = day or today
    if not today <= wanted <= today + timedelta(days=_AHEAD):
        message = _("A second copy is for today or one of the %(count)s days to come.", count=_AHEAD)
        raise InvalidPayload(message, {"day": [message]})
    demand_payable(charge, wanted)
    return printing.printed(charge, replace(boleto_of(charge), updated_to=wanted))


def second_copy_file(charge: Charge, day: date | None = None) -> Any:
    """The same, stored for a link."""
    return printing.keep(second_copy(charge, day), filename(charge))


def filename(charge: Charge) -> str:
    """`boleto-2026-118-2a-via.pdf`."""
    return printing.filename(charge).replace(".pdf", "-2a-via.pdf")


def demand_payable(charge: Charge, day: date) -> None:
    """Conflict for a draft, for what is settled, and for what the bank does not take any more on that day."""
    if charge.state == "draft":
        raise Conflict(_("A draft has no number yet; issue it first."), state=charge.state)
    if charge.state not in OPEN:
        raise Conflict(_("This boleto is not to be paid any more."), state=charge.state)
    last = last_day(boleto_of(charge))
    if last is not None and day > last:
        values = {"date": dates.short(last)}
        raise Conflict(_("Banks took this boleto until %(date)s; issue a new one.", **values), state=charge.state)
