"""What is installed, and what each organization switched on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ramal.database.base import Base, TenantMixin, tenant_args, utcnow


class InstalledPlugin(Base):
    """A plugin this installation knows, with its state at the last boot (shown on the Apps page)."""

    __tablename__ = "installed_plugin"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    title: Mapped[str] = mapped_column(String(120), default="")
    version: Mapped[str | None] = mapped_column(String(40))
    #: The version whose migrations ran last; None: never installed.
    installed_version: Mapped[str | None] = mapped_column(String(40))
    #: The revision(s) its schema stands at, comma-separated; None: it has no tables.
    revision: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="available")
    error: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)


class OrganizationPlugin(TenantMixin, Base):
    """A plugin's switch and settings in one organization."""

    __tablename__ = "organization_plugin"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "plugin"))

    plugin: Mapped[str] = mapped_column(String(60))
    enabled: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    secrets: Mapped[str | None] = mapped_column(Text)
    #: Set when the plugin failed too often; an admin takes it back.
    suspended_at: Mapped[datetime | None]
    suspended_reason: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow, onupdate=utcnow)
