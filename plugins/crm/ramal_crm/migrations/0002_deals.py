"""Pipelines and deals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loss_reason",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_loss_reason_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_reason")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_loss_reason_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_loss_reason_organization_id"),
        "loss_reason",
        ["organization_id", sa.literal_column("lower(name)")],
        unique=True,
        schema="plugin_crm",
    )
    op.create_table(
        "pipeline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_pipeline_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_pipeline_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_pipeline_organization_id"),
        "pipeline",
        ["organization_id", sa.literal_column("lower(name)")],
        unique=True,
        schema="plugin_crm",
    )
    op.create_index(
        "uq_pipeline_default",
        "pipeline",
        ["organization_id"],
        unique=True,
        schema="plugin_crm",
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_product_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_product_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        "uq_product_organization_id_code",
        "product",
        ["organization_id", "code"],
        unique=True,
        schema="plugin_crm",
        postgresql_where=sa.text("code <> ''"),
    )
    op.create_table(
        "stage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stale_after", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "pipeline_id"],
            ["plugin_crm.pipeline.organization_id", "plugin_crm.pipeline.id"],
            name=op.f("fk_stage_organization_id_pipeline_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_stage_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_stage_organization_id_id")),
        sa.UniqueConstraint(
            "organization_id", "pipeline_id", "id", name=op.f("uq_stage_organization_id_pipeline_id_id")
        ),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_stage_organization_id_pipeline_id"),
        "stage",
        ["organization_id", "pipeline_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "deal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("pipeline_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=4), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("rank", sa.Numeric(precision=40, scale=20), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("custom", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("loss_reason_id", sa.Uuid(), nullable=True),
        sa.Column("loss_note", sa.String(length=500), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("updated_by_name", sa.String(length=120), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_deal_closed_at")),
        sa.CheckConstraint("state = 'lost' OR loss_reason_id IS NULL", name=op.f("ck_deal_loss_reason")),
        sa.CheckConstraint("state in ('open', 'won', 'lost')", name=op.f("ck_deal_state")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_deal_amount")),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_deal_organization_id_contact_id"),
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_deal_organization_id_customer_id"),
            ondelete="SET NULL (customer_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "loss_reason_id"],
            ["plugin_crm.loss_reason.organization_id", "plugin_crm.loss_reason.id"],
            name=op.f("fk_deal_organization_id_loss_reason_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "pipeline_id"],
            ["plugin_crm.pipeline.organization_id", "plugin_crm.pipeline.id"],
            name=op.f("fk_deal_organization_id_pipeline_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "stage_id"],
            ["plugin_crm.stage.organization_id", "plugin_crm.stage.id"],
            name=op.f("fk_deal_organization_id_stage_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_deal_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_deal_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        "ix_deal_board",
        "deal",
        ["organization_id", "pipeline_id", "stage_id", "rank", "id"],
        unique=False,
        schema="plugin_crm",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_deal_board_owner",
        "deal",
        ["organization_id", "owner_id", "stage_id", "rank", "id"],
        unique=False,
        schema="plugin_crm",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_deal_organization_id_contact_id"),
        "deal",
        ["organization_id", "contact_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_organization_id_customer_id"),
        "deal",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_organization_id_loss_reason_id"),
        "deal",
        ["organization_id", "loss_reason_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_organization_id_pipeline_id"),
        "deal",
        ["organization_id", "pipeline_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_organization_id_stage_id"),
        "deal",
        ["organization_id", "stage_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_organization_id_state_id"),
        "deal",
        ["organization_id", "state", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_organization_id_owner_id_state_id"),
        "deal",
        ["organization_id", "owner_id", "state", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index("ix_deal_search", "deal", ["search"], unique=False, schema="plugin_crm", postgresql_using="gin")
    op.create_index("ix_deal_tags", "deal", ["tags"], unique=False, schema="plugin_crm", postgresql_using="gin")
    op.create_table(
        "deal_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("from_stage_id", sa.Uuid(), nullable=True),
        sa.Column("to_stage_id", sa.Uuid(), nullable=False),
        sa.Column("from_state", sa.String(length=4), nullable=True),
        sa.Column("to_state", sa.String(length=4), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_deal_change_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_deal_change_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_change")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_deal_change_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_change_organization_id_deal_id"),
        "deal_change",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "deal_conversation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "conversation_id"],
            ["conversation.organization_id", "conversation.id"],
            name=op.f("fk_deal_conversation_organization_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_deal_conversation_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_deal_conversation_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_conversation")),
        sa.UniqueConstraint(
            "organization_id",
            "deal_id",
            "conversation_id",
            name=op.f("uq_deal_conversation_organization_id_deal_id_conversation_id"),
        ),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_deal_conversation_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_conversation_organization_id_conversation_id"),
        "deal_conversation",
        ["organization_id", "conversation_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_conversation_organization_id_deal_id"),
        "deal_conversation",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "deal_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_deal_item_quantity")),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_deal_item_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "product_id"],
            ["plugin_crm.product.organization_id", "plugin_crm.product.id"],
            name=op.f("fk_deal_item_organization_id_product_id"),
            ondelete="SET NULL (product_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_deal_item_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_item")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_deal_item_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_item_organization_id_deal_id"),
        "deal_item",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_deal_item_organization_id_product_id"),
        "deal_item",
        ["organization_id", "product_id"],
        unique=False,
        schema="plugin_crm",
    )


def downgrade() -> None:
    op.drop_table("deal_item", schema="plugin_crm")
    op.drop_table("deal_conversation", schema="plugin_crm")
    op.drop_table("deal_change", schema="plugin_crm")
    op.drop_table("deal", schema="plugin_crm")
    op.drop_table("stage", schema="plugin_crm")
    op.drop_table("product", schema="plugin_crm")
    op.drop_table("pipeline", schema="plugin_crm")
    op.drop_table("loss_reason", schema="plugin_crm")
