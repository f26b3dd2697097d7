"""How far a long delivery got, and replies that came before what they answer."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE inbound_delivery ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE inbound_delivery DROP COLUMN IF EXISTS next_at")
    op.execute(
        "CREATE INDEX IF NOT EXISTS ix_message_unlinked_reply ON message (channel_id, reply_to_provider_id)"
        " WHERE reply_to_id IS NULL AND reply_to_provider_id IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_message_unlinked_reply")
    op.execute("ALTER TABLE inbound_delivery ADD COLUMN next_at timestamptz")
    op.execute("ALTER TABLE inbound_delivery DROP COLUMN position")
