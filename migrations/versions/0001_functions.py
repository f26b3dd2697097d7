"""SQL functions and sequences the tables rely on."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The embedded PostgreSQL has no unaccent; a generated column needs an IMMUTABLE function.
    op.execute(
        """
        CREATE FUNCTION ramal_unaccent(value text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
        $$ select regexp_replace(normalize(lower(value), NFD), U&'[\\0300-\\036F]', '', 'g') $$
        """
    )
    # Positions of the event log (ramal.events): handed out by one sequencer, after commit.
    op.execute("CREATE SEQUENCE event_position")


def downgrade() -> None:
    op.execute("DROP SEQUENCE event_position")
    op.execute("DROP FUNCTION ramal_unaccent(text)")
