"""``/audit``: what was done in the organization."""

from __future__ import annotations

from typing import Any

from ramal.accounts.audit import list_audit
from ramal.accounts.schemas import AuditEventSchema, AuditQuery
from ramal.http.blueprint import ApiBlueprint, page_of, require_permission

api = ApiBlueprint("audit", __name__, url_prefix="/audit", description="The audit trail")


@api.get("")
@require_permission("audit.read")
@api.arguments(AuditQuery, location="query")
@api.response(200, page_of(AuditEventSchema))
def list_events(query: dict[str, Any]) -> Any:
    """List what was done, newest first."""
    return list_audit(
        action=query.get("action"),
        actor_id=query.get("actor"),
        cursor=query.get("cursor"),
        page_size=query["page_size"],
    )
