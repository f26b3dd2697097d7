"""Imports"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("entity", sa.String(length=9), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("entity in ('customers', 'deals')", name=op.f("ck_export_run_entity")),
        sa.CheckConstraint("format in ('csv', 'xlsx')", name=op.f("ck_export_run_format")),
        sa.CheckConstraint("state in ('making', 'ready')", name=op.f("ck_export_run_state")),
        sa.ForeignKeyConstraint(
            ["organization_id", "file_id"],
            ["stored_file.organization_id", "stored_file.id"],
            name=op.f("fk_export_run_organization_id_file_id"),
            ondelete="SET NULL (file_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_export_run_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_export_run_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_export_run_organization_id_file_id"),
        "export_run",
        ["organization_id", "file_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "import_layout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_import_layout_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_layout")),
        sa.UniqueConstraint(
            "organization_id", "fingerprint", name=op.f("uq_import_layout_organization_id_fingerprint")
        ),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_import_layout_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sample", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("check_number", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_by_name", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state in ('reading', 'uploaded', 'checking', 'checked', 'running', 'stopped', "
            "'done', 'undoing', 'undone', 'unreadable')",
            name=op.f("ck_import_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "file_id"],
            ["stored_file.organization_id", "stored_file.id"],
            name=op.f("fk_import_run_organization_id_file_id"),
            ondelete="SET NULL (file_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_import_run_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_import_run_organization_id_id")),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_import_run_organization_id_file_id"),
        "import_run",
        ["organization_id", "file_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_import_run_organization_id_sha256"),
        "import_run",
        ["organization_id", "sha256"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_table(
        "import_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=9), nullable=False),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "action in ('create', 'update', 'same', 'duplicate', 'bad', 'kept')", name=op.f("ck_import_row_action")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "customer_id"],
            ["plugin_crm.customer.organization_id", "plugin_crm.customer.id"],
            name=op.f("fk_import_row_organization_id_customer_id"),
            ondelete="SET NULL (customer_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "run_id"],
            ["plugin_crm.import_run.organization_id", "plugin_crm.import_run.id"],
            name=op.f("fk_import_row_organization_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_import_row_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_import_row_organization_id_id")),
        sa.UniqueConstraint(
            "organization_id", "run_id", "number", name=op.f("uq_import_row_organization_id_run_id_number")
        ),
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_import_row_organization_id_customer_id"),
        "import_row",
        ["organization_id", "customer_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_import_row_organization_id_run_id"),
        "import_row",
        ["organization_id", "run_id"],
        unique=False,
        schema="plugin_crm",
    )
    op.create_index(
        op.f("ix_import_row_organization_id_run_id_action_number"),
        "import_row",
        ["organization_id", "run_id", "action", "number"],
        unique=False,
        schema="plugin_crm",
    )


def downgrade() -> None:
    op.drop_table("import_row", schema="plugin_crm")
    op.drop_table("import_run", schema="plugin_crm")
    op.drop_table("import_layout", schema="plugin_crm")
    op.drop_table("export_run", schema="plugin_crm")
