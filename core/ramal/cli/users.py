"""``ramal users``: the first admin, and passwords lost without e-mail."""

from __future__ import annotations

import click

from ramal.app import create_app
from ramal.errors import RamalError


@click.group()
def users() -> None:
    """First admin and lost passwords."""


@users.command("create-admin")
@click.option("--email", required=True, help="What they log in with.")
@click.option("--name", default="Administrator", show_default=True)
@click.option("--organization", default="Administration", show_default=True, help="An organization of their own.")
@click.password_option(help="Asked for if not given; RAMAL_ADMIN_PASSWORD is not read here.")
def create_admin(email: str, name: str, organization: str, password: str) -> None:
    """Make a super_admin, who manages organizations, and an organization of their own."""
    from ramal.accounts.services import create_super_admin

    with create_app().app_context():
        try:
            create_super_admin(organization, {"name": name, "email": email, "password": password})
        except RamalError as error:
            raise click.ClickException(_sentence(error)) from None
    click.echo(f"{email} can log in now.")


@users.command("reset-password")
@click.argument("email")
@click.password_option(help="Asked for if not given.")
def reset_password(email: str, password: str) -> None:
    """Set a user's password; all their sessions end."""
    from ramal.accounts import services

    with create_app().app_context():
        try:
            services.reset_password(email, password)
        except RamalError as error:
            raise click.ClickException(_sentence(error)) from None
    click.echo(f"The password of {email} was changed, and their sessions were ended.")


def _sentence(error: RamalError) -> str:
    details = [str(text) for texts in error.details.values() for text in texts]
    return " ".join([error.message, *details])
