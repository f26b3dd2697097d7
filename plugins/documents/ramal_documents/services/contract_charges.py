"""The boletos of a contract's instalments: made from its table and its customer, all of them or none."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from ramal.api import InvalidPayload, session
from ramal.api import gettext as _
from ramal_documents.contracts.variables import Schema, Variable
from ramal_documents.models import Charge, Contract, ContractCharge
from ramal_documents.services import charges, states
from ramal_documents.services.contract_numbers import printed

#: Of a row: the columns that every table of instalments has, as `tabela_parcelas` wants them.
DUE, AMOUNT = "vencimento", "valor"
#: Who pays: the group of variables that every starter calls its customer.
CUSTOMER = "contato"
#: Characters of a document number.
_LONGEST = 15


def instalment_table(schema: Schema) -> Variable | None:
    """The variable whose rows are instalments; None in a template without."""
    for variable in schema.variables:
        types = {column.name: column.type for column in variable.columns}
        if types.get(DUE) == "date" and types.get(AMOUNT) == "money":
            return variable
    return None


def check(contract: Contract, schema: Schema, data: Mapping[str, Any]) -> None:
    """Try every boleto. InvalidPayload names the row and the rule; nothing is issued and no number is used."""
    for place, values in _boletos(contract, schema, data):
        with _told_of_row(schema, place):
            charges.check(values)


def issue(contract: Contract, schema: Schema, data: Mapping[str, Any]) -> Sequence[Charge]:
    """Issue a boleto for each instalment, inside the caller's transaction. InvalidPayload, Conflict."""
    issued = []
    for place, values in _boletos(contract, schema, data):
        with _told_of_row(schema, place):
            charge = charges.issue_new(values)
        session.add(ContractCharge(contract_id=contract.id, charge_id=charge.id, instalment=place))
        issued.append(charge)
    session.flush()
    return issued


def charges_of(contract_id: uuid.UUID) -> Sequence[Charge]:
    """The contract's boletos, first instalment first."""
    query = select(Charge).join(ContractCharge, ContractCharge.charge_id == Charge.id)
    query = query.where(ContractCharge.contract_id == contract_id).order_by(ContractCharge.instalment)
    found: Sequence[Charge] = session.execute(query).scalars().all()
    return found


def contract_id_of(charge_id: uuid.UUID) -> uuid.UUID | None:
    """The contract that a boleto is an instalment of."""
    query = select(ContractCharge.contract_id).where(ContractCharge.charge_id == charge_id)
    return session.execute(query).scalar_one_or_none()


def write_off(contract_id: uuid.UUID, reason: str) -> int:
    """Write off what of a contract's boletos is not settled. How many."""
    unsettled = [charge for charge in charges_of(contract_id) if charge.state not in ("paid", "written_off")]
    for charge in sorted(unsettled, key=lambda each: each.id):
        states.set_state(charge.id, "written_off", reason=reason)
    return len(unsettled)


def _boletos(contract: Contract, schema: Schema, data: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(place, values of the boleto) of each row; nothing for a contract without an account to issue from."""
    if contract.account_id is None:
        return
    rows = _rows(schema, data)
    payer = _payer(data)
    number = printed(contract.number, contract.year)
    for place, row in enumerate(rows, 1):
        document = f"{number}-{place}"
        yield (
            place,
            {
                "account_id": contract.account_id,
                "contact_id": contract.contact_id,
                "amount": row[AMOUNT],
                "due_date": row[DUE],
                "document_number": document if number and len(document) <= _LONGEST else "",
                "payer": payer,
                "statement": [f"Contrato {number}, parcela {place} de {len(rows)}".replace("  ", " ")],
            },
        )


def _rows(schema: Schema, data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    table = instalment_table(schema)
    rows: Any = data
    for part in table.name.split(".") if table else ():
        rows = rows[part]
    if table is None or not rows:
        message = _("This contract has no table of instalments, so there are no boletos to issue.")
        raise InvalidPayload(message, {"account_id": [message]})
    found: Sequence[Mapping[str, Any]] = rows
    return found


def _payer(data: Mapping[str, Any]) -> dict[str, str]:
    customer = data.get(CUSTOMER)
    if not isinstance(customer, Mapping) or not customer.get("nome") or not customer.get("documento"):
        message = _("Boletos want a payer: the template asks for no contato.nome and contato.documento.")
        raise InvalidPayload(message, {"account_id": [message]})
    address = customer.get("endereco") or {}
    street = ", ".join(filter(None, (address.get(part, "") for part in ("street", "number", "complement"))))
    return {
        "name": customer["nome"],
        "document": customer["documento"],
        "street": street,
        **{part: address.get(part, "") for part in ("district", "city", "state", "postal_code")},
    }


@contextmanager
def _told_of_row(schema: Schema, place: int) -> Iterator[None]:
    """What a boleto's rules refuse, under the name of the contract's own field."""
    table = instalment_table(schema)
    assert table is not None
    row = f"{table.name}.{place}"
    fields = {"due_date": f"{row}.{DUE}", "amount": f"{row}.{AMOUNT}", "payer.document": f"{CUSTOMER}.documento"}
    fields["payer.name"] = f"{CUSTOMER}.nome"
    try:
        yield
    except InvalidPayload as error:
        details: dict[str, list[str]] = {}
        for name, sentences in error.details.items():
            field = fields.get(name) or ("account_id" if not name.startswith("payer.") else f"{CUSTOMER}.endereco")
            told = [_("Instalment %(place)s: %(sentence)s", place=place, sentence=each) for each in sentences]
            details.setdefault(field, []).extend(told)
        raise InvalidPayload(error.message, details) from error
