"""How many messages each conversation has received"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_count_organization_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_count"),
        sa.UniqueConstraint("organization_id", "id", name="uq_count_organization_id_id"),
        sa.UniqueConstraint("organization_id", "conversation_id", name="uq_count_organization_id_conversation_id"),
        schema="plugin_tally",
    )


def downgrade() -> None:
    op.drop_table("count", schema="plugin_tally")
