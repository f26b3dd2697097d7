"""``ramal db``: the schema of the core and of every installed plugin."""

from __future__ import annotations

import click

from ramal.config import load_settings
from ramal.plugins.lifecycle import upgrade_all


@click.group()
def database() -> None:
    """Migrations of the core and of the plugins."""


@database.command()
def upgrade() -> None:
    """Bring the core, then each installed plugin, to its newest revision."""
    settings = load_settings()
    if not settings.database_owner_url:
        raise click.ClickException("RAMAL_DATABASE_OWNER_URL is not set: migrations need the role that owns the tables")
    for line in upgrade_all(settings.database_owner_url):
        click.echo(line)
