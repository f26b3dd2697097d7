"""Who a contact buys for: asked of the plugin that keeps customers, whichever it is."""

from __future__ import annotations

import uuid

from ramal.contacts.serialize import contact_json
from ramal.contacts.services import get_contact
from ramal.inbox.serialize import contact_info
from ramal.plugins.contributions import CustomerInfo
from ramal.plugins.dispatch import decide


def describe_customer(contact_id: uuid.UUID) -> CustomerInfo | None:
    """The customer behind a contact; None where no active plugin knows one. NotFound for the contact."""
    contact = contact_info(contact_json(get_contact(contact_id)))
    found: CustomerInfo | None = decide("describe_customer", contact=contact)
    return found
