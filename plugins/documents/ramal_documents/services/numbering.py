"""Nossos números: each account counts up, and no number is ever given twice.

A number is taken in a transaction of its own, before the boleto that will bear it is written: if that fails, the
number is lost, and nobody else gets it. A bank forgives a gap; it does not forgive two boletos with one number.
Inside somebody else's transaction the taking belongs to it, and so does all that bears the number.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import update

from ramal.api import Conflict, transaction
from ramal.api import gettext as _
from ramal_documents.boleto import BANKS
from ramal_documents.models import IssuingAccount
from ramal_documents.services.accounts import get_account, numbers_of


def take_numbers(account_id: uuid.UUID, count: int = 1) -> range:
    """The next ``count`` places in the account's sequence. Conflict, in words, when there are not so many left."""
    with transaction() as session:
        # The row stays locked until this commits, so two takers stand in line.
        raised = session.execute(
            update(IssuingAccount)
            .where(IssuingAccount.id == account_id)
            .values(next_number=IssuingAccount.next_number + count)
            .returning(IssuingAccount.next_number)
            .execution_options(synchronize_session=False)
        ).scalar_one()
        account = get_account(account_id)
        limit = limit_of(account)
        if raised - 1 > limit:
            raise Conflict(_used_up(account, limit, max(0, limit - (raised - count) + 1)))
    return range(raised - count, raised)


def next_number(account: IssuingAccount, day: date) -> str:
    """The nosso número that would come next, for trying a boleto. Conflict when there is none left."""
    limit = limit_of(account)
    if account.next_number > limit:
        raise Conflict(_used_up(account, limit, 0))
    return BANKS[account.bank].sequence_number(account.next_number, day)


def limit_of(account: IssuingAccount) -> int:
    """The last place that the bank's nosso número has room for."""
    return BANKS[account.bank].sequence_limit(numbers_of(account))


def _used_up(account: IssuingAccount, limit: int, left: int) -> str:
    return _(
        "The nossos números of the account “%(account)s” are used up: %(bank)s counts up to %(limit)s, "
        "and %(left)s are left. Ask the bank for another wallet or agreement.",
        account=account.name,
        bank=BANKS[account.bank].name,
        limit=limit,
        left=left,
    )
