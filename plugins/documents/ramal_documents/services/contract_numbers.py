"""Numbers of contracts: each year counts from 1, and no number is given twice.

A number is printed on the contract, so it is taken in a transaction of its own before the PDF is made; if that fails,
the number is lost rather than given again.
"""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from ramal.api import current_organization, new_id, transaction
from ramal_documents.models import ContractNumber


def take_number(year: int) -> int:
    """The next number of that year."""
    first = insert(ContractNumber).values(id=new_id(), organization_id=current_organization(), year=year, last=1)
    # The row stays locked until this commits, so two takers stand in line.
    raised = first.on_conflict_do_update(
        index_elements=["organization_id", "year"], set_={"last": ContractNumber.last + 1}
    )
    with transaction() as session:
        number: int = session.execute(raised.returning(ContractNumber.last)).scalar_one()
    return number


def printed(number: int | None, year: int | None) -> str:
    """`12/2026`; nothing for a draft."""
    return f"{number}/{year}" if number and year else ""
