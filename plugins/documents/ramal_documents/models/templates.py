"""Templates of contracts, and their versions, which never change."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model


class ContractTemplate(TenantMixin, Model):
    """What a template is called, where it is kept, and whether new contracts may be made of it."""

    __tablename__ = "contract_template"
    __table_args__ = tenant_args(UniqueConstraint("organization_id", "name"))

    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(300), default="")
    folder: Mapped[str] = mapped_column(String(80), default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    #: active, archived
    state: Mapped[str] = mapped_column(String(12), default="active")
    created_by: Mapped[uuid.UUID | None]


class TemplateVersion(TenantMixin, Model):
    """A template as it was saved once: contracts name the version they were made of, so no row is ever changed.

    ``sha256`` is of the source and the variables together (``contracts.fingerprint``): a contract made of a row that
    somebody changed behind our back is refused.
    """

    __tablename__ = "template_version"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "template_id", "number"),
        CheckConstraint("number > 0", name="number"),
        refs={"template_id": "plugin_documents.contract_template"},
    )

    template_id: Mapped[uuid.UUID]
    number: Mapped[int]
    source: Mapped[str]
    #: The JSON of the declared variables: ``contracts.declared``.
    declared: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(200), default="")
    author_id: Mapped[uuid.UUID | None]
    author_name: Mapped[str] = mapped_column(String(120))
