"""Full-text look-ups that row-level security would keep from using their indexes.

PostgreSQL checks a policy before any condition that could leak the row, and @@ and LIKE count as
such: under the app role a search would read every row of the organization. These functions run as
the owner, take the organization from the session like the policies do, and give back ids or a
yes or no.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CURRENT = "nullif(current_setting('ramal.organization_id', true), '')::uuid"
_MANNER = "SECURITY DEFINER SET search_path = public, pg_temp"
_PHONE = "(c.phone LIKE '%' || digits || '%' OR c.phone = ANY (SELECT '+' || p FROM unnest(phones) p))"

# MATERIALIZED keeps LIMIT and organization out of the plan of the look-up, which would else read the
# whole table in the hope of meeting enough rows soon.
_NAMED = f"""
  WITH found AS MATERIALIZED (
    SELECT id, organization_id, merged_into_id FROM contact WHERE search @@ names)
  SELECT c.id FROM found c
  WHERE c.organization_id = {_CURRENT} AND c.merged_into_id IS NULL LIMIT most
"""  # noqa: S608 - constants, here and below
_ALIASED = f"""
  SELECT p.contact_id FROM party_alias a JOIN channel_party p ON p.id = a.party_id
  WHERE a.channel_id IN (SELECT id FROM channel WHERE organization_id = {_CURRENT})
    AND a.kind = 'phone' AND a.value = ANY (phones) LIMIT most
"""  # noqa: S608
_PHONED = f"""
  SELECT c.id FROM contact c
  WHERE {_PHONE} AND c.organization_id = {_CURRENT} AND c.merged_into_id IS NULL LIMIT most
"""  # noqa: S608
_WRITTEN = f"""
  WITH found AS MATERIALIZED (
    SELECT conversation_id, organization_id FROM message WHERE search @@ words)
  SELECT m.conversation_id FROM found m
  WHERE m.organization_id = {_CURRENT} LIMIT most
"""  # noqa: S608


def upgrade() -> None:
    # Planned anew at each call (plan_cache_mode), because words differ so much.
    op.execute(
        f"""
        CREATE FUNCTION ramal_contact_hits(names tsquery, phones text[], digits text, most int)
        RETURNS SETOF uuid LANGUAGE plpgsql STABLE ROWS 100 {_MANNER} SET plan_cache_mode = force_custom_plan AS
        $$
        BEGIN
          RETURN QUERY {_NAMED};
          IF digits <> '' THEN
            RETURN QUERY {_ALIASED};
            RETURN QUERY {_PHONED};
          END IF;
        END
        $$
        """
    )
    # A search for a rare word: every conversation with it, found through the indexes.
    op.execute(
        f"""
        CREATE FUNCTION ramal_conversation_hits(
          words tsquery, names tsquery, phones text[], digits text, most int)
        RETURNS SETOF uuid LANGUAGE plpgsql STABLE ROWS 100 {_MANNER} SET plan_cache_mode = force_custom_plan AS
        $$
        BEGIN
          RETURN QUERY {_WRITTEN};
          RETURN QUERY
            SELECT v.id FROM conversation v
            WHERE v.organization_id = {_CURRENT}
              AND v.contact_id = ANY (ARRAY (SELECT ramal_contact_hits(names, phones, digits, most)));
        END
        $$
        """  # noqa: S608
    )
    # A search for a common word: conversations are asked one by one, in their order.
    op.execute(
        f"""
        CREATE FUNCTION ramal_conversation_matches(
          conversation uuid, person uuid, words tsquery, names tsquery, phones text[], digits text)
        RETURNS boolean LANGUAGE sql STABLE COST 10000 {_MANNER} AS
        $$
          SELECT EXISTS (
            SELECT 1 FROM contact c
            WHERE c.id = person AND c.organization_id = {_CURRENT}
              AND (c.search @@ names OR (digits <> '' AND {_PHONE}))
          ) OR EXISTS (
            SELECT 1 FROM message m
            WHERE m.conversation_id = conversation AND m.organization_id = {_CURRENT} AND m.search @@ words
          )
        $$
        """  # noqa: S608
    )
    # How common, over all organizations: the planner's estimate where it is sure, else counted, but
    # not further than "most". EXPLAIN counts as a write, so the function is not STABLE.
    op.execute(
        f"""
        CREATE FUNCTION ramal_search_size(words tsquery, names tsquery, most int)
        RETURNS bigint LANGUAGE plpgsql VOLATILE {_MANNER} AS
        $$
        DECLARE
          question text;
          plan json;
          estimate bigint;
          size bigint := 0;
        BEGIN
          FOREACH question IN ARRAY ARRAY[
            format('FROM message WHERE search @@ %L::tsquery', words),
            format('FROM contact WHERE search @@ %L::tsquery', names)]
          LOOP
            EXECUTE 'EXPLAIN (FORMAT JSON) SELECT 1 ' || question INTO plan;
            estimate := (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
            -- Words it has no statistics for, the planner takes for one or two hundredths of the table each.
            IF estimate > most AND estimate < (SELECT reltuples / 10 FROM pg_class
                WHERE oid = split_part(question, ' ', 2)::regclass) THEN
              EXECUTE format('WITH found AS MATERIALIZED (SELECT 1 %s)
                SELECT count(*) FROM (SELECT 1 FROM found LIMIT %s) counted', question, most + 1) INTO estimate;
            END IF;
            size := greatest(size, estimate);
          END LOOP;
          RETURN size;
        END
        $$
        """  # noqa: S608
    )
    # The order in which conversations of every status are listed and asked.
    op.execute(
        "CREATE INDEX IF NOT EXISTS ix_conversation_organization_id_last_message_at_id"
        " ON conversation (organization_id, last_message_at, id)"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_conversation_organization_id_last_message_at_id")
    op.execute("DROP FUNCTION ramal_search_size(tsquery, tsquery, int)")
    op.execute("DROP FUNCTION ramal_conversation_matches(uuid, uuid, tsquery, tsquery, text[], text)")
    op.execute("DROP FUNCTION ramal_conversation_hits(tsquery, tsquery, text[], text, int)")
    op.execute("DROP FUNCTION ramal_contact_hits(tsquery, text[], text, int)")
