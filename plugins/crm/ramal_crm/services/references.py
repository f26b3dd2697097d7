"""Rows that others are linked to: each must be the organization's own, and one the caller may see."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from ramal.api import NotFound, active_members, get_contact, get_conversation, list_channels, session
from ramal.api import gettext as _
from ramal_crm.models import Customer, Deal, Pipeline


def demand(values: Mapping[str, Any]) -> None:
    """Every id among ``values`` names a row that may be linked to. NotFound says which does not."""
    for name, check in _CHECKS.items():
        if values.get(name) is not None:
            check(values[name])


def _row(table: Any, message: Callable[[], str]) -> Callable[[uuid.UUID], None]:
    def check(id_: uuid.UUID) -> None:
        if session.execute(select(table.id).where(table.id == id_)).first() is None:
            raise NotFound(message())

    return check


def _member(user_id: uuid.UUID) -> None:
    if user_id not in {member.id for member in active_members()}:
        raise NotFound(_("There is no such person in the team."))


def _channel(channel_id: uuid.UUID) -> None:
    if channel_id not in {channel.id for channel in list_channels()}:
        raise NotFound(_("There is no such channel."))


_CHECKS: Mapping[str, Callable[[uuid.UUID], Any]] = {
    "customer_id": _row(Customer, lambda: _("There is no such customer.")),
    "deal_id": _row(Deal, lambda: _("There is no such deal.")),
    "pipeline_id": _row(Pipeline, lambda: _("There is no such pipeline.")),
    "contact_id": get_contact,
    "conversation_id": get_conversation,
    "channel_id": _channel,
    "owner_id": _member,
    "assignee_id": _member,
}
