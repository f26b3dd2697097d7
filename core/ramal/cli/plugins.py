"""``ramal plugins``: what is there, its life cycle, and tools for authors."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from ramal.cli import running
from ramal.cli.owner import owner_url, tell
from ramal.config import load_settings
from ramal.errors import PluginError
from ramal.plugins.manifest import CATEGORIES


@click.group()
@click.pass_context
def plugins(context: click.Context) -> None:
    """Plugins: list, install, upgrade, uninstall; write one, check one."""
    if context.invoked_subcommand in ("list", "install", "upgrade", "uninstall"):
        running.adopt()


@plugins.command("list")
def list_plugins() -> None:
    """Show every plugin with its version and state."""
    from ramal.plugins.lifecycle import known_plugins

    settings = load_settings()
    rows = [("NAME", "VERSION", "INSTALLED", "STATE", "ERROR")]
    for record in known_plugins(settings):
        rows.append(
            (record.name, record.version or "-", record.installed_version or "-", record.state, record.error or "")
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[4]]).rstrip())


@plugins.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def install(name: str, dry_run: bool) -> None:
    """Make the tables of a plugin and of what it requires."""
    from ramal.plugins import lifecycle

    tell(lifecycle.install(owner_url(), name, dry_run=dry_run), restart=not dry_run)


@plugins.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def upgrade(dry_run: bool) -> None:
    """Upgrade the core, then each installed plugin, in order."""
    from ramal.plugins import lifecycle

    tell(lifecycle.upgrade(owner_url(), dry_run=dry_run), restart=not dry_run)


@plugins.command()
@click.argument("name")
@click.option("--purge", is_flag=True, help="Dump its data and files, then remove them.")
@click.option("--dump-folder", type=click.Path(path_type=Path), help="Where the dump goes (default: <data>/purged).")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before removing data.")
def uninstall(name: str, purge: bool, dump_folder: Path | None, dry_run: bool, yes: bool) -> None:
    """Take a plugin out; its data stays unless --purge is given."""
    from ramal.plugins import lifecycle
    from ramal.storage.backend import store_of

    if purge and not dry_run and not yes:
        click.confirm(f"Remove all data of {name}?", abort=True)
    store = store_of(load_settings()) if purge else None
    lines = lifecycle.uninstall(owner_url(), name, purge=store, dump_folder=dump_folder, dry_run=dry_run)
    tell(lines, restart=not dry_run)


@plugins.command()
@click.argument("name")
@click.option("--category", type=click.Choice(CATEGORIES), default="other", show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where to write it (default: ./<name>).")
def new(name: str, category: str, folder: Path | None) -> None:
    """Write a new plugin whose own tests pass."""
    from ramal.plugins.scaffold import write_plugin

    target = folder or Path(name)
    try:
        files = write_plugin(name, category, target)
    except PluginError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(files)} files in {target}. Next:\n")
    click.echo(f"  cd {target}\n  pip install -e '.[testing]'\n  pytest")


@plugins.command()
@click.argument("name")
@click.argument("message")
def revision(name: str, message: str) -> None:
    """Write the migration that brings a plugin's tables to its models."""
    from ramal.plugins import lifecycle

    with _some_database() as url:
        tell(lifecycle.revise(url, name, message), restart=False)


@plugins.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def check(name: str, pytest_arguments: tuple[str, ...]) -> None:
    """Hold an installed plugin to the contract suite."""
    try:
        import pytest
    except ImportError:
        raise click.ClickException("the suite needs pytest: pip install 'ramal[dev]'") from None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test_contract.py"
        file.write_text(
            f"from ramal.testing.plugin_contract import plugin_contract\n\nTestContract = plugin_contract({name!r})\n"
        )
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        here = Path.cwd()
        os.chdir(folder)
        try:
            code = pytest.main([str(file), "-q", *pytest_arguments])
        finally:
            os.chdir(here)
    sys.exit(code)


@contextlib.contextmanager
def _some_database() -> Iterator[str]:
    """The configured database as its owner, or an empty one that lives as long as the command."""
    configured = load_settings().database_owner_url
    if configured:
        yield configured
        return
    from ramal import embedded
    from ramal.database.migrate import upgrade_core
    from ramal.database.provision import RolePasswords, provision

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as another account, which must pass through
        with embedded.start(Path(folder), redis=False) as services:
            urls = provision(services.superuser_url, "ramal", passwords=RolePasswords.random())
            upgrade_core(urls.owner_url)
            yield urls.owner_url
