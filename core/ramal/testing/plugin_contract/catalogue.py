"""What PostgreSQL's catalogue holds, as plain rows to compare before and after."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

#: Tables, columns, indexes, policies, constraints, functions, types, triggers and rights, but the system's own.
_QUERY = """
    with own as (select oid, nspname, nspacl from pg_namespace where nspname !~ '^(pg_|information_schema)')
    select 'schema' as what, nspname::text as schema, ''::text as name, coalesce(nspacl::text, '') as detail from own
    union all select 'class', own.nspname, c.relname,
        concat_ws(' ', c.relkind, c.relacl, c.relrowsecurity, c.relforcerowsecurity)
      from pg_class c join own on own.oid = c.relnamespace
    union all select 'column', own.nspname, c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)
      from pg_attribute a join pg_class c on c.oid = a.attrelid join own on own.oid = c.relnamespace
      where a.attnum > 0 and not a.attisdropped
    union all select 'constraint', own.nspname, k.conname, pg_get_constraintdef(k.oid)
      from pg_constraint k join own on own.oid = k.connamespace
    union all select 'policy', schemaname, tablename || '.' || policyname, concat_ws(' ', roles, cmd, qual, with_check)
      from pg_policies
    union all select 'function', own.nspname, p.proname, pg_get_function_identity_arguments(p.oid)
      from pg_proc p join own on own.oid = p.pronamespace
    union all select 'type', own.nspname, t.typname, t.typtype::text
      from pg_type t join own on own.oid = t.typnamespace
    union all select 'trigger', own.nspname, c.relname || '.' || t.tgname, ''
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join own on own.oid = c.relnamespace
      where not t.tgisinternal
    order by 1, 2, 3, 4
"""

Entry = tuple[str, str, str, str]


def catalogue(owner_url: str) -> set[Entry]:
    """(kind, schema, name, detail) of everything that is defined."""
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        return {(row[0], row[1], row[2], row[3]) for row in connection.execute(text(_QUERY))}
