"""What dead letters add to the application."""

from __future__ import annotations

from flask import Flask

from ramal.accounts.audit import audit
from ramal.events.failures import suspension_listeners
from ramal.http.wiring import register_api
from ramal.web.dead_letters.api import api
from ramal.web.dead_letters.views import pages


def init_app(app: Flask) -> None:
    """Register the page and its API; a suspension goes into the audit trail."""
    register_api(app, api)
    app.register_blueprint(pages)
    if _audit_suspension not in suspension_listeners:
        suspension_listeners.append(_audit_suspension)


def _audit_suspension(plugin: str, reason: str) -> None:
    audit("plugin.suspended", target=("plugin", plugin, plugin), after={"reason": reason}, actor=(None, "system"))
