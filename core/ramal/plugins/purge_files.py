"""The stored files that a purge takes with it: those that only the plugin's own tables name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from ramal.storage.backend import Storage

#: Columns that point to `stored_file.id`, with the schema of their table.
_NAMING = """
    select space.nspname, source.relname, own.attname
    from pg_constraint key
    join pg_class source on source.oid = key.conrelid join pg_namespace space on space.oid = source.relnamespace
    cross join unnest(key.conkey, key.confkey) as pair(own, target)
    join pg_attribute own on own.attrelid = key.conrelid and own.attnum = pair.own
    join pg_attribute target on target.attrelid = key.confrelid and target.attnum = pair.target
    where key.contype = 'f' and key.confrelid = 'stored_file'::regclass and target.attname = 'id'
"""


def note_files(connection: Connection, schema: str) -> int:
    """Remember, for this transaction, the files that rows of `schema` name and no other row does; answers how many."""
    columns = connection.execute(text(_NAMING)).all()
    own = _named([(space, *rest) for space, *rest in columns if space == schema])
    others = _named([(space, *rest) for space, *rest in columns if space != schema])
    connection.exec_driver_sql(
        "create temporary table purged_file on commit drop as select * from public.stored_file"  # noqa: S608
        f" where id in ({own}) and id not in ({others})"
    )
    return int(connection.exec_driver_sql("select count(*) from purged_file").scalar_one())


def copy_files(connection: Connection, store: Storage, folder: Path) -> int:
    """Copy the noted files to `folder` (mode 0700) with their rows in ``rows.jsonl``; answers how many were there."""
    folder.mkdir(parents=True, mode=0o700)
    copied = 0
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as index:
        for row in connection.exec_driver_sql("select row_to_json(purged_file) from purged_file").scalars():
            index.write(json.dumps(row, ensure_ascii=False) + "\n")
            copied += _copy(store, row["path"], folder / row["id"])
    return copied


def drop_rows(connection: Connection) -> list[str]:
    """Delete the noted files' rows, once nothing names them; answers the keys of the bytes to delete after commit."""
    connection.exec_driver_sql("delete from public.stored_file where id in (select id from purged_file)")
    keys = connection.exec_driver_sql("select path, thumbnail_path from purged_file").all()
    return [key for pair in keys for key in pair if key]


def _named(columns: Sequence[tuple[str, ...]]) -> str:
    """A query of the ids in these columns."""
    queries = [
        f'select "{column}" from "{space}"."{table}" where "{column}" is not null'  # noqa: S608 (from the catalogue)
        for space, table, column in columns
    ]
    return " union all ".join(queries) or "select null::uuid where false"


def _copy(store: Storage, key: str, target: Path) -> bool:
    target.touch(mode=0o600)
    try:
        with store.open(key) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
    except FileNotFoundError:  # the disk lost it before: its row in the index says what it was
        target.unlink()
        return False
    return True
