"""Where customers are: their addresses, one of them the main one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from ramal.api import InvalidPayload, session
from ramal.api import gettext as _
from ramal_crm.models import CustomerAddress
from ramal_crm.services.cep import tidy_cep
from ramal_crm.services.problems import Problems, refuse

_WIDTHS = {"label": 40, "street": 120, "number": 20, "complement": 60, "district": 60, "city": 60}
PARTS = ("label", "postal_code", "street", "number", "complement", "district", "city", "state")
MOST = 20
STATES = (
    "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()  # noqa: SIM905 (short)
)


def addresses_of(customer_id: uuid.UUID) -> Sequence[CustomerAddress]:
    """The main one first, then as they were added."""
    query = select(CustomerAddress).where(CustomerAddress.customer_id == customer_id)
    ordered = query.order_by(CustomerAddress.is_main.desc(), CustomerAddress.id)
    found: Sequence[CustomerAddress] = session.execute(ordered).scalars().all()
    return found


def main_address(customer_id: uuid.UUID) -> CustomerAddress | None:
    """The main one, if there is any."""
    return next(iter(addresses_of(customer_id)), None)


def checked(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Addresses as they are kept, empty ones left out, one of them the main one. InvalidPayload by place and part."""
    problems, found = Problems(), []
    for place, values in enumerate(given):
        try:
            address = read_address(values)
        except InvalidPayload as error:
            problems.merge(error.details, f"addresses.{place}.")
            continue
        if any(address.values()):
            found.append({**address, "is_main": bool(values.get("is_main"))})
    if len(found) > MOST:
        problems.add("addresses", _("At most %(most)s addresses.", most=MOST))
    problems.end()
    main = next((place for place, address in enumerate(found) if address["is_main"]), 0)
    return [{**address, "is_main": place == main} for place, address in enumerate(found)]


def replace(customer_id: uuid.UUID, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Make these the customer's addresses; whether that changed anything."""
    before = addresses_of(customer_id)
    main_first = sorted(wanted, key=lambda address: not address["is_main"])
    if [_facts(address) for address in before] == main_first:
        return False
    for address in before:
        session.delete(address)
    session.flush()
    session.add_all([CustomerAddress(customer_id=customer_id, **address) for address in main_first])
    session.flush()
    return True


def line_of(address: CustomerAddress | None) -> str:
    """Street, number and complement as one line."""
    if address is None:
        return ""
    return ", ".join(part for part in (address.street, address.number, address.complement) if part)


def _facts(address: CustomerAddress) -> dict[str, Any]:
    return {**{part: getattr(address, part) for part in PARTS}, "is_main": address.is_main}


def read_address(values: Mapping[str, Any]) -> dict[str, str]:
    """One as it is kept. InvalidPayload by part."""
    problems = Problems()
    found = {part: " ".join(str(values.get(part) or "").split()) for part in PARTS}
    for part, width in _WIDTHS.items():
        if len(found[part]) > width:
            problems.add(part, _("At most %(most)s characters.", most=width))
    found["postal_code"] = problems.take(lambda: tidy_cep(found["postal_code"])) or ""
    found["state"] = found["state"].upper()
    problems.take(lambda: _check_state(found["state"]))
    problems.end()
    return found


def _check_state(state: str) -> None:
    if state and state not in STATES:
        raise refuse("state", _("Write the state's two letters, such as SP."))
