"""``ramal <plugin> …``: the commands that plugins return from ``register_cli``."""

from __future__ import annotations

import uuid

import click
from flask import Flask
from sqlalchemy import select

from ramal.accounts.models import Organization
from ramal.app import create_app
from ramal.database.session import system_transaction, use_organization
from ramal.plugins.discovery import find
from ramal.plugins.gate import active_anywhere, plugin_active
from ramal.plugins.registry import PluginRecord, Registry


def plugin_group(name: str) -> click.Group | None:
    """The commands of a plugin that is installed in this environment; None if there is no such plugin."""
    if name not in {found.name for found in find()}:
        return None
    app = create_app()
    registry: Registry = app.extensions["ramal.plugins"]
    record = registry.records.get(name)
    if record is None or record.state != "installed":
        reason = record.error or record.state.replace("_", " ") if record else "RAMAL_PLUGINS leaves it out"
        raise click.ClickException(f"{name} can't be used: {reason}")
    return _group(app, record)


def _group(app: Flask, record: PluginRecord) -> click.Group:
    @click.group(record.name, help=str(record.manifest.summary) or None)
    @click.option("--organization", metavar="SLUG", help="The organization to act in.")
    @click.pass_context
    def group(ctx: click.Context, organization: str | None) -> None:
        ctx.with_resource(app.app_context())
        _enter(record, organization)

    for command in record.contributions.commands:
        group.add_command(command)
    return group


def _enter(record: PluginRecord, slug: str | None) -> None:
    """Serve the organization, if one is named; refuse where the plugin is not active."""
    if slug is None:
        if not active_anywhere(record.name):
            raise click.ClickException(f"no organization has {record.name} enabled")
        return
    organization_id = _organization_id(slug)
    if not plugin_active(organization_id, record.name):
        raise click.ClickException(f"{slug} does not have {record.name} enabled")
    use_organization(organization_id)


def _organization_id(slug: str) -> uuid.UUID:
    with system_transaction() as session:
        found = session.scalar(select(Organization.id).where(Organization.slug == slug))
    if found is None:
        raise click.ClickException(f"there is no organization {slug}")
    return found
