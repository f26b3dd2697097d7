"""The accounts that boletos are issued from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ramal.api import TenantMixin, tenant_args
from ramal_documents.models.base import Model


class IssuingAccount(TenantMixin, Model):
    """Bank, agency, account, wallet and agreement, whose boletos they are, and what each starts out with.

    Nothing here is secret: all of it is printed on every boleto. ``next_number`` is the sequence of nossos números;
    it only ever grows (``services.numbering``).
    """

    __tablename__ = "issuing_account"
    __table_args__ = tenant_args(
        UniqueConstraint("organization_id", "name"),
        CheckConstraint("next_number > 0", name="next_number"),
    )

    name: Mapped[str] = mapped_column(String(80))
    bank: Mapped[str] = mapped_column(String(3))
    agency: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(20), default="")
    wallet: Mapped[str] = mapped_column(String(20), default="")
    variation: Mapped[str] = mapped_column(String(20), default="")
    agreement: Mapped[str] = mapped_column(String(20), default="")
    post: Mapped[str] = mapped_column(String(20), default="")
    #: name, document, street, district, city, state, postal_code
    beneficiary: Mapped[dict[str, Any]]
    species: Mapped[str] = mapped_column(String(4), default="DM")
    accepted: Mapped[bool] = mapped_column(default=False)
    #: interest, fine, discounts, refuse_after, protest_after, report_after: ``services.terms``.
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    instructions: Mapped[list[str]] = mapped_column(default=list)
    next_number: Mapped[int] = mapped_column(BigInteger, default=1)
    #: An HTML sheet of one's own; None prints the standard one.
    template: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
