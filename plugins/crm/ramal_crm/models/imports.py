"""Tables that were uploaded: what each row said, and what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_crm.models.base import Model

IMPORT_STATES = (
    "reading",
    "uploaded",
    "checking",
    "checked",
    "running",
    "stopped",
    "done",
    "undoing",
    "undone",
    "unreadable",
)
EXPORT_ENTITIES, EXPORT_FORMATS, EXPORT_STATES = ("customers", "deals"), ("csv", "xlsx"), ("making", "ready")
ROW_ACTIONS = ("create", "update", "same", "duplicate", "bad", "kept")


class ImportRun(TenantMixin, Model):
    """One uploaded file: reading → uploaded → checking → checked → running → done (→ undoing → undone)."""

    __tablename__ = "import_run"
    __table_args__ = tenant_args(
        CheckConstraint(f"state in {IMPORT_STATES}", name="state"),
        Index(None, "organization_id", "sha256"),
        refs={"file_id": "stored_file:SET NULL"},
    )

    file_id: Mapped[uuid.UUID | None]
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="uploaded")
    error: Mapped[str] = mapped_column(String(500), default="")
    headers: Mapped[list[str]]
    sample: Mapped[list[Any]] = mapped_column(default=list)
    #: Field → place of its column, from 0.
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: How duplicates are met and what an update may overwrite; what can be read in two ways.
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    check_number: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    #: action → how many rows, of the dry run; then of what was done.
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    done: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[uuid.UUID | None]
    started_by: Mapped[uuid.UUID | None]
    started_by_name: Mapped[str] = mapped_column(String(120), default="")
    started_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportRow(TenantMixin, Model):
    """One row: what stood there, what would be or was done, and what the customer was before."""

    __tablename__ = "import_row"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "run_id", "number"),
        CheckConstraint(f"action in {ROW_ACTIONS}", name="action"),
        Index(None, "organization_id", "run_id", "action", "number"),
        refs={"run_id": "plugin_crm.import_run", "customer_id": "plugin_crm.customer:SET NULL"},
    )

    run_id: Mapped[uuid.UUID]
    #: As a spreadsheet program counts, the headers' row being one of them.
    number: Mapped[int]
    action: Mapped[str] = mapped_column(String(9))
    cells: Mapped[list[str]]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: column, field, rule, sentence of each thing that is wrong.
    errors: Mapped[list[Any]] = mapped_column(default=list)
    customer_id: Mapped[uuid.UUID | None]
    #: When it was carried out; none: not yet.
    done_at: Mapped[datetime | None]
    #: What was there before, for undoing; ``version_after`` tells whether somebody changed it since.
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version_after: Mapped[int | None]


class ImportLayout(TenantMixin, Model):
    """How the organization's files are laid out, by the headers that they have."""

    __tablename__ = "import_layout"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "fingerprint"))

    #: SHA-256 of the headers.
    fingerprint: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ExportRun(TenantMixin, Model):
    """A list that was asked for as a file."""

    __tablename__ = "export_run"
    __table_args__ = tenant_args(
        CheckConstraint(f"entity in {EXPORT_ENTITIES}", name="entity"),
        CheckConstraint(f"format in {EXPORT_FORMATS}", name="format"),
        CheckConstraint(f"state in {EXPORT_STATES}", name="state"),
        refs={"file_id": "stored_file:SET NULL"},
    )

    entity: Mapped[str] = mapped_column(String(9))
    format: Mapped[str] = mapped_column(String(4))
    #: Of the list, as its API takes them.
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(6), default="making")
    #: How many are in it so far.
    rows: Mapped[int] = mapped_column(default=0)
    file_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]
    moved_at: Mapped[datetime | None]
