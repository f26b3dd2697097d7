"""Contracts: filled from a template, tried, kept as drafts, issued with a number and a PDF, cancelled.

The PDF is laid out outside of any transaction, which takes its time; what it says is written afterwards, in one
transaction with the boletos of the instalments, or not at all.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from ramal.api import (
    Conflict,
    InvalidPayload,
    NotFound,
    Page,
    current_organization,
    emit_event,
    find_file,
    get_contact,
    get_conversation,
    new_id,
    page_by_key,
    session,
    transaction,
    utcnow,
)
from ramal.api import gettext as _
from ramal_documents import dates
from ramal_documents.contracts import plain, rendering
from ramal_documents.models import Contract, TemplateVersion
from ramal_documents.services import contract_charges, pictures, printing, templates
from ramal_documents.services.accounts import get_account
from ramal_documents.services.actors import actor
from ramal_documents.services.contract_history import note_change
from ramal_documents.services.contract_numbers import printed, take_number
from ramal_documents.services.problems import told

#: draft → issued → sent; what is issued can only be cancelled.
STATES = ("draft", "issued", "sent", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which contracts a list shows."""

    state: str | None = None
    template_id: uuid.UUID | None = None
    contact_id: uuid.UUID | None = None
    text: str = ""


def state_title(state: str) -> str:
    """A state's name for people."""
    titles = {
        "draft": _("Draft"),
        "issued": _("Issued"),
        "sent": _("Sent to the customer"),
        "cancelled": _("Cancelled"),
    }
    return titles[state]


def list_contracts(filters: Filters, *, cursor: str | None = None, page_size: int = 20) -> Page:
    """Newest first, by key."""
    query = _filtered(select(Contract), filters)
    return page_by_key(query, ((Contract.id, uuid.UUID),), cursor=cursor, page_size=page_size)


def get_contract(contract_id: uuid.UUID, *, locked: bool = False) -> Contract:
    """One contract, held until the transaction ends if ``locked``. NotFound."""
    query = select(Contract).where(Contract.id == contract_id).execution_options(populate_existing=True)
    found: Contract | None = session.execute(query.with_for_update() if locked else query).scalar_one_or_none()
    if found is None:
        raise NotFound(_("There is no such contract."))
    return found


def save_draft(given: Mapping[str, Any]) -> Contract:
    """Keep what was filled in so far, whatever is missing."""
    if known := _made_before(given):
        return known
    contract = prepared(given)
    with transaction() as open_session:
        open_session.add(contract)
        open_session.flush()
        note_change(contract, None)
    return contract


def change_draft(contract_id: uuid.UUID, given: Mapping[str, Any]) -> Contract:
    """Write a draft anew; it stays with the version that it was begun with. Conflict unless it is a draft still."""
    with transaction():
        contract = get_contract(contract_id, locked=True)
        other = prepared({**given, "version_id": contract.version_id})
        _demand_draft(contract)
        for name in ("account_id", "contact_id", "conversation_id", "title", "party_name", "values"):
            setattr(contract, name, getattr(other, name))
    return contract


def delete_draft(contract_id: uuid.UUID) -> None:
    """Throw a draft away; what has a number stays for ever. Conflict unless it is a draft."""
    with transaction() as open_session:
        contract = get_contract(contract_id, locked=True)
        _demand_draft(contract)
        open_session.delete(contract)


def issue_new(given: Mapping[str, Any]) -> Contract:
    """Issue a contract, with the boletos of its instalments where an account is named.

    InvalidPayload names every variable and every instalment that does not fit; nothing is written then. The same
    ``client_id`` again answers the contract that was made the first time.
    """
    known = _made_before(given)
    if known is not None and known.state != "draft":
        return known
    if known is not None:
        return issue_draft(change_draft(known.id, given).id)
    try:
        return _issued(prepared(given), is_draft=False)
    except IntegrityError as error:
        # Two clicks at once: the other one was quicker.
        if "client_id" in str(error.orig) and (known := _made_before(given)):
            return known
        raise


def issue_draft(contract_id: uuid.UUID) -> Contract:
    """Issue what a draft says. Conflict unless it is a draft still, InvalidPayload for what is missing or wrong."""
    contract = get_contract(contract_id)
    _demand_draft(contract)
    return _issued(contract, is_draft=True)


def cancel(contract_id: uuid.UUID, reason: str, *, write_off: bool = False) -> Contract:
    """Cancel an issued contract, and write off its unsettled boletos if told to, all in one."""
    if not reason:
        message = _("Say why.")
        raise InvalidPayload(message, {"reason": [message]})
    with transaction():
        contract = get_contract(contract_id, locked=True)
        if contract.state not in ("issued", "sent"):
            raise Conflict(_("Only an issued contract can be cancelled."), state=contract.state)
        before, contract.state = contract.state, "cancelled"
        note_change(contract, before, reason)
        if write_off:
            number = printed(contract.number, contract.year)
            contract_charges.write_off(contract.id, _("Contract %(number)s was cancelled.", number=number))
    return contract


