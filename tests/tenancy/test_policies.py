"""Every table is behind row-level security, and every key between organizations' rows is composite."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from ramal.database import rls

#: Tables without rows of organizations; the app role sees none of them, unless named in rls.py.
GLOBAL = {"alembic_version", "auth_session", "login_throttle", "organization", "user", "installed_plugin"}


@pytest.fixture
def connection(app: Flask, owner_engine: Engine) -> Iterator[Connection]:
    with owner_engine.connect() as opened:
        yield opened


TABLES = """
select n.nspname as schema, c.relname as name, c.relrowsecurity as on, c.relforcerowsecurity as forced,
  exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id'
          and a.attnotnull and not a.attisdropped) as tenant,
  array(select p.polname::text from pg_policy p where p.polrelid = c.oid) as policies,
  has_table_privilege('ramal_app', c.oid, 'SELECT') as readable
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and (n.nspname = 'public' or n.nspname like 'plugin\\_%')
order by 1, 2
"""


def test_every_tenant_table_has_its_policy(connection: Connection) -> None:
    tables = connection.execute(text(TABLES)).all()
    assert len([table for table in tables if table.tenant]) > 20
    bare = [
        f"{table.schema}.{table.name}"
        for table in tables
        if table.tenant and not (table.on and table.forced and {"app_tenant", "owner_all"} <= set(table.policies))
    ]
    assert not bare


def test_every_other_table_is_known_and_closed(connection: Connection) -> None:
    others = [table for table in connection.execute(text(TABLES)) if not table.tenant]
    assert {table.name for table in others} <= GLOBAL, "a new table needs organization_id, or a word in this test"
    open_to_app = {table.name for table in others if table.readable}
    assert open_to_app <= set(rls.SPECIAL_CONDITIONS) | rls.GLOBAL_READ
    assert all(table.on and table.forced for table in others if table.name != "alembic_version")


def test_a_policy_compares_with_the_current_organization(connection: Connection) -> None:
    query = text(
        "select tablename, qual, with_check from pg_policies where policyname = 'app_tenant' and schemaname = 'public'"
    )
    special = set(rls.SPECIAL_CONDITIONS)
    for row in connection.execute(query):
        assert row.qual == row.with_check
        if row.tablename not in special:
            assert "ramal.organization_id" in row.qual, row.tablename


def test_keys_between_tenant_rows_are_composite(connection: Connection) -> None:
    query = text(
        """
        select con.conrelid::regclass::text as child, con.conname as name,
          array(select a.attname::text from pg_attribute a
                where a.attrelid = con.conrelid and a.attnum = any(con.conkey)) as columns
        from pg_constraint con
        where con.contype = 'f'
          and exists (select 1 from pg_attribute a where a.attrelid = con.confrelid
                      and a.attname = 'organization_id' and not a.attisdropped)
          and con.confrelid::regclass::text not in ('auth_session')
        """
    )
    rows = connection.execute(query).all()
    assert rows
    simple = [f"{row.child}.{row.name}" for row in rows if "organization_id" not in row.columns]
    assert not simple


def test_no_role_of_ours_escapes(connection: Connection) -> None:
    query = text("select rolname from pg_roles where rolname like 'ramal%' and (rolsuper or rolbypassrls)")
    assert connection.execute(query).scalars().all() == []
