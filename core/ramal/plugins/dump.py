"""Copying a schema to a file before it is dropped: with ``pg_dump`` where it works, with our own COPY elsewhere.

Both write tables as ``COPY … FROM stdin;`` blocks, so one function counts the rows of either. Our
own dump holds the rows only: the tables come back by installing the version in its first lines.
Load it as a superuser (COPY FROM is refused under row-level security).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from sqlalchemy import URL, Connection, text

_COPY = re.compile(r'COPY "?[^".]+"?\."?(?P<table>[^".(]+?)"? \(.*\) FROM stdin;\n?')


def dump_schema(connection: Connection, schema: str, tables: Sequence[str], target: Path) -> str:
    """Write the schema to ``target`` (mode 0600); answers with the name of what wrote it."""
    target.touch(mode=0o600)
    if _pg_dump(connection.engine.url, schema, target):
        return "pg_dump"
    with target.open("w", encoding="utf-8") as file:
        _own_dump(connection, schema, tables, file)
    return "ramal"


def count_dumped_rows(file: Path) -> dict[str, int]:
    """Table → the rows that the dump holds of it."""
    counts: dict[str, int] = {}
    table: str | None = None
    with file.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if table is not None:
                if line == "\\.\n":
                    table = None
                else:
                    counts[table] += 1
            elif found := _COPY.fullmatch(line):
                table = found["table"]
                counts[table] = 0
    return counts


def _pg_dump(url: URL, schema: str, target: Path) -> bool:
    """Whether pg_dump is there, fits the server, and did it."""
    program = shutil.which("pg_dump")
    if program is None:
        return False
    host = url.host or url.query.get("host")
    parameters = {"PGHOST": host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    environment = {key: str(value) for key, value in parameters.items() if value}
    # The tables' policies hold for the owner too; its own policy lets it see all.
    command = [
        program,
        "--schema",
        schema,
        "--enable-row-security",
        "--no-owner",
        "--file",
        str(target),
        url.database or "",
    ]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)
    return done.returncode == 0


def _own_dump(connection: Connection, schema: str, tables: Sequence[str], file: IO[str]) -> None:
    revision = connection.exec_driver_sql(f'select version_num from "{schema}".alembic_version').scalars().all()  # noqa: S608
    file.write(f"-- The rows of {schema} at revision {', '.join(revision)}; install that version first.\n")
    for table in tables:
        columns = ", ".join(f'"{column}"' for column in _columns(connection, schema, table))
        name = f'"{schema}"."{table}"'
        file.write(f"\nCOPY {name} ({columns}) FROM stdin;\n")
        file.flush()
        cursor = connection.connection.cursor()
        cursor.copy_expert(f"COPY (select {columns} from {name}) TO STDOUT", file)  # noqa: S608
        file.write("\\.\n")


def _columns(connection: Connection, schema: str, table: str) -> list[str]:
    """Those that hold data of their own; generated ones make themselves."""
    query = text(
        "select column_name from information_schema.columns where table_schema = :schema and table_name = :table"
        " and is_generated = 'NEVER' order by ordinal_position"
    )
    return list(connection.execute(query, {"schema": schema, "table": table}).scalars())
