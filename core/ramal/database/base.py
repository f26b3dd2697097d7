"""Base classes of the tables: UUIDv7 keys, timestamps, and rows that belong to one organization."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import uuid_utils.compat
from sqlalchemy import (
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry
from sqlalchemy.schema import SchemaItem

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)
TYPES = {
    datetime: DateTime(timezone=True),
    dict[str, Any]: JSONB,
    list[Any]: JSONB,
    list[str]: JSONB,
    uuid.UUID: Uuid(),
}


def new_id() -> uuid.UUID:
    """A UUIDv7: unique, and sorted by the time it was made (RFC 9562)."""
    return uuid_utils.compat.uuid7()


def utcnow() -> datetime:
    """Now, timezone-aware UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Base of the core's tables (schema ``public``)."""

    metadata = metadata
    type_annotation_map: ClassVar[Any] = TYPES


class IdMixin:
    """A UUIDv7 primary key and the time of insertion."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-10)
    created_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())


class TenantMixin(IdMixin):
    """A row of one organization: filtered by the ORM and by row-level security.

    List the table's constraints through :func:`tenant_args`, so that keys between tenant rows are
    composite and can't point into another organization.
    """

    @declared_attr
    def organization_id(cls) -> Mapped[uuid.UUID]:
        return mapped_column(ForeignKey("organization.id", ondelete="CASCADE"), sort_order=-9)


def tenant_args(
    *items: SchemaItem,
    refs: Mapping[str, str] | None = None,
    schema: str | None = None,
) -> tuple[Any, ...]:
    """``__table_args__`` of a tenant table.

    ``refs`` maps a column to ``"table"`` or ``"table:ON DELETE action"`` (default CASCADE; write
    ``SET NULL`` to null just that column). A target column other than ``id`` is written
    ``"membership.user_id"``. Tables of a plugin name their own as ``"plugin_x.table"``.
    """
    constraints: list[Any] = [UniqueConstraint("organization_id", "id")]
    for column, target in (refs or {}).items():
        constraints.append(_tenant_key(column, target))
        constraints.append(Index(None, "organization_id", column))
    constraints.extend(items)
    return (*constraints, {"schema": schema} if schema else {})


def _tenant_key(column: str, target: str) -> ForeignKeyConstraint:
    table, _, action = target.partition(":")
    action = action or "CASCADE"
    if action == "SET NULL":
        action = f"SET NULL ({column})"
    key = "id"
    if table.startswith("membership."):
        table, key = table.split(".")
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.{key}"],
        ondelete=action,
    )


class PluginModel(DeclarativeBase):
    """Base of a plugin's tables: once ``class Model(PluginModel, plugin="pigeon"): __abstract__ = True``.

    Each plugin gets a declarative registry of its own over the core's MetaData, so that one bad
    relationship can't poison another's queries, and its tables get the schema ``plugin_<name>``::

        class Letter(TenantMixin, Model):
            __tablename__ = "letter"
            __table_args__ = tenant_args(refs={"contact_id": "contact", "loft_id": "plugin_pigeon.loft"})
    """

    __abstract__ = True
    metadata = metadata
    __plugin__: ClassVar[str] = ""

    def __init_subclass__(cls, plugin: str | None = None, **kwargs: Any) -> None:
        if plugin is not None:
            cls.__plugin__ = plugin
            cls.registry = registry(metadata=metadata, type_annotation_map=cast(Any, TYPES))
            # What DeclarativeBase reads when it maps a class; it sets this for direct subclasses only.
            cls._sa_registry = cls.registry
        elif not cls.__plugin__:
            raise TypeError(f'{cls.__name__}: derive your models from a class Model(PluginModel, plugin="<name>")')
        if "__tablename__" in cls.__dict__:
            cls.__table_args__ = _in_schema(cls.__dict__.get("__table_args__", ()), f"plugin_{cls.__plugin__}")
        super().__init_subclass__(**kwargs)


def _in_schema(args: Any, schema: str) -> tuple[Any, ...]:
    """``__table_args__`` with the schema added, unless it names one itself."""
    items = (args,) if isinstance(args, Mapping) else tuple(args)
    options = dict(items[-1]) if items and isinstance(items[-1], Mapping) else {}
    rest = items[:-1] if items and isinstance(items[-1], Mapping) else items
    return (*rest, {"schema": schema, **options})
