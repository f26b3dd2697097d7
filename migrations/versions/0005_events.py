"""When a plugin failed an event last, and whether it ran out of time."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE plugin_delivery ADD COLUMN IF NOT EXISTS failed_at timestamptz")
    op.execute("ALTER TABLE plugin_delivery ADD COLUMN IF NOT EXISTS timed_out boolean DEFAULT false NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE plugin_delivery DROP COLUMN timed_out")
    op.execute("ALTER TABLE plugin_delivery DROP COLUMN failed_at")