def prepared(given: Mapping[str, Any]) -> Contract:
    """A draft of these values, not yet in the database. NotFound for what it names and is not there."""
    version = version_of(given)
    conversation_id, contact_id = given.get("conversation_id"), given.get("contact_id")
    if conversation_id is not None:
        owner = uuid.UUID(str(get_conversation(conversation_id)["contact"]["id"]))
        if contact_id is not None and get_contact(contact_id).id != owner:
            raise Conflict(_("The conversation is another contact's."))
        contact_id = owner
    contact = get_contact(contact_id) if contact_id else None
    account_id = given.get("account_id")
    return Contract(
        id=new_id(),
        version_id=version.id,
        account_id=get_account(account_id).id if account_id else None,
        contact_id=contact.id if contact else None,
        conversation_id=conversation_id,
        client_id=given.get("client_id"),
        state="draft",
        title=(given.get("title") or templates.get_template(version.template_id).name)[:160],
        party_name=(customer_name(given["values"]) or (contact.name if contact else ""))[:120],
        values=json.loads(plain.to_json(given["values"])),
        created_by=actor()[0],
    )


def version_of(given: Mapping[str, Any]) -> TemplateVersion:
    """A template's version by its number, else the latest. Conflict when the template is not used any more.

    ``version_id`` names one that a draft was begun with; drafts may be finished.
    """
    if given.get("version_id"):
        return templates.get_version(given["version_id"])
    template = templates.get_template(given["template_id"])
    if template.state != "active":
        raise Conflict(_("The template “%(name)s” is archived.", name=template.name), state=template.state)
    number = given.get("version")
    return templates.numbered(template.id, number) if number else templates.latest(template.id)


def customer_name(values: Mapping[str, Any]) -> str:
    """Who the contract is with, as far as its values say so."""
    customer = values.get(contract_charges.CUSTOMER)
    name = customer.get("nome") if isinstance(customer, Mapping) else values.get("contato.nome")
    return " ".join(str(name or "").split())


def pdf_file(contract: Contract) -> Any:
    """The stored PDF. Conflict for a draft."""
    if contract.file_id is None:
        raise Conflict(_("A draft has no number yet, and so no PDF."), state=contract.state)
    return find_file(contract.file_id)


def number_of(contract: Contract) -> str:
    """`12/2026`; nothing for a draft."""
    return printed(contract.number, contract.year)


def news(contract: Contract) -> dict[str, Any]:
    """What events say of a contract."""
    return {
        "type": "contract",
        "id": str(contract.id),
        "number": number_of(contract),
        "title": contract.title,
        "sha256": contract.sha256,
        "contact_id": str(contract.contact_id) if contract.contact_id else None,
    }


def _issued(contract: Contract, *, is_draft: bool) -> Contract:
    version = templates.get_version(contract.version_id)
    schema = templates.schema_of(version)
    as_filled = contract.values
    with told():
        data = schema.read(as_filled)
    contract_charges.check(contract, schema, data)
    dress = pictures.dress(version.source)
    year = dates.today().year
    # Its commit ends what was open: nothing is while the PDF is laid out.
    number = take_number(year)
    made_at = utcnow().replace(microsecond=0)
    made = _laid_out(version, data, dress, contract.title, printed(number, year), made_at)
    with transaction():
        if is_draft:
            contract = get_contract(contract.id, locked=True)
            _demand_draft(contract)
            if contract.values != as_filled:
                raise Conflict(_("The draft was changed in the meantime; look at it again."))
        contract.year, contract.number, contract.issued_at = year, number, made_at
        _write(contract, data, made)
        note_change(contract, "draft" if is_draft else None)
        contract_charges.issue(contract, schema, data)
        contract.file_id = printing.keep(made.pdf, f"contrato-{number}-{year}.pdf").id
        emit_event("document.issued", news(contract))
    return contract


def _write(contract: Contract, data: Mapping[str, Any], made: rendering.Rendered) -> None:
    contract.state = "issued"
    contract.values = json.loads(plain.to_json(data))
    contract.party_name = (customer_name(contract.values) or contract.party_name)[:120]
    contract.html, contract.sha256, contract.pages = made.html, made.sha256, made.pages
    session.add(contract)
    session.flush()


def _laid_out(
    version: TemplateVersion, data: Mapping[str, Any], dress: pictures.Dress, title: str, number: str, made_at: datetime
) -> rendering.Rendered:
    job = rendering.Job(
        template=version.source,
        data=data,
        title=title,
        footer=f"Contrato nº {number}",
        made_at=made_at,
        letterhead=dress.letterhead,
        assets=dress.assets,
    )
    with told():
        return rendering.render(job, whose=str(current_organization()))


def _made_before(given: Mapping[str, Any]) -> Contract | None:
    if given.get("client_id") is None:
        return None
    query = select(Contract).where(Contract.client_id == given["client_id"])
    found: Contract | None = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    return found


def _demand_draft(contract: Contract) -> None:
    if contract.state != "draft":
        raise Conflict(_("This contract was issued; only a draft can be changed or thrown away."), state=contract.state)


def _filtered(query: Any, filters: Filters) -> Any:
    if filters.state:
        query = query.where(Contract.state == filters.state)
    if filters.contact_id is not None:
        query = query.where(Contract.contact_id == filters.contact_id)
    if filters.template_id is not None:
        of_template = select(TemplateVersion.id).where(TemplateVersion.template_id == filters.template_id)
        query = query.where(Contract.version_id.in_(of_template))
    text = filters.text.strip()
    if not text:
        return query
    number, _slash, year = text.partition("/")
    matches = [Contract.party_name.icontains(text, autoescape=True), Contract.title.icontains(text, autoescape=True)]
    if number.isdecimal() and len(number) < 10:
        numbered = Contract.number == int(number)
        matches.append(numbered & (Contract.year == int(year)) if year.isdecimal() and len(year) == 4 else numbered)
    return query.where(or_(*matches))
