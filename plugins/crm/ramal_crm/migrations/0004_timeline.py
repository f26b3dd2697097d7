"""Notes, files, the timeline"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("mime_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_customer_file_organization_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_customer_file_organization_id_deal_id"),
            ondelete="SET NULL (deal_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "file_id"],
            ["stored_file.organization_id", "stored_file.id"],
            name=op.f("fk_customer_file_organization_id_file_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_customer_file_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_file")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_customer_file_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_file_organization_id_customer_id"),
        "customer_file",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_file_organization_id_deal_id"),
        "customer_file",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_file_organization_id_file_id"),
        "customer_file",
        ["organization_id", "file_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_note_organization_id_contact_id"),
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_note_organization_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_note_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_note_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_note_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_note_organization_id_contact_id"),
        "note",
        ["organization_id", "contact_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_note_organization_id_customer_id"),
        "note",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_note_organization_id_deal_id"),
        "note",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "timeline_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_timeline_entry_organization_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_timeline_entry_organization_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "deal_id"],
            ["plugin_crm.deal.organization_id", "plugin_crm.deal.id"],
            name=op.f("fk_timeline_entry_organization_id_deal_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_timeline_entry_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_entry")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_timeline_entry_organization_id_id")),
        sa.UniqueConstraint("organization_id", "key", name=op.f("uq_timeline_entry_organization_id_key")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_timeline_entry_organization_id_contact_id"),
        "timeline_entry",
        ["organization_id", "contact_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_timeline_entry_organization_id_contact_id_at_id"),
        "timeline_entry",
        ["organization_id", "contact_id", "at", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_timeline_entry_organization_id_customer_id"),
        "timeline_entry",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_timeline_entry_organization_id_customer_id_at_id"),
        "timeline_entry",
        ["organization_id", "customer_id", "at", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_timeline_entry_organization_id_deal_id"),
        "timeline_entry",
        ["organization_id", "deal_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_timeline_entry_organization_id_deal_id_at_id"),
        "timeline_entry",
        ["organization_id", "deal_id", "at", "id"],
        unique=False,
        schema="plugin_crm",
    )


def downgrade() -> None:
    op.drop_table("timeline_entry", schema="plugin_crm")
    op.drop_table("note", schema="plugin_crm")
    op.drop_table("customer_file", schema="plugin_crm")
