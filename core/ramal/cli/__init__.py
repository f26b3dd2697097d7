"""The ``ramal`` command. Each topic is a module beside this one, loaded only when it is asked for."""

from __future__ import annotations

import importlib

import click

#: command → (module, attribute, help): kept here so that ``ramal --help`` imports nothing.
COMMANDS = {
    "up": ("ramal.cli.up", "up", "Run everything on this machine, with its own PostgreSQL and Redis."),
    "serve": ("ramal.cli.serve", "serve", "Run the web server."),
    "realtime": ("ramal.cli.serve", "realtime", "Run the socket server by itself."),
    "worker": ("ramal.cli.worker", "worker", "Run the worker: journal, events, sends and jobs."),
    "db": ("ramal.cli.db", "database", "Migrations: upgrade, check, revision."),
    "plugins": ("ramal.cli.plugins", "plugins", "List, install, upgrade, remove, write and check plugins."),
    "users": ("ramal.cli.users", "users", "First admin and lost passwords."),
    "channels": ("ramal.cli.channels", "channels", "Replay what channels received."),
    "doctor": ("ramal.cli.doctor", "doctor", "Check the installation and say how to mend it."),
}
#: Servers are told what is where, or start it, and of a plugin's commands some work on what is not installed. All
#: others find the `ramal up` that runs.
APART = ("up", "serve", "realtime", "worker", "plugins")


class LazyGroup(click.Group):
    """A group whose commands are imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            from ramal.cli.plugin_commands import plugin_group

            return plugin_group(cmd_name)
        command = getattr(importlib.import_module(entry[0]), entry[1])
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[2]) for name, entry in COMMANDS.items()])


@click.command(cls=LazyGroup)
@click.version_option(package_name="ramal")
@click.pass_context
def main(context: click.Context) -> None:
    """Ramal: serve customers by chat, one plugin at a time."""
    if context.invoked_subcommand not in APART:
        from ramal.cli import running

        running.adopt()
    # Before anything can fail: structlog's own default prints the variables of every frame.
    from ramal.http.logs import configure

    configure()
