"""Issuing accounts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ramal.api import ApiBlueprint, require_permission
from ramal_documents.models import IssuingAccount
from ramal_documents.permissions import ADMINISTER, VIEW
from ramal_documents.schemas import examples
from ramal_documents.schemas.accounts import AccountListSchema, AccountSchema, NewAccountSchema
from ramal_documents.services import accounts

api = ApiBlueprint("accounts", __name__, plugin="documents", url_prefix="/accounts", description="Issuing accounts")


@api.get("/")
@require_permission(VIEW)
@api.response(200, AccountListSchema)
def list_accounts() -> dict[str, Any]:
    """All issuing accounts, by name."""
    return {"items": [_json(account) for account in accounts.list_accounts()]}


@api.post("/")
@require_permission(ADMINISTER)
@api.arguments(NewAccountSchema, example=examples.ACCOUNT)
@api.response(201, AccountSchema)
def create_account(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make an issuing account. 422 names each number that its bank would refuse."""
    return _json(accounts.create_account(values))


@api.get("/<uuid:account_id>")
@require_permission(VIEW)
@api.response(200, AccountSchema)
def get_account(account_id: uuid.UUID) -> dict[str, Any]:
    """One issuing account."""
    return _json(accounts.get_account(account_id))


@api.patch("/<uuid:account_id>")
@require_permission(ADMINISTER)
@api.arguments(NewAccountSchema(partial=True))
@api.response(200, AccountSchema)
def update_account(values: Mapping[str, Any], account_id: uuid.UUID) -> dict[str, Any]:
    """Change some of it. Boletos that were issued keep what is printed on them."""
    return _json(accounts.update_account(account_id, values))


def _json(account: IssuingAccount) -> dict[str, Any]:
    names = AccountSchema._declared_fields.keys() - {"warnings"}  # noqa: SLF001 (marshmallow's only list of them)
    return {**{name: getattr(account, name) for name in names}, "warnings": accounts.warnings_of(account)}
