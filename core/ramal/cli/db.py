"""``ramal db``: Flask-Migrate's commands, without booting the plugins, and one upgrade for all that is installed."""

from __future__ import annotations

import click
import flask_migrate
from flask import g
from flask_migrate.cli import db as flask_db

from ramal.cli.owner import owner_url, tell
from ramal.config import load_settings
from ramal.database.migrate import migrations_app
from ramal.plugins import lifecycle
from ramal.plugins.migrations import find_target

#: Those that make sense for an installation: the environment and its templates are ours.
SHARED = ("current", "heads", "history", "show", "check", "revision", "migrate", "merge", "downgrade", "stamp")


@click.group()
@click.option("-x", "--x-arg", multiple=True, metavar="plugin=NAME", help="That plugin's schema, not the core's.")
@click.pass_context
def database(context: click.Context, x_arg: tuple[str, ...]) -> None:
    """Migrations of the core and of the plugins."""
    context.with_resource(migrations_app(load_settings(), find_target).app_context())
    # Where Flask-Migrate's own group leaves its options for its commands.
    g.directory, g.x_arg = None, x_arg


@database.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the core, then each installed plugin, to its newest revision; with -x, or to a REVISION, only that one."""
    if g.x_arg or revision != "head":
        flask_migrate.upgrade(revision=revision)
    else:
        tell(lifecycle.upgrade(owner_url()), restart=False)


for name in SHARED:
    database.add_command(flask_db.commands[name])
