"""Customers in the shell's search box."""

from __future__ import annotations

from collections.abc import Iterator

from ramal.api import SearchResult, current_user_or_none
from ramal_crm import numbers
from ramal_crm.permissions import VIEW
from ramal_crm.services import customers

_MOST = 5


def results(query: str) -> Iterator[SearchResult]:
    """The first few that match, for those who may see customers."""
    user = current_user_or_none()
    if user is None or not user.can(VIEW):
        return
    for customer in customers.suggestions(query, most=_MOST):
        detail = numbers.formatted(customer.document) or customer.phone or customer.email or ""
        icon = "building" if customer.kind == "company" else "user"
        yield SearchResult(customer.name, f"/p/crm/customers/{customer.id}", detail=detail, icon=icon)
