"""What dresses an organization's contracts: its pictures, and its letterhead."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model

#: What WeasyPrint and browsers decode alike, and what can't ask for anything: no SVG.
PICTURE_TYPES = ("image/png", "image/jpeg")


class Picture(TenantMixin, Model):
    """A logo, a stamp, a signature: templates ask for it as ``asset:<name>``."""

    __tablename__ = "picture"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "name"),
        CheckConstraint(f"mime_type in {PICTURE_TYPES}", name="mime_type"),
        refs={"file_id": "stored_file:NO ACTION"},
    )

    name: Mapped[str] = mapped_column(String(40))
    file_id: Mapped[uuid.UUID]
    mime_type: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    created_by: Mapped[uuid.UUID | None]


class LetterheadPaper(TenantMixin, Model):
    """What stands above every page of a contract; an organization has one, or none."""

    __tablename__ = "letterhead"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id"), refs={"picture_id": "plugin_documents.picture:SET NULL"}
    )

    name: Mapped[str] = mapped_column(String(120), default="")
    lines: Mapped[list[str]] = mapped_column(default=list)
    picture_id: Mapped[uuid.UUID | None]
