"""The rows as CSV: what was wrong with each, or the boleto it became."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from ramal.api import gettext as _
from ramal.api import ngettext, session, tables, transaction
from ramal_documents.boleto.code import formatted_line
from ramal_documents.models import Batch, BatchRow, Charge
from ramal_documents.services.batches.files import get_batch

_CHUNK = 500


def state_title(state: str) -> str:
    """A row's state for people."""
    titles = {"good": _("Good"), "bad": _("Bad"), "issued": _("Issued"), "failed": _("Not issued")}
    return titles[state]


def news(batch: Batch) -> str:
    """What a screen reader says when work on it has come to an end."""
    if batch.state == "checked":
        return _("The rows are checked: %(good)s good, %(bad)s bad.", good=batch.good, bad=batch.bad)
    if batch.state == "done":
        return ngettext("One boleto was issued.", "%(num)s boletos were issued.", batch.issued)
    return batch.error


def rows_csv(batch_id: uuid.UUID, states: Sequence[str] = ()) -> Iterator[str]:
    """The rows in these states (all, if none are named): the file's own columns, then what became of them.

    The file can be mended and uploaded again.
    """
    return tables.csv_lines(_lines(batch_id, states))


def csv_file(batch_id: uuid.UUID, state: str | None = None) -> tuple[str, str]:
    """(name, text) of the rows in one state, or of all."""
    text = "".join(rows_csv(batch_id, [state] if state else []))
    return f"boletos-{state or 'all'}.csv", text


def _lines(batch_id: uuid.UUID, states: Sequence[str]) -> Iterator[Sequence[str]]:
    batch = get_batch(batch_id)
    own = [_("Row"), _("State"), _("Problems"), _("Nosso número"), _("Linha digitável")]
    yield [*batch.headers, *own]
    last = 0
    while found := _found(batch_id, states, last):
        for row, charge in found:
            problems = " ".join(f"{error['column']}: {error['sentence']}".removeprefix(": ") for error in row.errors)
            number = charge.our_number_printed if charge else ""
            line = formatted_line(charge.digitable_line) if charge and charge.digitable_line else ""
            yield [*row.cells, str(row.number), state_title(row.state), problems, number or "", line]
        last = found[-1][0].number


def _found(batch_id: uuid.UUID, states: Sequence[str], last: int) -> Sequence[tuple[BatchRow, Charge | None]]:
    query = select(BatchRow, Charge).outerjoin(
        Charge, (Charge.organization_id == BatchRow.organization_id) & (Charge.id == BatchRow.charge_id)
    )
    query = query.where(BatchRow.batch_id == batch_id, BatchRow.number > last)
    if states:
        query = query.where(BatchRow.state.in_(states))
    with transaction():
        return [(row, charge) for row, charge in session.execute(query.order_by(BatchRow.number).limit(_CHUNK))]
