"""The life of a boleto, set by hand until a bank's answer can be read: which state may follow which."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from ramal.api import Conflict, InvalidPayload, emit_event, transaction
from ramal.api import gettext as _
from ramal_documents import dates
from ramal_documents.boleto import BoletoError
from ramal_documents.boleto.checks import amount_errors
from ramal_documents.models import Charge
from ramal_documents.services.booklets import get_booklet
from ramal_documents.services.charges import get_charge, news
from ramal_documents.services.history import note_change
from ramal_documents.services.problems import refusal

#: From a state to those that a person may set. A draft is issued (``charges.issue_draft``), not set. A payment may
#: come after the write-off (banks report it), and one set by mistake is taken back.
TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "draft": (),
    "issued": ("registered", "rejected", "paid", "written_off"),
    "registered": ("paid", "written_off"),
    "rejected": ("registered", "written_off"),
    "paid": ("issued", "registered"),
    "written_off": ("paid",),
}
STATES = tuple(TRANSITIONS)
#: What a row's column has no room for.
_TOO_MUCH = Decimal(10) ** 10


def state_title(state: str) -> str:
    """A state's name for people."""
    titles = {
        "draft": _("Draft"),
        "issued": _("Issued"),
        "registered": _("Registered"),
        "rejected": _("Rejected by the bank"),
        "paid": _("Paid"),
        "written_off": _("Written off"),
        "overdue": _("Overdue"),
    }
    return titles[state]


def needs_reason(before: str, after: str) -> bool:
    """Whether the step wants to be explained: a refusal, the end of a claim, a payment that was none."""
    return after in ("rejected", "written_off") or before in ("paid", "rejected")


def set_state(
    charge_id: uuid.UUID,
    state: str,
    *,
    reason: str = "",
    paid_on: date | None = None,
    paid_amount: Decimal | None = None,
) -> Charge:
    """Bring a boleto to another state. Conflict where that can't follow, InvalidPayload where facts are missing."""
    with transaction() as session:
        charge = get_charge(charge_id, locked=True)
        before = charge.state
        if state not in TRANSITIONS[before]:
            values = {"before": state_title(before), "after": state_title(state)}
            raise Conflict(_("A boleto that is “%(before)s” can't become “%(after)s”.", **values), state=before)
        if needs_reason(before, state) and not reason:
            message = _("Say why.")
            raise InvalidPayload(message, {"reason": [message]})
        charge.state = state
        _payment(charge, paid_on, paid_amount)
        _print_anew(charge)
        session.flush()
        note_change(charge, before, reason)
        if state == "paid":
            paid = {"paid_on": str(charge.paid_on), "paid_amount": str(charge.paid_amount)}
            emit_event("payment.received", {**news(charge), **paid})
    return charge


def register_all(charge_ids: Collection[uuid.UUID]) -> int:
    """The bank has registered them: those that wait for it become so, all or none. How many they were."""
    with transaction():
        # All of them first: a carnê, which its boletos lock too, comes after.
        waiting = [each for each in sorted(set(charge_ids)) if get_charge(each, locked=True).state == "issued"]
        for charge_id in waiting:
            set_state(charge_id, "registered")
    return len(waiting)


def _print_anew(charge: Charge) -> None:
    """What was printed says the state of before, by a watermark or by none."""
    charge.file_id = None
    if charge.booklet_id is not None:
        get_booklet(charge.booklet_id, locked=True).file_id = None


def _payment(charge: Charge, paid_on: date | None, paid_amount: Decimal | None) -> None:
    if charge.state != "paid":
        charge.paid_on = charge.paid_amount = None
        return
    day, amount = paid_on or dates.today(), charge.amount if paid_amount is None else paid_amount
    errors = list(amount_errors("paid_amount", amount))
    if not errors and amount <= 0:
        errors.append(BoletoError("paid_amount", _("The amount is 0.")))
    if not errors and amount >= _TOO_MUCH:
        errors.append(BoletoError("paid_amount", _("This is more than an amount of money can be.")))
    if day > dates.today():
        errors.append(BoletoError("paid_on", _("The day of the payment is in the future.")))
    if errors:
        raise refusal(errors)
    charge.paid_on, charge.paid_amount = day, amount
