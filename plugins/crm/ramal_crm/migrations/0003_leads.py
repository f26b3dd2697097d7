"""Leads and activities"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lead_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("with_customers", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("pipeline_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "channel_id"],
            ["channel.organization_id", "channel.id"],
            name=op.f("fk_lead_rule_organization_id_channel_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "pipeline_id"],
            ["plugin_crm.pipeline.organization_id", "plugin_crm.pipeline.id"],
            name=op.f("fk_lead_rule_organization_id_pipeline_id"),
            ondelete="SET NULL (pipeline_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_lead_rule_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_rule")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_lead_rule_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_rule_organization_id_channel_id"),
        "lead_rule",
        ["organization_id", "channel_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_rule_organization_id_pipeline_id"),
        "lead_rule",
        ["organization_id", "pipeline_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "uq_lead_rule_channel",
        "lead_rule",
        ["organization_id", "channel_id"],
        unique=True,
        schema="plugin_crm",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "lead",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_over", sa.Boolean(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("campaign", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_message", sa.String(length=500), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_lead_closed_at")),
        sa.CheckConstraint("state in ('open', 'qualified', 'discarded')", name=op.f("ck_lead_state")),
        sa.ForeignKeyConstraint(
            ["organization_id", "channel_id"],
            ["channel.organization_id", "channel.id"],
            name=op.f("fk_lead_organization_id_channel_id"),
            ondelete="SET NULL (channel_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_lead_organization_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"],
            ["conversation.organization_id", "conversation.id"],
            name=op.f("fk_lead_organization_id_conversation_id"),
            ondelete="SET NULL (conversation_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_lead_organization_id_customer_id"),
            ondelete="SET NULL (customer_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_lead_organization_id_deal_id"),
            ondelete="SET NULL (deal_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_lead_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_lead_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_organization_id_channel_id"),
        "lead",
        ["organization_id", "channel_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_organization_id_contact_id"),
        "lead",
        ["organization_id", "contact_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_organization_id_conversation_id"),
        "lead",
        ["organization_id", "conversation_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_organization_id_customer_id"),
        "lead",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_organization_id_deal_id"),
        "lead",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_lead_organization_id_state_id"),
        "lead",
        ["organization_id", "state", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "uq_lead_open",
        "lead",
        ["organization_id", "contact_id"],
        unique=True,
        schema="plugin_crm",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=7), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "type in ('task', 'call', 'meeting', 'message', 'email', 'visit')", name=op.f("ck_activity_type")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_activity_organization_id_contact_id"),
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"],
            ["conversation.organization_id", "conversation.id"],
            name=op.f("fk_activity_organization_id_conversation_id"),
            ondelete="SET NULL (conversation_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_activity_organization_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_activity_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "message_id"],
            ["message.organization_id", "message.id"],
            name=op.f("fk_activity_organization_id_message_id"),
            ondelete="SET NULL (message_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_activity_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_activity_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        "ix_activity_due",
        "activity",
        ["organization_id", "assignee_id", "due_at"],
        unique=False,
        schema="plugin_crm",
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        op.f("ix_activity_organization_id_contact_id"),
        "activity",
        ["organization_id", "contact_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_activity_organization_id_conversation_id"),
        "activity",
        ["organization_id", "conversation_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_activity_organization_id_customer_id"),
        "activity",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_activity_organization_id_deal_id"),
        "activity",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_activity_organization_id_message_id"),
        "activity",
        ["organization_id", "message_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "ix_activity_remind",
        "activity",
        ["organization_id", "remind_at"],
        unique=False,
        schema="plugin_crm",
        postgresql_where=sa.text("done_at IS NULL AND reminded_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("activity", schema="plugin_crm")
    op.drop_table("lead", schema="plugin_crm")
    op.drop_table("lead_rule", schema="plugin_crm")
