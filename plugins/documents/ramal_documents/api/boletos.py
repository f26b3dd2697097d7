"""Boletos: issued, found, checked, brought from state to state."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, Page, file_url, page_of, require_permission
from ramal_documents.boleto import Reading
from ramal_documents.boleto.code import formatted_line
from ramal_documents.models import Charge
from ramal_documents.permissions import ISSUE, VIEW
from ramal_documents.schemas import examples
from ramal_documents.schemas.boletos import (
    BoletoQuery,
    BoletoSchema,
    CheckSchema,
    HistorySchema,
    IssuedBoletoSchema,
    NewBoletoSchema,
    RegisteredCountSchema,
    RegisteredSchema,
    SecondCopyQuery,
    SecondCopySchema,
    StateChangeSchema,
)
from ramal_documents.schemas.decoding import DecodedSchema, DecodeSchema
from ramal_documents.services import charges, copies, decoding, history, printing, states

api = ApiBlueprint("boletos", __name__, plugin="documents", description="Boletos")


@api.post("/generate-boleto")
@require_permission(ISSUE)
@api.arguments(NewBoletoSchema, example=examples.BOLETO)
@api.response(201, IssuedBoletoSchema)
def generate_boleto(values: Mapping[str, Any]) -> dict[str, Any]:
    """Issue a boleto: its number, line and barcode, and a link to its PDF. With ``draft`` only keep it.

    422 names each field that the bank or the law would not accept. Send an ``Idempotency-Key`` to repeat safely.
    """
    make = charges.save_draft if values.get("draft") else charges.issue_new
    return whole(make(_without(values, "draft")))


@api.post("/boletos/check")
@require_permission(ISSUE)
@api.arguments(NewBoletoSchema, example=examples.BOLETO)
@api.response(200, CheckSchema)
def check_boleto(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a boleto would look like; nothing is issued and no number is used."""
    found = charges.check(_without(values, "draft"))
    boleto = found.boleto
    return {
        "bank_name": boleto.bank_name,
        "our_number": boleto.our_number_formatted,
        "barcode": boleto.barcode,
        "digitable_line": boleto.digitable_line_formatted,
        "instructions": list(boleto.instruction_lines),
        "warnings": list(found.warnings),
    }


@api.post("/decode-boleto")
@require_permission(VIEW)
@api.arguments(DecodeSchema)
@api.response(200, DecodedSchema)
def decode_boleto(values: Mapping[str, Any]) -> Reading:
    """Explain any line or barcode. 422 only for what can't be one at all; wrong digits are named in the answer."""
    return decoding.read_boleto(values["text"])


@api.get("/boletos")
@require_permission(VIEW)
@api.arguments(BoletoQuery, location="query")
@api.response(200, page_of(BoletoSchema))
def list_boletos(query: Mapping[str, Any]) -> Page:
    """Boletos, newest first, by key."""
    names = ("state", "account_id", "contact_id", "booklet_id", "due_from", "due_to")
    filters = charges.Filters(text=query["q"], **{name: query.get(name) for name in names})
    page = charges.list_charges(filters, cursor=query.get("cursor"), page_size=query["page_size"])
    return Page([shown(charge) for charge in page.items], page.next_cursor)


@api.get("/boletos/<uuid:boleto_id>")
@require_permission(VIEW)
@api.response(200, IssuedBoletoSchema)
def get_boleto(boleto_id: uuid.UUID) -> dict[str, Any]:
    """One boleto, with a fresh link to its PDF."""
    return whole(charges.get_charge(boleto_id))


@api.post("/boletos/<uuid:boleto_id>/issue")
@require_permission(ISSUE)
@api.response(200, IssuedBoletoSchema)
def issue_boleto(boleto_id: uuid.UUID) -> dict[str, Any]:
    """Give a draft its number. 409 unless it is one."""
    return whole(charges.issue_draft(boleto_id))


@api.delete("/boletos/<uuid:boleto_id>")
@require_permission(ISSUE)
@api.response(204)
def delete_boleto(boleto_id: uuid.UUID) -> None:
    """Throw a draft away; what has a number stays."""
    charges.delete_draft(boleto_id)


@api.post("/boletos/<uuid:boleto_id>/state")
@require_permission(ISSUE)
@api.arguments(StateChangeSchema)
@api.response(200, IssuedBoletoSchema)
def set_state(values: Mapping[str, Any], boleto_id: uuid.UUID) -> dict[str, Any]:
    """Set the state by hand. 409 where it can't follow the present one."""
    return whole(states.set_state(boleto_id, **values))


@api.post("/boletos/registered")
@require_permission(ISSUE)
@api.arguments(RegisteredSchema)
@api.response(200, RegisteredCountSchema)
def register_boletos(values: Mapping[str, Any]) -> dict[str, int]:
    """Note that the bank has registered many at once; those that do not wait for it are left alone."""
    return {"registered": states.register_all(values["boleto_ids"])}


@api.post("/boletos/<uuid:boleto_id>/second-copy")
@require_permission(VIEW)
@api.arguments(SecondCopyQuery)
@api.response(200, SecondCopySchema)
def make_second_copy(values: Mapping[str, Any], boleto_id: uuid.UUID) -> dict[str, Any]:
    """Segunda via: the same boleto, with fine and interest for a day. 409 when it can't be paid any more."""
    charge = charges.get_charge(boleto_id)
    file = copies.second_copy_file(charge, values["day"])
    owed = copies.owed(charge, values["day"])
    return {**vars(owed), "digitable_line": charge.digitable_line, "pdf_url": file_url(file, absolute=True)}


@api.get("/boletos/<uuid:boleto_id>/history")
@require_permission(VIEW)
@api.response(200, HistorySchema)
def get_history(boleto_id: uuid.UUID) -> dict[str, Any]:
    """Every change of state: who, when, why."""
    return {"items": history.history_of(charges.get_charge(boleto_id).id)}


def shown(charge: Charge) -> dict[str, Any]:
    """A boleto as lists show it."""
    columns = {column.key: getattr(charge, column.key) for column in Charge.__table__.columns}
    return {
        **columns,
        "our_number": charge.our_number_printed,
        "digitable_line_formatted": formatted_line(charge.digitable_line) if charge.digitable_line else None,
        "overdue": charges.is_overdue(charge),
    }


def whole(charge: Charge) -> dict[str, Any]:
    """A boleto by itself: with a link to its PDF, and what somebody should look at."""
    return {
        **shown(charge),
        "owed": copies.owed(charge),
        "pdf_url": printing.pdf_url(charge),
        "warnings": charges.warnings_of(charge),
    }


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
