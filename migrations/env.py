"""One Alembic environment for the core and every plugin.

``ramal.database.migrate`` says which: each plugin has its own schema ``plugin_<name>`` and its own version
table in it, so that a removed plugin can't break another's upgrade.
"""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from flask import current_app

from ramal.database.migrate import Target, connected

config = context.config
target: Target = config.attributes["target"]
schema = None if target.plugin is None else target.schema  # Alembic knows the core's as "the default"
migrate = current_app.extensions["migrate"]
#: What Alembic makes up where nobody gave a revision a name.
MADE_UP = re.compile(r"[0-9a-f]{12}")


def tell(sentence: str) -> None:
    """Answer whoever typed the command in a shell; services have words of their own."""
    if "connection" not in config.attributes:
        config.print_stdout(sentence)


def include_name(name: str | None, type_: str, _parents: Any) -> bool:
    """Look only at our own schema when comparing."""
    if type_ == "schema":
        return name == schema
    return name != "alembic_version"


def include_object(item: Any, _name: str | None, type_: str, _reflected: bool, _other: Any) -> bool:
    """Compare only tables of our own schema."""
    return type_ != "table" or item.schema == schema


def number(_context: MigrationContext, _revision: Any, directives: list[MigrationScript]) -> None:
    """Number a new revision after those that are there; write none where comparing found nothing."""
    (script,) = directives
    if getattr(config.cmd_opts, "autogenerate", False) and script.upgrade_ops and script.upgrade_ops.is_empty():
        directives.clear()
        tell("Nothing to write: the tables are as the models say.")
    elif MADE_UP.fullmatch(script.rev_id or ""):
        script.rev_id = f"{1 + len(list(target.versions.glob('[0-9]*.py'))):04}"


def moves() -> bool:
    """Whether the command takes the schema to another revision; those that only look name no destination."""
    try:
        context.get_revision_argument()
    except KeyError:
        return False
    except CommandError:  # a relative one, such as +1
        return True
    return True


def run(changing: bool) -> tuple[str, ...]:
    """Run the command, with what a change takes along in its transaction. Answers where the schema stands then."""
    with connected(config, moves=changing) as connection:
        context.configure(
            connection=connection,
            target_metadata=migrate.metadata,
            include_schemas=schema is not None,
            include_name=include_name,
            include_object=include_object,
            process_revision_directives=number,
            version_table="alembic_version",
            version_table_schema=schema,
            transaction_per_migration=False,
            dont_mutate=not changing,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            if changing:
                target.before(connection)
            context.run_migrations()
            revisions = context.get_context().get_current_heads()
            if changing:
                target.after(connection, revisions)
        return revisions


if context.is_offline_mode():
    raise CommandError("--sql can't be had: grants and policies follow from the tables that stand in the database")
changing = moves()
stands_at = run(changing)
if changing:
    tell(f"{target.plugin or 'core'}: {', '.join(stands_at) or 'no revision'}")
