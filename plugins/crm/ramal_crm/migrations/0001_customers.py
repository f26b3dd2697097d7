"""Customers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Row-level security lets no condition that might leak a row (@@ and @> count as such) use its index: under the app
# role a search would read every customer. So this runs as the owner, takes the organization from the session as the
# policies do, and gives back ids, or nothing where there are ``most`` or more. Without other scans the planner has the
# full-text and tag indexes alone to choose from, and LIMIT ends the reading for words that nearly all customers have.
_HITS = """
    CREATE FUNCTION plugin_crm.customer_hits(words tsquery, tag jsonb, archived boolean, most int)
    RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off AS
    $$
    BEGIN
      RETURN (SELECT CASE WHEN count(*) < most THEN coalesce(array_agg(h.id), '{}') END FROM (
        SELECT c.id FROM plugin_crm.customer c
        WHERE c.organization_id = nullif(current_setting('ramal.organization_id', true), '')::uuid
          AND (c.archived_at IS NOT NULL) = archived
          AND (words IS NULL OR c.search @@ words)
          AND (tag IS NULL OR c.tags @> tag)
        LIMIT most
      ) h);
    END
    $$
"""


def upgrade() -> None:
    op.create_table(
        "cep_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("postal_code", sa.String(length=8), nullable=False),
        sa.Column("street", sa.String(length=120), nullable=False),
        sa.Column("district", sa.String(length=60), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_cep_entry_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cep_entry")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_cep_entry_organization_id_id")),
        sa.UniqueConstraint("organization_id", "postal_code", name=op.f("uq_cep_entry_organization_id_postal_code")),
        schema="plugin_crm",
    )
    op.create_table(
        "company_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_company_group_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_group")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_company_group_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_company_group_organization_id"),
        "company_group",
        ["organization_id", sa.literal_column("lower(name)")],
        unique=True,
        schema="plugin_crm",
    )
    op.create_table(
        "custom_field",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("entity in ('customer', 'deal')", name=op.f("ck_custom_field_entity")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_custom_field_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint(
            "organization_id", "entity", "key", name=op.f("uq_custom_field_organization_id_entity_key")
        ),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_custom_field_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("legal_name", sa.String(length=160), nullable=False),
        sa.Column("document", sa.String(length=14), nullable=True),
        sa.Column("state_registration", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("custom", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sort_name", sa.Text(), sa.Computed("ramal_unaccent(name)", persisted=True), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', ramal_unaccent(name || ' ' || legal_name || ' ' || "
                "coalesce(document, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '')))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('person', 'company')", name=op.f("ck_customer_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id", "group_id"],
            ["plugin_crm.company_group.organization_id", "plugin_crm.company_group.id"],
            name=op.f("fk_customer_organization_id_group_id"),
            ondelete="SET NULL (group_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_customer_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_customer_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_organization_id_email"),
        "customer",
        ["organization_id", "email"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_organization_id_group_id"),
        "customer",
        ["organization_id", "group_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_organization_id_kind_sort_name_id"),
        "customer",
        ["organization_id", "kind", "sort_name", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "ix_customer_archived",
        "customer",
        ["organization_id", "sort_name", "id"],
        unique=False,
        schema="plugin_crm",
        postgresql_where=sa.text("archived_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_customer_organization_id_owner_id_sort_name_id"),
        "customer",
        ["organization_id", "owner_id", "sort_name", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_organization_id_group_id_sort_name_id"),
        "customer",
        ["organization_id", "group_id", "sort_name", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_organization_id_sort_name_id"),
        "customer",
        ["organization_id", "sort_name", "id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_organization_id_phone"),
        "customer",
        ["organization_id", "phone"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "ix_customer_search", "customer", ["search"], unique=False, schema="plugin_crm", postgresql_using="gin"
    )
    op.create_index("ix_customer_tags", "customer", ["tags"], unique=False, schema="plugin_crm", postgresql_using="gin")
    op.create_index(
        "uq_customer_organization_id_document",
        "customer",
        ["organization_id", "document"],
        unique=True,
        schema="plugin_crm",
        postgresql_where=sa.text("document IS NOT NULL"),
    )
    op.create_table(
        "customer_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("postal_code", sa.String(length=8), nullable=False),
        sa.Column("street", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("complement", sa.String(length=60), nullable=False),
        sa.Column("district", sa.String(length=60), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_customer_address_organization_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_customer_address_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_address")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_customer_address_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_address_organization_id_customer_id"),
        "customer_address",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        "uq_customer_address_main",
        "customer_address",
        ["organization_id", "customer_id"],
        unique=True,
        schema="plugin_crm",
        postgresql_where=sa.text("is_main"),
    )
    op.create_table(
        "customer_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "contact_id"],
            ["contact.organization_id", "contact.id"],
            name=op.f("fk_customer_contact_organization_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_customer_contact_organization_id_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_customer_contact_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_contact")),
        sa.UniqueConstraint(
            "organization_id",
            "customer_id",
            "contact_id",
            name=op.f("uq_customer_contact_organization_id_customer_id_contact_id"),
        ),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_customer_contact_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_contact_organization_id_contact_id"),
        "customer_contact",
        ["organization_id", "contact_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_customer_contact_organization_id_customer_id"),
        "customer_contact",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.execute(_HITS)


def downgrade() -> None:
    op.execute("DROP FUNCTION plugin_crm.customer_hits(tsquery, jsonb, boolean, int)")
    op.drop_table("customer_contact", schema="plugin_crm")
    op.drop_table("customer_address", schema="plugin_crm")
    op.drop_table("customer", schema="plugin_crm")
    op.drop_table("custom_field", schema="plugin_crm")
    op.drop_table("company_group", schema="plugin_crm")
    op.drop_table("cep_entry", schema="plugin_crm")
