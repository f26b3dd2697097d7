"""``/api-tokens``: the caller's tokens for programs."""

from __future__ import annotations

import uuid
from typing import Any

from ramal.accounts import services
from ramal.accounts.schemas import ApiTokenSchema, MadeApiTokenSchema, NewApiTokenSchema
from ramal.http.blueprint import ApiBlueprint, page_of, require_login
from ramal.http.pagination import Page, PageArguments
from ramal.http.principal import demand_person

api = ApiBlueprint("api-tokens", __name__, url_prefix="/api-tokens", description="Tokens for programs")


@api.get("")
@require_login
@api.arguments(PageArguments, location="query")
@api.response(200, page_of(ApiTokenSchema))
def list_tokens(query: dict[str, Any]) -> Any:
    """List your tokens; the tokens themselves are not shown again."""
    demand_person()
    found = services.list_api_tokens()
    start = (query["page"] - 1) * query["page_size"]
    return Page(found[start : start + query["page_size"]], total=len(found))


@api.post("")
@require_login
@api.arguments(NewApiTokenSchema)
@api.response(201, MadeApiTokenSchema)
def make_token(body: dict[str, Any]) -> Any:
    """Make a token; it is shown this once."""
    demand_person()
    row, token = services.create_api_token(body["name"], body["scopes"], body["expires_at"])
    return {**ApiTokenSchema().dump(row), "token": token}


@api.delete("/<uuid:token_id>")
@require_login
@api.response(204)
def revoke_token(token_id: uuid.UUID) -> None:
    """End a token."""
    demand_person()
    services.revoke_api_token(token_id)
