"""Forms of deals: flat fields to what the services take, and back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from ramal.api import Conflict, InvalidPayload, RamalError, read_form
from ramal_crm import money
from ramal_crm.models import Deal, DealItem
from ramal_crm.schemas.deals import DealFields, NewDealSchema
from ramal_crm.services import custom_fields, deals, loss_reasons

_EMPTY = ("customer_id", "contact_id", "owner_id", "expected_on")
#: Lines for more, below those that are there.
_BLANK = 3
_LINE = ("product_id", "name", "quantity", "price", "discount")


def reason_options() -> list[tuple[str, str]]:
    """Reasons for losing, to choose from."""
    return [(str(reason.id), reason.name) for reason in loss_reasons.list_reasons()]


def read_deal(*, is_new: bool, with_amount: bool = True) -> dict[str, Any]:
    """What the form says. InvalidPayload with sentences by field."""
    empty = (*_EMPTY, *(("pipeline_id", "stage_id", "conversation_id") if is_new else ()))
    tags = [tag.strip() for tag in request.form.get("tags", "").split(",") if tag.strip()]
    values = read_form(NewDealSchema if is_new else DealFields, empty_as_none=empty, tags=tags, **_amount())
    if not with_amount:
        values.pop("amount", None)
    fields = custom_fields.list_fields("deal")
    if fields:
        values["custom"] = {field.key: request.form.get(f"custom.{field.key}", "").strip() for field in fields}
    return values


def read_items() -> list[dict[str, Any]]:
    """The lines that have something in them."""
    lines = []
    for place in range(deals.MOST_ITEMS):
        given = {name: request.form.get(f"items.{place}.{name}", "").strip() for name in _LINE}
        if given["product_id"] or given["name"]:
            lines.append(
                {
                    name: value.replace(",", ".") if name in ("quantity", "discount") else value
                    for name, value in given.items()
                    if value
                }
            )
    values: dict[str, Any] = read_form(DealFields, title="x", items=lines)
    found: list[dict[str, Any]] = values["items"]
    return found


def flat(deal: Deal) -> dict[str, str]:
    """A deal's fields on the form."""
    found = {name: str(getattr(deal, name) or "") for name in ("title", *_EMPTY)}
    custom = {f"custom.{key}": _plain(value) for key, value in deal.custom.items()}
    return {**found, "amount": money.formatted(deal.amount), "tags": ", ".join(deal.tags), **custom}


def flat_items(items: list[DealItem]) -> list[dict[str, str]]:
    """A deal's lines on the form, and some blank ones."""
    lines = [
        {
            "product_id": str(item.product_id or ""),
            "name": item.name,
            "quantity": f"{item.quantity.normalize():f}".replace(".", ","),
            "price": money.formatted(item.price),
            "discount": f"{item.discount.normalize():f}".replace(".", ",") if item.discount else "",
            "total": money.reais(deals.line_total(item.quantity, item.price, item.discount)),
        }
        for item in items
    ]
    return lines + [{} for _ in range(_BLANK)]


def version() -> int | None:
    """As which version the page showed the deal."""
    return request.form.get("version", type=int)


def acted(act: Callable[[], object], deal_id: uuid.UUID, done: str) -> Response:
    """Do it, say so or say why not, and show the deal."""
    try:
        act()
    except (Conflict, InvalidPayload) as error:
        flash(" ".join(sentence for said in sentences(error).values() for sentence in said), "danger")
    else:
        flash(done, "success")
    return redirect(url_for(".deal", deal_id=deal_id), 303)


def sentences(error: RamalError) -> Mapping[str, list[str]]:
    """What is wrong by field."""
    found = {name: said for name, said in error.details.items() if isinstance(said, list)}
    return found or {"_": [error.message]}


def given() -> dict[str, str]:
    """The form as it was sent, for showing it again."""
    return {name: request.form[name] for name in request.form if name != "csrf_token"}


def _amount() -> dict[str, str]:
    return {} if request.form.get("amount", "").strip() else {"amount": "0"}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
