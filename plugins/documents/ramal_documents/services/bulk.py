"""Many boletos of one account issued together: their numbers in one taking, their rows in one flush."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Sequence

from sqlalchemy import select

from ramal.api import Conflict, emit_event, session, transaction
from ramal.api import gettext as _
from ramal_documents.boleto import BANKS, Boleto
from ramal_documents.models import Charge, IssuingAccount
from ramal_documents.services.charges import bear, boleto_of, news
from ramal_documents.services.history import note_change
from ramal_documents.services.numbering import take_numbers
from ramal_documents.services.problems import told

#: Numbers that one boleto may have to leave out.
_TRIES = 100


def issue_many(charges: Sequence[Charge], account: IssuingAccount, by: tuple[uuid.UUID | None, str]) -> None:
    """Issue drafts that were checked (``charges.checked``) and are not in the database yet: all, or none.

    Conflict when the account's numbers do not suffice. In somebody else's transaction the numbers go back with it.
    """
    with transaction() as open_session:
        _number(charges, account)
        for charge in charges:
            charge.created_by = by[0]
        open_session.add_all(charges)
        open_session.flush()
        for charge in charges:
            note_change(charge, None, by=by)
            emit_event("document.issued", news(charge))


def _number(charges: Sequence[Charge], account: IssuingAccount) -> None:
    """Numbers in the order of the boletos, but for those that another account has used."""
    places = deque(take_numbers(account.id, len(charges)))
    tried = [(charge, place, _tried(charge, place)) for charge, place in zip(charges, places, strict=True)]
    if not _used(account.bank, [boleto.free_field for _charge, _place, boleto in tried]):
        for charge, place, boleto in tried:
            bear(charge, place, boleto)
        return
    for charge in charges:
        _number_one(charge, account, places)


def _number_one(charge: Charge, account: IssuingAccount, places: deque[int]) -> None:
    for _try in range(_TRIES):
        place = places.popleft() if places else take_numbers(account.id).start
        boleto = _tried(charge, place)
        if not _used(account.bank, [boleto.free_field]):
            bear(charge, place, boleto)
            return
    message = _("Another account of this bank has used these nossos números; raise this account's next number.")
    raise Conflict(message, {"account_id": [message]})


def _tried(charge: Charge, place: int) -> Boleto:
    with told():
        return boleto_of(charge, BANKS[charge.bank].sequence_number(place, charge.processing_date))


def _used(bank: str, free_fields: Sequence[str]) -> set[str]:
    """Those that some account of the organization has given out already."""
    with session.no_autoflush:
        query = select(Charge.free_field).where(Charge.bank == bank, Charge.free_field.in_(free_fields))
        return {found for (found,) in session.execute(query) if found}
