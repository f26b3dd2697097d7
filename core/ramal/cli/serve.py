"""``ramal serve`` and ``ramal realtime``: gunicorn in place of this process."""

from __future__ import annotations

import os
import sys

import click

ARGUMENTS = ("-m", "gunicorn", "-c", "python:ramal.cli.gunicorn_config", "ramal.app:create_app()")


@click.command()
def serve() -> None:
    """Run the web server: pages, API, webhooks, and sockets unless a realtime process takes them."""
    os.execv(sys.executable, (sys.executable, *ARGUMENTS))


@click.command()
@click.option("--port", type=int, required=True, help="Where the proxy sends /ws to.")
def realtime(port: int) -> None:
    """Run a process of its own for the sockets, so that busy pages don't delay messages."""
    os.environ.update(RAMAL_PORT=str(port), RAMAL_WEB_PROCESSES="1")
    os.execv(sys.executable, (sys.executable, *ARGUMENTS))
