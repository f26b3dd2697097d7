"""``ramal worker``: the journal, the event log, hooks, sends, jobs and services."""

from __future__ import annotations

import sys

import click

from ramal.processes import loading, wait_for_gate


@click.command()
def worker() -> None:
    """Run the worker until SIGTERM. Any number of them may run, on any number of machines."""
    with loading():
        from ramal.app import create_app
        from ramal.config import load_settings
        from ramal.pipeline.worker.children import roles
        from ramal.pipeline.worker.parent import Worker

    settings = load_settings()
    if not settings.database_url:
        raise click.ClickException("RAMAL_DATABASE_URL is not set: name the database, or use `ramal up`")
    wait_for_gate()
    with loading():
        app = create_app(settings)
    sys.exit(Worker(app, roles(settings)).run())
