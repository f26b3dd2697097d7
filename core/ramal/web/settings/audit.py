"""The audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from flask import render_template, request

from ramal.accounts.audit import list_audit
from ramal.http.blueprint import require_permission
from ramal.plugins.registry import registered
from ramal.web.settings.audit_words import SENTENCES
from ramal.web.settings.blueprint import pages


@pages.get("/audit")
@require_permission("audit.read")
def audit() -> str:
    """What was done, newest first; 50 a page."""
    action = request.args.get("action") or None
    page = list_audit(action=action, cursor=request.args.get("cursor"), page_size=50)
    return render_template("settings/audit.html", page=page, action=action, sentences=_sentences())


def _sentences() -> Mapping[str, object]:
    """What stands for each action: the core's, and those of the plugins."""
    of_plugins = (record.contributions.audit_sentences.items() for record in registered())
    return {**SENTENCES, **dict(chain.from_iterable(of_plugins))}
