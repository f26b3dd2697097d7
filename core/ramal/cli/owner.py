"""What commands that change schemas share: the role that owns the tables, and how an operation is told."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from ramal.config import load_settings
from ramal.errors import PluginError


def owner_url() -> str:
    """The database as its owner reaches it; ClickException where that was not configured."""
    url = load_settings().database_owner_url
    if not url:
        raise click.ClickException(
            "RAMAL_DATABASE_OWNER_URL is not set: this needs the role that owns the tables"
            " (`ramal up` does it by itself at start)"
        )
    return url


def tell(lines: Iterable[str], *, restart: bool) -> None:
    """Print the lines as they come; ends with 1 if a migration failed, or a plugin can't be had."""
    failed = False
    try:
        for line in lines:
            click.echo(line)
            failed = failed or "migration failed" in line
    except PluginError as error:
        raise click.ClickException(str(error)) from None
    if failed:
        sys.exit(1)
    if restart:
        click.echo("Restart the running processes to make them see it.")
