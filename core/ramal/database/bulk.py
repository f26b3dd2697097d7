"""Many rows in one statement, for the paths where the ORM's unit of work costs too much.

Rows travel as one JSON document (``jsonb_to_recordset``): one parameter whatever the number of
rows, typed columns even where every value is NULL, and None is SQL NULL in JSON columns too.
Tables without ``bytea`` columns only. What is read comes as plain objects with a model's attributes
and none of the ORM's instrumentation. Nothing here is held to the organization by the ORM: every
row written carries ``organization_id``, every read names it, and row-level security checks both.
"""

from __future__ import annotations

import datetime
import enum
import functools
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from sqlalchemy import ARRAY, Column, ColumnElement, Row, Table, any_, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session

from ramal.database.session import current_organization_id

Model = TypeVar("Model", bound=DeclarativeBase)

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_rows(
    session: Session,
    model: type[DeclarativeBase],
    rows: Sequence[Mapping[str, Any]],
    *,
    skip_conflicts: bool = False,
    returning: tuple[str, ...] = (),
) -> Sequence[Row[Any]]:
    """Insert rows that all have the same keys, in their order; Python-side defaults are not filled in.

    ``skip_conflicts`` leaves out rows that a unique key refuses. Answers the ``returning`` columns
    of the rows that went in.
    """
    if not rows:
        return []
    statement = _insert(_table(model), tuple(rows[0]), skip_conflicts, returning)
    result = session.execute(text(statement), {"rows": _json(rows)})
    return result.all() if returning else []


def update_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the given columns of the rows with these ``id``; all rows have the same keys."""
    if rows:
        session.execute(text(_update(_table(model), tuple(rows[0]))), {"rows": _json(rows)})


def among(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """``column IN (values)`` with one parameter, so that long lists cost no compilation."""
    listed = [str(value) if isinstance(value, uuid.UUID) else value for value in values]
    return column == any_(sql_cast(listed, ARRAY(column.type)))


def plain(model: type[Model], **values: Any) -> Model:  # noqa: ARG001 - it names the type
    """An object with these attributes, typed as ``model``; no session will ever see it."""
    return cast(Model, SimpleNamespace(**values))


def load_plain(
    session: Session, model: type[Model], *conditions: ColumnElement[bool], lock: bool = False
) -> list[Model]:
    """Rows of the current organization as plain objects, in order of id; ``lock`` holds them."""
    table = _table(model)
    columns = _plain_columns(table)
    query = select(*columns).where(table.c.organization_id == current_organization_id(), *conditions)
    if lock:
        query = query.order_by(table.c.id).with_for_update(of=table)
    names = [column.name for column in columns]
    return [cast(Model, SimpleNamespace(**dict(zip(names, row, strict=True)))) for row in session.execute(query)]


@functools.lru_cache(maxsize=64)
def _plain_columns(table: Table) -> tuple[Column[Any], ...]:
    """All but generated columns: these serve searching only."""
    return tuple(column for column in table.columns if column.computed is None)


def _table(model: type[DeclarativeBase]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


@functools.lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], skip_conflicts: bool, returning: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    conflict = " ON CONFLICT DO NOTHING" if skip_conflicts else ""
    answer = f" RETURNING {', '.join(returning)}" if returning else ""
    return f"INSERT INTO {_name(table)} ({names}) SELECT {names} FROM {_recordset(table, columns)}{conflict}{answer}"  # noqa: S608 - names from our own models


@functools.lru_cache(maxsize=256)
def _update(table: Table, columns: tuple[str, ...]) -> str:
    changes = ", ".join(f'"{name}" = r."{name}"' for name in columns if name != "id")
    return f"UPDATE {_name(table)} AS t SET {changes} FROM {_recordset(table, columns)} WHERE t.id = r.id"  # noqa: S608


def _recordset(table: Table, columns: tuple[str, ...]) -> str:
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_DIALECT)}' for name in columns)
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({typed})"


def _name(table: Table) -> str:
    return f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=_default, ensure_ascii=False, allow_nan=False)


def _default(value: object) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} can't be stored as JSON")
