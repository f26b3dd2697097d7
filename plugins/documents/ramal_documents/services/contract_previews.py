"""A contract before it is one: what is missing, what is wrong, how it would look; what is known when a form opens.

Nothing here is stored.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from ramal.api import Conflict, InvalidPayload, get_contact, session
from ramal_documents import dates, ids
from ramal_documents.contracts import InvalidContract, RenderError, rendering
from ramal_documents.contracts.variables import Schema, Variable
from ramal_documents.models import Contract, TemplateVersion
from ramal_documents.services import contract_charges, contracts, people, templates
from ramal_documents.services.accounts import list_accounts
from ramal_documents.services.problems import refusal, told


@dataclass(frozen=True, kw_only=True)
class Preview:
    """How it would look, with examples for what is missing; ``failure`` says why it can't be laid out."""

    missing: tuple[Variable, ...] = ()
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    html: str = ""
    pdf: bytes = b""
    failure: RenderError | None = None


def preview(given: Mapping[str, Any], *, with_pdf: bool = False) -> Preview:
    """A contract of these values, as far as there are any. NotFound for the template."""
    version = contracts.version_of(given)
    schema = templates.schema_of(version)
    title = given.get("title") or templates.get_template(version.template_id).name
    found = _previewed(version.source, schema, given["values"], title, with_pdf=with_pdf)
    if found.missing or found.errors or not given.get("account_id"):
        return found
    return replace(found, errors=_refused_boletos(given, schema))


def preview_template(source: str, schema: Schema, title: str, *, with_pdf: bool = False) -> Preview:
    """A template with its examples."""
    return _previewed(source, schema, {}, title, with_pdf=with_pdf)


def starting_values(version: TemplateVersion, contact_id: uuid.UUID | None) -> dict[str, Any]:
    """What is known already, by the names of the variables: the customer, ourselves, today.

    From the customer behind the contact, where a plugin keeps customers, then from the newest contract with them and
    our own newest one, whatever the template; else from the contact and the account that boletos are issued from. A
    template that calls things otherwise starts empty.
    """
    schema = templates.schema_of(version)
    contact = get_contact(contact_id) if contact_id else None
    found: dict[str, Any] = {"contrato.data": dates.today()}
    found |= _group(_ourselves(), "empresa")
    if contact is not None:
        known = {"nome": contact.name, "telefone": contact.phone, "email": contact.email}
        before = _newest(Contract.contact_id == contact.id)
        signed = before.get(contract_charges.CUSTOMER) or {}
        # What is kept of the customer is newer than what was signed once, which may know more.
        found |= _group({**known, **signed, **people.contract_party(contact.id)}, contract_charges.CUSTOMER)
    return {name: value for name, value in found.items() if value and _fits(schema, name, value)}


def _previewed(source: str, schema: Schema, values: Mapping[str, Any], title: str, *, with_pdf: bool) -> Preview:
    missing, errors = schema.missing(values), {}
    try:
        schema.read(values)
    except InvalidContract as error:
        blank = {variable.name for variable in missing}
        wrong = [each for each in error.errors if each.field not in blank]
        errors = dict(refusal(wrong).details) if wrong else {}
    job = rendering.Job(
        template=source, data=schema.sample(values), title=title, footer="Prévia, sem validade", with_pdf=with_pdf
    )
    try:
        made = rendering.render(job)
    except RenderError as failure:
        return Preview(missing=missing, errors=errors, failure=failure)
    return Preview(missing=missing, errors=errors, html=made.html, pdf=made.pdf)


def pdf_of(found: Preview) -> bytes:
    """Its PDF. InvalidPayload where there is none."""
    with told():
        if found.failure:
            raise found.failure
    return found.pdf


def _refused_boletos(given: Mapping[str, Any], schema: Schema) -> dict[str, list[str]]:
    """What its instalments' boletos would be refused for."""
    try:
        contract_charges.check(contracts.prepared(given), schema, schema.read(given["values"]))
    except InvalidPayload as error:
        return dict(error.details)
    except Conflict as error:
        return {"account_id": [error.message]}
    return {}


def _ourselves() -> Mapping[str, Any]:
    before = _newest(Contract.values.has_key("empresa"))
    if before:
        return dict(before["empresa"])
    accounts = list_accounts(active_only=True)
    if not accounts:
        return {}
    own = accounts[0].beneficiary
    address = {part: own.get(part) or "" for part in ("street", "district", "city", "state", "postal_code")}
    document = own.get("document") or ""
    return {"nome": own.get("name"), "documento": ids.tidy(document), "endereco": address}


def _newest(condition: Any) -> Mapping[str, Any]:
    query = select(Contract.values).where(condition, Contract.state.in_(("issued", "sent")))
    found: Mapping[str, Any] | None = session.execute(query.order_by(Contract.id.desc()).limit(1)).scalar()
    return found or {}


def _group(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {f"{name}.{key}": value for key, value in values.items()}


def _fits(schema: Schema, name: str, value: Any) -> bool:
    """Whether the template asks for it, and would take it."""
    variable = schema.find(name)
    if variable is None:
        return False
    try:
        with told():
            variable.read(value)
    except InvalidPayload:
        return False
    return True
