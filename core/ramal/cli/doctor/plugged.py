"""The plugins: what state each is in, and what each says about itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import select

from ramal.accounts.models import Organization
from ramal.cli.doctor.findings import Finding, ill, mind, well
from ramal.database.session import system_transaction, use_organization
from ramal.plugins.dispatch import collect, implementers
from ramal.plugins.registry import PluginRecord, registry

_MEND = {
    "missing": "Install its distribution again, or run `ramal plugins uninstall {name}`.",
    "broken": "Mend or upgrade the distribution; `ramal plugins check {name}` tells more.",
    "incompatible": "Install a version that fits this release.",
    "blocked": "Mend the plugin that it requires.",
    "pending_upgrade": "Run `ramal plugins upgrade`, then restart.",
}


def look_at_plugins(app: Flask) -> Iterator[Finding]:
    """State of each, then the health checks in every organization that has it enabled."""
    with app.app_context():
        records = list(registry().records.values())
        for record in records:
            yield _state(record)
        if not records:
            yield mind("plugins", "none is installed: there are no channels", "Install a channel's distribution.")
        for organization_id, name in _organizations():
            yield from _health(app, organization_id, name)


def _state(record: PluginRecord) -> Finding:
    subject = f"plugin {record.name}"
    if record.state == "installed":
        return well(subject, f"{record.version}, installed")
    if record.state == "available":
        mend = f"Run `ramal plugins install {record.name}`."
        return mind(subject, "its distribution is there, its tables are not", mend)
    return ill(subject, f"{record.state}: {record.error}", _MEND[record.state].format(name=record.name))


def _organizations() -> list[tuple[uuid.UUID, str]]:
    query = select(Organization.id, Organization.name).where(Organization.archived_at.is_(None))
    with system_transaction() as session:
        return [(row.id, row.name) for row in session.execute(query.order_by(Organization.name))]


def _health(app: Flask, organization_id: uuid.UUID, organization: str) -> Iterator[Finding]:
    """What the plugins of one organization say; silence is an error that the log explains."""
    with app.app_context():
        use_organization(organization_id)
        asked = [record.name for record in implementers("health_check")]
        answers = dict(collect("health_check")) if asked else {}
    for name in asked:
        subject = f"plugin {name} in {organization}"
        answer = answers.get(name)
        if answer is None:
            yield ill(subject, "its health check failed", "The log names the error.")
        elif answer.get("ok"):
            yield well(subject, str(answer.get("detail") or "well"))
        else:
            mend = str(answer.get("mend") or "Look at the plugin's settings page.")
            yield ill(subject, str(answer.get("detail") or "not well"), mend)
