"""Row-level security: the PostgreSQL half of tenancy, applied to every table after each upgrade.

Roles: ``ramal_owner`` migrates, ``ramal_app`` serves one organization per transaction,
``ramal_system`` sees all rows of the tables named in :data:`SYSTEM_TABLES`. Login roles with
other names are granted membership in these.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

OWNER, APP, SYSTEM = "ramal_owner", "ramal_app", "ramal_system"
CURRENT = "nullif(current_setting('ramal.organization_id', true), '')::uuid"

#: What the system role may do, by table: it comes before an organization is known.
SYSTEM_TABLES: dict[str, str] = {
    "organization": "SELECT, INSERT, UPDATE",
    "user": "SELECT, INSERT, UPDATE",
    "membership": "SELECT, INSERT, UPDATE",
    "auth_session": "SELECT, INSERT, UPDATE, DELETE",
    "api_token": "SELECT, UPDATE",
    "login_throttle": "SELECT, INSERT, UPDATE, DELETE",
    "audit_event": "SELECT, INSERT",
    "idempotency_key": "SELECT, DELETE",
    "channel": "SELECT, UPDATE",
    "inbound_delivery": "SELECT, INSERT, UPDATE",
    "inbound_item": "SELECT",
    "event": "SELECT, UPDATE",
    "plugin_delivery": "SELECT, INSERT, UPDATE",
    "job": "SELECT, UPDATE",
    "outbox": "SELECT",
    "attachment": "SELECT",
    "organization_plugin": "SELECT, INSERT, UPDATE",
    "installed_plugin": "SELECT, INSERT, UPDATE, DELETE",
}

#: Tables whose rows the app role may add but never change or remove.
APPEND_ONLY = frozenset({"audit_event"})

#: Tables without organization_id that the app role reaches all the same, with their condition.
SPECIAL_CONDITIONS = {
    "organization": f"id = {CURRENT}",
    "user": 'exists (select 1 from membership m where m.user_id = "user".id)',
}
GLOBAL_READ = frozenset({"installed_plugin"})


def apply(connection: Connection, schema: str = "public") -> None:
    """Grant, enable and force row-level security on every table of ``schema``. Idempotent."""
    connection.execute(text(f'GRANT USAGE ON SCHEMA "{schema}" TO {APP}, {SYSTEM}'))
    connection.execute(text(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{schema}" TO {APP}, {SYSTEM}'))
    tenant = set(_tables_with_organization(connection, schema))
    for table in _tables(connection, schema):
        if table == "alembic_version":
            continue
        condition = f"organization_id = {CURRENT}" if table in tenant else None
        if schema == "public":
            condition = SPECIAL_CONDITIONS.get(table, condition)
        _secure(connection, schema, table, condition)


def _secure(connection: Connection, schema: str, table: str, condition: str | None) -> None:
    name = f'"{schema}"."{table}"'
    run = connection.exec_driver_sql
    run(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    run(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    for policy in ("owner_all", "app_tenant", "system_all", "app_read"):
        run(f"DROP POLICY IF EXISTS {policy} ON {name}")
    run(f"CREATE POLICY owner_all ON {name} TO {OWNER} USING (true) WITH CHECK (true)")
    run(f"REVOKE ALL ON {name} FROM {APP}, {SYSTEM}")
    if condition is not None:
        verbs = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        run(f"GRANT {verbs} ON {name} TO {APP}")
        run(f"CREATE POLICY app_tenant ON {name} TO {APP} USING ({condition}) WITH CHECK ({condition})")
    elif table in GLOBAL_READ:
        run(f"GRANT SELECT ON {name} TO {APP}")
        run(f"CREATE POLICY app_read ON {name} FOR SELECT TO {APP} USING (true)")
    if schema == "public" and table in SYSTEM_TABLES:
        run(f"GRANT {SYSTEM_TABLES[table]} ON {name} TO {SYSTEM}")
        run(f"CREATE POLICY system_all ON {name} TO {SYSTEM} USING (true) WITH CHECK (true)")


def _tables(connection: Connection, schema: str) -> list[str]:
    query = text("select tablename from pg_tables where schemaname = :schema order by tablename")
    return list(connection.execute(query, {"schema": schema}).scalars())


def _tables_with_organization(connection: Connection, schema: str) -> list[str]:
    query = text(
        "select c.table_name from information_schema.columns c"
        " where c.table_schema = :schema and c.column_name = 'organization_id'"
        " and c.is_nullable = 'NO'"
    )
    return list(connection.execute(query, {"schema": schema}).scalars())
