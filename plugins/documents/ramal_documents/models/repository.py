"""The repository: documents kept for a contact, their versions, and who looked at them."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model

ACTIONS = ("added", "version_added", "changed", "opened")


class KeptDocument(TenantMixin, Model):
    """A document of a contact, by its title; what it says stands in its versions, of which the last one counts."""

    __tablename__ = "kept_document"
    __table_args__ = tenant_args(refs={"contact_id": "contact:SET NULL"})

    contact_id: Mapped[uuid.UUID | None]
    title: Mapped[str] = mapped_column(String(150))
    #: Small letters, without repetition, in order.
    tags: Mapped[list[str]] = mapped_column(default=list)
    versions: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[uuid.UUID | None]


class KeptVersion(TenantMixin, Model):
    """A file as it was uploaded; never changed. Its SHA-256 says whether another file is the same."""

    __tablename__ = "kept_version"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "document_id", "number"),
        CheckConstraint("number > 0", name="number"),
        Index(None, "organization_id", "sha256"),
        refs={"document_id": "plugin_documents.kept_document", "file_id": "stored_file:NO ACTION"},
    )

    document_id: Mapped[uuid.UUID]
    number: Mapped[int]
    file_id: Mapped[uuid.UUID]
    filename: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(300), default="")
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120))


class DocumentAccess(TenantMixin, Model):
    """Who did what with a document, and which version."""

    __tablename__ = "document_access"
    __table_args__ = tenant_args(
        CheckConstraint(f"action in {ACTIONS}", name="action"), refs={"document_id": "plugin_documents.kept_document"}
    )

    document_id: Mapped[uuid.UUID]
    action: Mapped[str] = mapped_column(String(13))
    number: Mapped[int | None]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120))
