"""Files the organization holds."""

from __future__ import annotations

import uuid

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args


class StoredFile(TenantMixin, Base):
    """A file in storage: ``path`` is the storage key, never a name a person chose."""

    __tablename__ = "stored_file"
    __table_args__ = tenant_args(Index(None, "organization_id", "sha256"))

    path: Mapped[str] = mapped_column(String(300), unique=True)
    filename: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumbnail_path: Mapped[str | None] = mapped_column(String(300))
    uploaded_by: Mapped[uuid.UUID | None]
