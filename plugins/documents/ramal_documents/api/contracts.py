"""Contracts: previewed, issued, found, cancelled."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from ramal.api import ApiBlueprint, Page, file_url, page_of, require_permission, stored_media
from ramal_documents.api.boletos import shown as shown_boleto
from ramal_documents.models import Contract, TemplateVersion
from ramal_documents.permissions import ISSUE, SEND, VIEW
from ramal_documents.schemas import examples
from ramal_documents.schemas.boletos import HistorySchema
from ramal_documents.schemas.chat import SendContractSchema, SentSchema
from ramal_documents.schemas.contracts import (
    CancelSchema,
    ContractQuery,
    ContractSchema,
    DraftSchema,
    FillSchema,
    NewContractSchema,
    PreviewSchema,
    WholeContractSchema,
)
from ramal_documents.services import (
    contract_charges,
    contract_chat,
    contract_history,
    contract_previews,
    contracts,
    templates,
)

api = ApiBlueprint("contracts", __name__, plugin="documents", description="Contracts")


@api.post("/generate-contract")
@require_permission(ISSUE)
@api.arguments(NewContractSchema, example=examples.CONTRACT)
@api.response(201, WholeContractSchema)
def generate_contract(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a template and issue the contract: number, SHA-256, a link to its PDF/A. With ``draft`` only keep it.

    With ``account_id`` each instalment gets its boleto: all of them together with the contract, or nothing. 422 names
    every variable and instalment that does not fit. Send a ``client_id`` or an ``Idempotency-Key`` to repeat safely.
    """
    given = {name: value for name, value in values.items() if name != "draft"}
    return _whole(contracts.save_draft(given) if values["draft"] else contracts.issue_new(given))


@api.post("/contracts/preview")
@require_permission(ISSUE)
@api.arguments(FillSchema, example=examples.PREVIEW)
@api.response(200, PreviewSchema)
def preview_contract(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is missing, what is wrong, and how it would look; nothing is stored."""
    found = contract_previews.preview(values)
    failure = found.failure.sentence if found.failure else None
    return {"missing": found.missing, "errors": found.errors, "html": found.html, "failure": failure}


@api.get("/contracts")
@require_permission(VIEW)
@api.arguments(ContractQuery, location="query")
@api.response(200, page_of(ContractSchema))
def list_contracts(query: Mapping[str, Any]) -> Page:
    """Contracts, newest first, by key."""
    filters = contracts.Filters(
        text=query["q"], **{name: query.get(name) for name in ("state", "template_id", "contact_id")}
    )
    page = contracts.list_contracts(filters, cursor=query.get("cursor"), page_size=query["page_size"])
    return Page(_shown(page.items), page.next_cursor)


@api.get("/contracts/<uuid:contract_id>")
@require_permission(VIEW)
@api.response(200, WholeContractSchema)
def get_contract(contract_id: uuid.UUID) -> dict[str, Any]:
    """One contract with its values, its boletos, and a fresh link to its PDF."""
    return _whole(contracts.get_contract(contract_id))


@api.get("/contracts/<uuid:contract_id>/pdf")
@require_permission(VIEW)
@api.response(200, content_type="application/pdf")
def get_pdf(contract_id: uuid.UUID) -> Response:
    """The PDF/A itself, with its data inside as ``dados.json``. 409 for a draft."""
    file = contracts.pdf_file(contracts.get_contract(contract_id))
    headers = {"Content-Disposition": f'inline; filename="{file.filename}"'}
    return Response(b"".join(stored_media(file.id).chunks), mimetype="application/pdf", headers=headers)


@api.put("/contracts/<uuid:contract_id>")
@require_permission(ISSUE)
@api.arguments(DraftSchema, example=examples.DRAFT)
@api.response(200, WholeContractSchema)
def change_contract(values: Mapping[str, Any], contract_id: uuid.UUID) -> dict[str, Any]:
    """Write a draft anew. 409 unless it is one."""
    return _whole(contracts.change_draft(contract_id, values))


@api.post("/contracts/<uuid:contract_id>/issue")
@require_permission(ISSUE)
@api.response(200, WholeContractSchema)
def issue_contract(contract_id: uuid.UUID) -> dict[str, Any]:
    """Issue what a draft says. 409 unless it is one, 422 for what is missing or wrong."""
    return _whole(contracts.issue_draft(contract_id))


@api.delete("/contracts/<uuid:contract_id>")
@require_permission(ISSUE)
@api.response(204)
def delete_contract(contract_id: uuid.UUID) -> None:
    """Throw a draft away; what has a number stays."""
    contracts.delete_draft(contract_id)


@api.post("/contracts/<uuid:contract_id>/cancel")
@require_permission(ISSUE)
@api.arguments(CancelSchema)
@api.response(200, WholeContractSchema)
def cancel_contract(values: Mapping[str, Any], contract_id: uuid.UUID) -> dict[str, Any]:
    """Cancel an issued contract; its number and PDF stay. 409 for a draft, or one that is cancelled."""
    return _whole(contracts.cancel(contract_id, **values))


@api.post("/contracts/<uuid:contract_id>/send")
@require_permission(SEND)
@api.arguments(SendContractSchema)
@api.response(202, SentSchema)
def send_contract(values: Mapping[str, Any], contract_id: uuid.UUID) -> dict[str, Any]:
    """Send the PDF, the named boletos of its instalments and a PIX code: all of them, or nothing.

    409 where one of them can't be sent now: a draft, cancelled, another contact's, settled, not registered.
    """
    sent = contract_chat.send_contract(contract_id=contract_id, **values)
    return {"message_ids": [message.id for message in sent]}


@api.get("/contracts/<uuid:contract_id>/history")
@require_permission(VIEW)
@api.response(200, HistorySchema)
def get_contract_history(contract_id: uuid.UUID) -> dict[str, Any]:
    """Every change of state: who, when, why."""
    return {"items": contract_history.history_of(contracts.get_contract(contract_id).id)}


def _shown(found: Sequence[Contract]) -> list[dict[str, Any]]:
    versions = templates.versions_by_id({contract.version_id for contract in found})
    return [_json(contract, versions[contract.version_id]) for contract in found]


def _json(contract: Contract, version: TemplateVersion) -> dict[str, Any]:
    columns = {column.key: getattr(contract, column.key) for column in Contract.__table__.columns}
    number = contracts.number_of(contract) or None
    return {**columns, "number": number, "template_id": version.template_id, "version": version.number}


def _whole(contract: Contract) -> dict[str, Any]:
    return {
        **_json(contract, templates.get_version(contract.version_id)),
        "pdf_url": file_url(contracts.pdf_file(contract), absolute=True) if contract.file_id else None,
        "boletos": [shown_boleto(charge) for charge in contract_charges.charges_of(contract.id)],
    }
