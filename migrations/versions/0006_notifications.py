"""What members are told about, and what they chose to be told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_preference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("medium", sa.String(length=20), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["membership.organization_id", "membership.user_id"],
            name=op.f("fk_notification_preference_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_notification_preference_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_preference")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_notification_preference_organization_id_id")),
        sa.UniqueConstraint(
            "organization_id",
            "user_id",
            "code",
            "medium",
            name=op.f("uq_notification_preference_organization_id_user_id_code_medium"),
        ),
    )
    op.create_index(
        op.f("ix_notification_preference_organization_id_user_id"),
        "notification_preference",
        ["organization_id", "user_id"],
        unique=False,
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("coalesces", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("subject_kind", sa.String(length=60), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_notification_organization_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"],
            ["conversation.organization_id", "conversation.id"],
            name=op.f("fk_notification_organization_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["membership.organization_id", "membership.user_id"],
            name=op.f("fk_notification_organization_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_notification_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_notification_organization_id_id")),
    )
    op.create_index(
        "ix_notification_new",
        "notification",
        ["organization_id", "user_id", "at", "id"],
        unique=False,
        postgresql_where=sa.text("read_at is null"),
    )
    op.create_index(
        op.f("ix_notification_organization_id_contact_id"),
        "notification",
        ["organization_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notification_organization_id_conversation_id"),
        "notification",
        ["organization_id", "conversation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_notification_organization_id_user_id"), "notification", ["organization_id", "user_id"], unique=False
    )
    op.create_index(
        op.f("ix_notification_organization_id_user_id_at_id"),
        "notification",
        ["organization_id", "user_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_notification_read",
        "notification",
        ["read_at"],
        unique=False,
        postgresql_where=sa.text("read_at is not null"),
    )
    op.create_index(
        "uq_notification_once",
        "notification",
        ["organization_id", "user_id", "code", "key"],
        unique=True,
        postgresql_where=sa.text("not coalesces"),
    )
    op.create_index(
        "uq_notification_unread",
        "notification",
        ["organization_id", "user_id", "code", "key"],
        unique=True,
        postgresql_where=sa.text("coalesces and read_at is null"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_notification_unread", table_name="notification", postgresql_where=sa.text("coalesces and read_at is null")
    )
    op.drop_index("uq_notification_once", table_name="notification", postgresql_where=sa.text("not coalesces"))
    op.drop_index("ix_notification_read", table_name="notification", postgresql_where=sa.text("read_at is not null"))
    op.drop_index(op.f("ix_notification_organization_id_user_id_at_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_organization_id_user_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_organization_id_conversation_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_organization_id_contact_id"), table_name="notification")
    op.drop_index("ix_notification_new", table_name="notification", postgresql_where=sa.text("read_at is null"))
    op.drop_table("notification")
    op.drop_index(op.f("ix_notification_preference_organization_id_user_id"), table_name="notification_preference")
    op.drop_table("notification_preference")
