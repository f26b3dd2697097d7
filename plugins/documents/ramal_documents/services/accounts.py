"""Issuing accounts: made, changed, switched off; every one is tried with a boleto before it is kept."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ramal.api import Conflict, InvalidPayload, NotFound, audit, session, transaction
from ramal.api import gettext as _
from ramal_documents import dates
from ramal_documents.boleto import BANKS, Boleto, Party, issue
from ramal_documents.models import IssuingAccount
from ramal_documents.services import terms
from ramal_documents.services.problems import refusal, told

#: What identifies the account towards its bank.
NUMBERS = ("bank", "agency", "account", "wallet", "variation", "agreement", "post")
_AUDITED = ("name", *NUMBERS, "beneficiary", "species", "accepted", "terms", "instructions", "next_number", "active")


def list_accounts(*, active_only: bool = False) -> Sequence[IssuingAccount]:
    """All of them by name: few, so in one piece."""
    query = select(IssuingAccount).order_by(IssuingAccount.name)
    if active_only:
        query = query.where(IssuingAccount.active)
    found: Sequence[IssuingAccount] = session.execute(query).scalars().all()
    return found


def get_account(account_id: uuid.UUID) -> IssuingAccount:
    """One. NotFound."""
    query = select(IssuingAccount).where(IssuingAccount.id == account_id)
    found: IssuingAccount | None = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such issuing account."))
    return found


def create_account(values: Mapping[str, Any]) -> IssuingAccount:
    """Make one. InvalidPayload says, field by field, what its bank would refuse."""
    account = IssuingAccount(**_columns(values))
    check_account(account)
    with transaction() as open_session:
        _refuse_known_name(account.name, None)
        open_session.add(account)
        open_session.flush()
        audit("documents.account.created", target=_target(account), after=_facts(account))
    return account


def update_account(account_id: uuid.UUID, changes: Mapping[str, Any]) -> IssuingAccount:
    """Change one. The sequence can be raised, never lowered: a number must not come back."""
    with transaction() as open_session:
        account = get_account(account_id)
        open_session.refresh(account, with_for_update=True)
        before = _facts(account)
        if changes.get("next_number", account.next_number) < account.next_number:
            message = _("The next nosso número is %(number)s; it can only be raised.", number=account.next_number)
            raise InvalidPayload(message, {"next_number": [message]})
        for name, value in _columns(changes).items():
            setattr(account, name, value)
        check_account(account)
        _refuse_known_name(account.name, account.id)
        if _facts(account) != before:
            audit("documents.account.updated", target=_target(account), before=before, after=_facts(account))
    return account


def numbers_of(account: IssuingAccount) -> dict[str, Any]:
    """The numbers as the library takes them."""
    return {name: getattr(account, name) for name in NUMBERS}


def check_account(account: IssuingAccount) -> None:
    """Issue a boleto in thought: InvalidPayload names what the bank's rules or the law do not allow."""
    day = dates.today()
    rules = BANKS.get(account.bank)
    limit = rules.sequence_limit(numbers_of(account)) if rules else 1
    number = rules.sequence_number(min(account.next_number or 1, limit), day) if rules else "1"
    with told():
        boleto = Boleto(
            **numbers_of(account),
            our_number=number,
            amount=Decimal(100),
            due_date=day + timedelta(days=30),
            document_date=day,
            document_number="1",
            species=account.species or "DM",
            beneficiary=Party(**account.beneficiary),
            payer=Party(name="-", document="52998224725"),
            **vars(terms.for_charge({}, account.terms or {}, day + timedelta(days=30))),
        )
    if problems := issue.problems(boleto, day):
        raise refusal(problems)
    # One past the end is where an account stands whose numbers are used up.
    if (account.next_number or 1) > limit + 1:
        message = _("The bank counts up to %(limit)s.", limit=limit)
        raise InvalidPayload(message, {"next_number": [message]})


def warnings_of(account: IssuingAccount) -> list[str]:
    """Check digits that are not those of the bank's rule: banks have moved accounts with their old ones."""
    day = dates.today()
    boleto = Boleto(
        **numbers_of(account),
        our_number=BANKS[account.bank].sequence_number(1, day),
        amount=Decimal(100),
        due_date=day,
        document_date=day,
        document_number="1",
        **vars(terms.for_charge({}, account.terms, day)),
    )
    return [warning.sentence for warning in issue.warnings(boleto)]


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: terms.plain(value) if name in ("beneficiary", "terms") else value for name, value in values.items()}


def _refuse_known_name(name: str, own_id: uuid.UUID | None) -> None:
    query = select(IssuingAccount.id).where(IssuingAccount.name == name)
    if own_id is not None:
        query = query.where(IssuingAccount.id != own_id)
    with session.no_autoflush:
        known = session.execute(query).first()
    if known is not None:
        message = _("There is an account of this name already.")
        raise Conflict(message, {"name": [message]})


def _facts(account: IssuingAccount) -> dict[str, Any]:
    """Of a sheet of one's own, which is long, its SHA-256."""
    template = hashlib.sha256(account.template.encode()).hexdigest() if account.template else None
    return {**{name: getattr(account, name) for name in _AUDITED}, "template_sha256": template}


def _target(account: IssuingAccount) -> tuple[str, uuid.UUID, str]:
    return "issuing_account", account.id, account.name
