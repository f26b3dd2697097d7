"""Making Ramal's three roles and its database, on the embedded PostgreSQL or on one of yours.

Pure psycopg2, and no other module of ours: this runs before there is anything to configure.

- `ramal_owner` owns the database and its tables, and migrates.
- `ramal_app` serves one organization per transaction.
- `ramal_system` sees all rows of a named list of tables.

None of them is a superuser or may bypass row-level security; what each may do to a table is granted by the
migrations, not here.
"""

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection, cursor

OWNER, APP, SYSTEM = "ramal_owner", "ramal_app", "ramal_system"
_LOCK = 7_264_901  # advisory: two processes that provision the same server at once wait for each other


class ProvisionError(RuntimeError):
    """The server, or the role we were given on it, does not allow what Ramal needs; the text says what."""


@dataclass(frozen=True)
class RolePasswords:
    """The passwords of the three roles."""

    owner: str
    app: str
    system: str

    @classmethod
    def random(cls) -> Self:
        """New ones, 32 random bytes each."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32))

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        """Those in the file, which is made with random ones (mode 0600) if it does not exist."""
        if not file.exists():
            handle, partial = tempfile.mkstemp(dir=file.parent)  # mode 0600
            with os.fdopen(handle, "w") as new:
                json.dump(vars(cls.random()), new)
            with contextlib.suppress(FileExistsError):  # another process was quicker: its passwords count
                file.hardlink_to(partial)
            Path(partial).unlink()
        return cls(**json.loads(file.read_text()))


@dataclass(frozen=True)
class RoleUrls:
    """One database as its three roles reach it, in SQLAlchemy's spelling for psycopg2."""

    owner_url: str
    app_url: str
    system_url: str

    def on(self, database: str) -> "RoleUrls":
        """The same roles on another database of the same server."""
        return replace(
            self,
            owner_url=on_database(self.owner_url, database),
            app_url=on_database(self.app_url, database),
            system_url=on_database(self.system_url, database),
        )


def provision(superuser_url: str, database: str, *, passwords: RolePasswords) -> RoleUrls:
    """Make the roles and the database, or bring existing ones into line. Doing it again changes nothing.

    `superuser_url` needs no superuser: a role that may create roles and databases is enough, or one that may
    create roles if the database is there already. Raises ProvisionError, or psycopg2.Error where the server refuses.
    """
    with _session(superuser_url) as cur:
        cur.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        for name, password in ((OWNER, passwords.owner), (APP, passwords.app), (SYSTEM, passwords.system)):
            _ensure_role(cur, name, password)
        _ensure_database(cur, database)
    with _session(on_database(superuser_url, database)) as cur:
        _close_public(cur)
    return RoleUrls(
        owner_url=as_role(superuser_url, OWNER, passwords.owner, database),
        app_url=as_role(superuser_url, APP, passwords.app, database),
        system_url=as_role(superuser_url, SYSTEM, passwords.system, database),
    )


def copy_database(superuser_url: str, template: str, database: str) -> None:
    """Make a database as a copy of another one that has no open session, with the same rights."""
    with _session(superuser_url) as cur:
        _create(cur, database, template)
        _grant_connect(cur, database)


def drop_database(superuser_url: str, database: str) -> None:
    """Drop a database if it exists, ending the sessions that are in it."""
    with _session(superuser_url) as cur:
        cur.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def on_database(url: str, database: str) -> str:
    """The URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def as_role(url: str, role: str, password: str, database: str) -> str:
    """The URL of the same server for another role and database."""
    parts = urlsplit(on_database(url, database))
    _, _, address = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{address}"))


@contextlib.contextmanager
def _session(url: str) -> Iterator[cursor]:
    """A cursor in autocommit (CREATE DATABASE refuses a transaction); the session's locks end with it."""
    scheme, _, rest = url.partition("://")
    link: connection = psycopg2.connect(f"{scheme.partition('+')[0]}://{rest}")
    try:
        link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with link.cursor() as cur:
            cur.execute("SET client_min_messages = warning")
            yield cur
    finally:
        link.close()


def _ensure_role(cur: cursor, name: str, password: str) -> None:
    cur.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (name,))
    row = cur.fetchone()
    if row is None:
        cur.execute(
            sql.SQL(
                "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD {}"
            ).format(sql.Identifier(name), sql.Literal(password))
        )
        return
    if row[0]:
        raise ProvisionError(
            f"The role {name} is a superuser or bypasses row-level security, so it could read every "
            f"organization's rows: ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS."
        )
    cur.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(password)))


def _ensure_database(cur: cursor, database: str) -> None:
    cur.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
    if cur.fetchone() is None:
        _create(cur, database, "template0")
    _grant_connect(cur, database)


def _create(cur: cursor, database: str, template: str) -> None:
    """Create it for the owner role. Only a superuser may give away what it makes without being in that role."""
    cur.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    row = cur.fetchone()
    if row is None or not row[0]:
        cur.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    cur.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(OWNER), sql.Identifier(template)
        )
    )


def _grant_connect(cur: cursor, database: str) -> None:
    """Only our roles may enter; the owner may also make schemas (one per plugin)."""
    target, owner = sql.Identifier(database), sql.Identifier(OWNER)
    others = sql.SQL(", ").join([sql.Identifier(APP), sql.Identifier(SYSTEM)])
    cur.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(target))
    cur.execute(sql.SQL("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}").format(target, owner))
    cur.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(target, others))


def _close_public(cur: cursor) -> None:
    """In the schema `public` only the owner makes tables."""
    owner = sql.Identifier(OWNER)
    others = sql.SQL(", ").join([sql.Identifier(APP), sql.Identifier(SYSTEM)])
    cur.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    cur.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(owner))
    cur.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(others))
