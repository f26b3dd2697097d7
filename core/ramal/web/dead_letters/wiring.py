"""What dead letters add to the application."""

from __future__ import annotations

import uuid

from flask import Flask

from ramal.accounts.audit import audit
from ramal.database.session import system_transaction
from ramal.http.wiring import register_api
from ramal.plugins.services import suspension_listeners
from ramal.web.dead_letters.api import api
from ramal.web.dead_letters.views import pages


def init_app(app: Flask) -> None:
    """Register the page and its API; a suspension goes into the audit trail."""
    register_api(app, api)
    app.register_blueprint(pages)
    if _audit_suspension not in suspension_listeners:
        suspension_listeners.append(_audit_suspension)


def _audit_suspension(organization_id: uuid.UUID, plugin: str, reason: str) -> None:
    with system_transaction() as session:
        audit(
            "plugin.suspended",
            target=("plugin", plugin, plugin),
            after={"reason": reason},
            actor=(None, "system"),
            organization_id=organization_id,
            session=session,
        )
