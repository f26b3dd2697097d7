"""PostgreSQL: is it there, are the roles the right ones, is the schema the code's."""

from __future__ import annotations

import time
from collections.abc import Iterator

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ramal.cli.doctor.findings import Finding, ill, mind, well
from ramal.config import Settings
from ramal.database import rls
from ramal.database.migrate import core_versions

#: Seconds between this machine's clock and the database's: above the first people notice (times in
#: the inbox, reply windows), above the second leases and tokens go wrong.
SKEW_NOTICED, SKEW_HARMFUL = 2.0, 30.0
_OLDEST = 150_000  # PostgreSQL 15: ON DELETE SET NULL (column)
_ROLES = """
select current_user as name, rolsuper, rolbypassrls,
       pg_has_role(current_user, :role, 'member') as is_member,
       exists (select from pg_roles where rolname = :owner)
           and pg_has_role(current_user, :owner, 'member') as is_owner
from pg_roles where rolname = current_user
"""


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """The three connections, and what can be seen through them."""
    if not settings.database_url:
        yield ill(
            "database",
            "RAMAL_DATABASE_URL is not set, and no `ramal up` runs on this data folder",
            "Set RAMAL_DATABASE_URL, RAMAL_DATABASE_SYSTEM_URL and RAMAL_DATABASE_OWNER_URL, or start `ramal up`.",
        )
        return
    yield from _look_through(settings.database_url, "database", rls.APP)
    if not settings.database_system_url:
        yield ill("system role", "RAMAL_DATABASE_SYSTEM_URL is not set", "Set it to the URL of the role ramal_system.")
    else:
        yield from _look_through(settings.database_system_url, "system role", rls.SYSTEM)
    if settings.database_owner_url:
        yield from _look_through(settings.database_owner_url, "owner role", rls.OWNER)
        yield from _look_at_core_revision(settings.database_owner_url)
    else:
        yield mind(
            "owner role",
            "RAMAL_DATABASE_OWNER_URL is not set: migrations can't run from here",
            "Set it where you run `ramal db upgrade`; the web server and the worker don't need it.",
        )


def _look_through(url: str, subject: str, role: str) -> Iterator[Finding]:
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.connect() as connection:
            yield from _look_at_role(connection, subject, role)
            if role == rls.APP:
                yield from _look_at_server(connection)
                yield from _look_at_fence(engine)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        yield ill(subject, f"no connection: {reason}", f"Check that PostgreSQL runs, and the URL of {role}.")


def _look_at_role(connection: Connection, subject: str, role: str) -> Iterator[Finding]:
    found = connection.execute(text(_ROLES), {"role": role, "owner": rls.OWNER}).mappings().one()
    name = found["name"]
    if found["rolsuper"] or found["rolbypassrls"]:
        what = "is a superuser" if found["rolsuper"] else "bypasses row-level security"
        yield ill(
            subject,
            f"the role {name} {what}: it would see every organization's rows",
            f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS; or connect as {role}.",
        )
    elif role != rls.OWNER and found["is_owner"]:
        yield ill(
            subject,
            f"the role {name} is a member of {rls.OWNER}: it would see every organization's rows",
            f"REVOKE {rls.OWNER} FROM {name};",
        )
    elif not found["is_member"]:
        yield ill(subject, f"the role {name} is no member of {role}", f"GRANT {role} TO {name};")
    else:
        yield well(subject, f"connected as {name}")


def _look_at_server(connection: Connection) -> Iterator[Finding]:
    number, version, encoding = connection.execute(
        text(
            "select current_setting('server_version_num')::int, current_setting('server_version'),"
            " current_setting('server_encoding')"
        )
    ).one()
    if number < _OLDEST:
        yield ill("server", f"PostgreSQL {version} is too old", "Use PostgreSQL 15 or newer.")
    elif encoding != "UTF8":
        yield ill("server", f"the database's encoding is {encoding}", "Make a new database with ENCODING 'UTF8'.")
    else:
        yield well("server", f"PostgreSQL {version}")
    before = time.time()
    theirs = float(connection.execute(text("select extract(epoch from clock_timestamp())")).scalar_one())
    yield _clock(theirs - (before + time.time()) / 2)


def _clock(skew: float) -> Finding:
    if abs(skew) <= SKEW_NOTICED:
        return well("clock", f"{abs(skew):.2f} s from the database's")
    detail = f"the database's clock is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}"
    mend = "Let both machines keep time by NTP (timedatectl set-ntp true)."
    return ill("clock", detail, mend) if abs(skew) > SKEW_HARMFUL else mind("clock", detail, mend)


def _look_at_fence(engine: Engine) -> Iterator[Finding]:
    """Whether row-level security holds: without naming an organization the app role must see nothing."""
    mend = "Run `ramal db upgrade` as the owner role: it applies the policies again."
    open_tables = (
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'public' and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)"
        " and has_table_privilege(current_user, c.oid, 'select')"
    )
    with engine.connect() as connection:
        unfenced = list(connection.execute(text(open_tables)).scalars())
        if unfenced:
            yield ill("organizations apart", f"no row-level security on {', '.join(sorted(unfenced))}", mend)
            return
        if connection.execute(text("select to_regclass('public.organization')")).scalar() is None:
            yield ill("organizations apart", "the tables are not there yet", "Run `ramal db upgrade`.")
            return
        seen = connection.execute(text("select count(*) from organization")).scalar_one()
    if seen:
        yield ill("organizations apart", f"the app role sees {seen} organizations without naming one", mend)
    else:
        yield well("organizations apart", "row-level security holds")


def _look_at_core_revision(owner_url: str) -> Iterator[Finding]:
    folder = core_versions()
    scripts = ScriptDirectory(str(folder.parent), version_locations=[str(folder)])
    with create_engine(owner_url, poolclass=NullPool).connect() as connection:
        present = set(MigrationContext.configure(connection).get_current_heads())
    wanted = set(scripts.get_heads())
    if present == wanted:
        yield well("migrations", f"the core is at {', '.join(sorted(wanted))}")
    elif present - {step.revision for step in scripts.walk_revisions()}:
        yield ill(
            "migrations",
            f"the database is at {', '.join(sorted(present))}, which this release doesn't know",
            "A newer release has been here: install that one.",
        )
    else:
        yield ill(
            "migrations",
            f"the core is at {', '.join(sorted(present)) or 'nothing'}, the code wants {', '.join(sorted(wanted))}",
            "Run `ramal db upgrade`.",
        )
