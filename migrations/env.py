"""One Alembic environment for the core and every plugin.

``ramal.database.migrate`` hands in an open connection and the plugin's name. Each plugin has its
own schema ``plugin_<name>`` and its own version table in it, so that a removed plugin can't break
another's upgrade.
"""

from __future__ import annotations

from typing import Any

from alembic import context

from ramal.database.base import metadata

plugin = context.config.attributes.get("plugin")
schema = None if plugin is None else f"plugin_{plugin}"


def include_name(name: str | None, type_: str, _parents: Any) -> bool:
    """Look only at our own schema when comparing."""
    if type_ == "schema":
        return name == schema
    return name != "alembic_version"


def include_object(item: Any, _name: str | None, type_: str, _reflected: bool, _other: Any) -> bool:
    """Compare only tables of our own schema."""
    return type_ != "table" or item.schema == schema


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=schema is not None,
    include_name=include_name,
    include_object=include_object,
    version_table="alembic_version",
    version_table_schema=schema,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
