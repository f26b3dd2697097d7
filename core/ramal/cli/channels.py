"""``ramal channels``: what operators do with what channels received."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import click


@click.group()
def channels() -> None:
    """Replay what channels received."""


@channels.command()
@click.argument("channel", type=click.UUID)
@click.option("--since", type=click.DateTime(), help="Received at or after this time (UTC).")
@click.option("--until", type=click.DateTime(), help="Received before this time (UTC).")
def replay(channel: uuid.UUID, since: datetime | None, until: datetime | None) -> None:
    """Process a channel's deliveries again, from the journal.

    What took effect once does not take effect again; what was parked gets another try.
    """
    from ramal.app import create_app
    from ramal.channels.models import ConnectedChannel
    from ramal.database.session import system_transaction, use_organization
    from ramal.pipeline.unprocessed import services

    with create_app().app_context():
        with system_transaction() as session:
            found = session.get(ConnectedChannel, channel)
        if found is None:
            raise click.ClickException(f"There is no channel {channel}.")
        use_organization(found.organization_id)
        count = services.replay(channel, since=_utc(since), until=_utc(until))
    click.echo(f"{count} deliveries of {found.name} are processed again.")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
