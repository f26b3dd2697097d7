"""The inbox's list narrowed by what is known here: a deal's stage, a customer's tag, an open lead."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import or_, select

from ramal.api import ConversationFilter, InvalidPayload
from ramal.api import gettext as _
from ramal_crm.models import Customer, CustomerContact, Deal, DealConversation, Lead


def conversation_filters(filters: Mapping[str, Sequence[str]]) -> Iterator[ConversationFilter]:
    """One for each of ``stage`` (ids), ``tag`` and ``lead`` (``open``). InvalidPayload for any other."""
    for key, values in filters.items():
        if key not in _FILTERS:
            message = _("There is no such filter.")
            raise InvalidPayload(message, {key: [message]})
        yield _FILTERS[key](values)


def _in_stage(values: Sequence[str]) -> ConversationFilter:
    try:
        stages = [uuid.UUID(value) for value in values]
    except ValueError:
        message = _("There is no such stage.")
        raise InvalidPayload(message, {"stage": [message]}) from None
    here = Deal.stage_id.in_(stages), Deal.state == "open"
    linked = select(DealConversation.conversation_id).join(Deal, Deal.id == DealConversation.deal_id)
    people = select(Deal.contact_id).where(*here, Deal.contact_id.is_not(None))
    return ConversationFilter(conversations=linked.where(*here), contacts=people)


def _tagged(values: Sequence[str]) -> ConversationFilter:
    wanted = [Customer.tags.contains([value.strip().lower()]) for value in values]
    query = select(CustomerContact.contact_id).join(Customer, Customer.id == CustomerContact.customer_id)
    return ConversationFilter(contacts=query.where(or_(*wanted)))


def _with_lead(values: Sequence[str]) -> ConversationFilter:
    if set(values) != {"open"}:
        message = _("There is no such filter.")
        raise InvalidPayload(message, {"lead": [message]})
    return ConversationFilter(contacts=select(Lead.contact_id).where(Lead.state == "open"))


_FILTERS: Mapping[str, Callable[[Sequence[str]], ConversationFilter]] = {
    "stage": _in_stage,
    "tag": _tagged,
    "lead": _with_lead,
}
