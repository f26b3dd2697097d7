"""Batches of boletos: the file, its rows with what became of each, and how an account's files are laid out."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model

STATES = ("uploaded", "checking", "checked", "running", "stopped", "done", "unreadable")
ROW_STATES = ("good", "bad", "issued", "failed")


class Batch(TenantMixin, Model):
    """A table that was uploaded for one issuing account.

    uploaded → checking → checked → running → done; ``stopped`` waits for somebody (``error`` says for what) and goes on
    where it stood; ``unreadable`` is a file whose rows could not be read. The counts are those of its rows, kept here
    for the progress bar, and written in the same transaction.
    """

    __tablename__ = "batch"
    __table_args__ = tenant_args(
        CheckConstraint(f"state in {STATES}", name="state"),
        Index(None, "organization_id", "sha256"),
        refs={"account_id": "plugin_documents.issuing_account:NO ACTION", "file_id": "stored_file:SET NULL"},
    )

    account_id: Mapped[uuid.UUID]
    file_id: Mapped[uuid.UUID | None]
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="uploaded")
    error: Mapped[str] = mapped_column(String(500), default="")
    headers: Mapped[list[str]]
    #: The first rows as text, for choosing columns by.
    sample: Mapped[list[Any]] = mapped_column(default=list)
    #: Field → place of its column, from 0.
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: pt, en or empty; dmy, mdy or empty: what can be read in two ways (``tables.values``).
    numbers: Mapped[str] = mapped_column(String(2), default="")
    dates: Mapped[str] = mapped_column(String(3), default="")
    #: Counts the dry runs: one that was overtaken writes no more.
    check_number: Mapped[int] = mapped_column(default=0)
    checked_on: Mapped[date | None]
    skip_bad: Mapped[bool] = mapped_column(default=False)
    rows: Mapped[int] = mapped_column(default=0)
    good: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    issued: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    #: The good rows' amounts together.
    total: Mapped[Decimal] = mapped_column(Numeric(16, 2), default=Decimal(0))
    created_by: Mapped[uuid.UUID | None]
    started_by: Mapped[uuid.UUID | None]
    started_by_name: Mapped[str] = mapped_column(String(120), default="")
    started_at: Mapped[datetime | None]
    #: When a row was last written, to tell work from standing still.
    moved_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class BatchRow(TenantMixin, Model):
    """One row of the file: what stood there, what was read, what is wrong, which boleto it became."""

    __tablename__ = "batch_row"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "batch_id", "number"),
        # A row becomes one boleto, whatever is repeated.
        UniqueConstraint("organization_id", "charge_id"),
        CheckConstraint(f"state in {ROW_STATES}", name="state"),
        CheckConstraint("(state = 'issued') = (charge_id IS NOT NULL)", name="charge"),
        refs={"batch_id": "plugin_documents.batch", "charge_id": "plugin_documents.charge:NO ACTION"},
    )

    batch_id: Mapped[uuid.UUID]
    #: As a spreadsheet program counts, the headers' row being one of them.
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(6))
    cells: Mapped[list[str]]
    #: What a boleto takes, as JSON; empty where it could not be read.
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: column, field, rule, sentence of each thing that is wrong.
    errors: Mapped[list[Any]] = mapped_column(default=list)
    charge_id: Mapped[uuid.UUID | None]


class BatchLayout(TenantMixin, Model):
    """How the files of an account are laid out: guessed once, chosen by somebody, used for the next."""

    __tablename__ = "batch_layout"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "account_id"), refs={"account_id": "plugin_documents.issuing_account"}
    )

    account_id: Mapped[uuid.UUID]
    #: Field → its column's header.
    headers: Mapped[dict[str, Any]]
    numbers: Mapped[str] = mapped_column(String(2), default="")
    dates: Mapped[str] = mapped_column(String(3), default="")


class BatchPrint(TenantMixin, Model):
    """All boletos of a batch in one file: a ZIP of PDFs, or one PDF."""

    __tablename__ = "batch_print"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "batch_id", "kind"),
        CheckConstraint("kind in ('zip', 'pdf')", name="kind"),
        CheckConstraint("state in ('making', 'ready', 'failed')", name="state"),
        refs={"batch_id": "plugin_documents.batch", "file_id": "stored_file:SET NULL"},
    )

    batch_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(7), default="making")
    #: Why there is no file: what an account's own sheet did wrong.
    error: Mapped[str] = mapped_column(String(500), default="")
    printed: Mapped[int] = mapped_column(default=0)
    file_id: Mapped[uuid.UUID | None]
    #: Boletos that changed since then are printed otherwise now.
    begun_at: Mapped[datetime]
