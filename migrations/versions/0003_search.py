"""Full-text look-ups that row-level security would keep from using their indexes.

PostgreSQL checks a policy before any condition that could leak the row, and @@ and LIKE count as
such: under the app role a search would read every row of the organization. These functions run as
the owner, take the organization from the session like the policies do, and give back ids only.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CURRENT = "nullif(current_setting('ramal.organization_id', true), '')::uuid"
_MANNER = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp"


def upgrade() -> None:
    op.execute(
        f"""
        CREATE FUNCTION ramal_message_hits(words tsquery, most int)
        RETURNS TABLE (message_id uuid, conversation_id uuid) {_MANNER} AS
        $$
          SELECT m.id, m.conversation_id FROM message m
          WHERE m.search @@ words AND m.organization_id = {_CURRENT}
          LIMIT most
        $$
        """  # noqa: S608 - constants
    )
    op.execute(
        f"""
        CREATE FUNCTION ramal_contact_hits(words tsquery, phones text[], digits text, most int)
        RETURNS SETOF uuid {_MANNER} AS
        $$
          (SELECT c.id FROM contact c
           WHERE c.search @@ words AND c.organization_id = {_CURRENT} AND c.merged_into_id IS NULL
           LIMIT most)
          UNION
          (SELECT p.contact_id FROM party_alias a JOIN channel_party p ON p.id = a.party_id
           WHERE a.channel_id IN (SELECT id FROM channel WHERE organization_id = {_CURRENT})
             AND a.kind = 'phone' AND a.value = ANY (phones)
           LIMIT most)
          UNION
          (SELECT c.id FROM contact c
           WHERE digits <> ''
             AND (c.phone LIKE '%' || digits || '%' OR c.phone = ANY (SELECT '+' || p FROM unnest(phones) p))
             AND c.organization_id = {_CURRENT} AND c.merged_into_id IS NULL
           LIMIT most)
        $$
        """  # noqa: S608 - constants
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION ramal_contact_hits(tsquery, text[], text, int)")
    op.execute("DROP FUNCTION ramal_message_hits(tsquery, int)")
