"""The dry run: every row read, met with the customers that there are, and nothing written of it but what would be."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import delete

from ramal.api import (
    InvalidPayload,
    NotFound,
    current_organization,
    insert_rows,
    new_id,
    speaking,
    tables,
    transaction,
    utcnow,
)
from ramal_crm.models import ImportRow, ImportRun
from ramal_crm.services import custom_fields
from ramal_crm.services.imports import matching, rows
from ramal_crm.services.imports.deciding import Decision, Rules, decide
from ramal_crm.services.imports.fields import all_fields, guess
from ramal_crm.services.imports.files import DEFAULTS, begin_check, get_import, layout_of, missing_columns, table_of

_CHUNK = 1_000
_SAMPLE = 3


def read_import(run_id: str, check: bool, language: str) -> None:
    """Job. Reads a new file's headers and guesses its columns. A large workbook would hold up a request for seconds."""
    id_ = uuid.UUID(run_id)
    with speaking(language):
        try:
            table = table_of(get_import(id_))
        except (InvalidPayload, NotFound) as error:
            _unreadable(id_, "reading", error)
            return
        with transaction():
            run = get_import(id_, locked=True)
            if run.state != "reading":
                return
            layout = layout_of(table.headers)
            known = all_fields()
            run.headers, run.rows, run.state = list(table.headers), len(table.rows), "uploaded"
            run.sample = [[tables.shown(cell) for cell in row.cells] for row in table.rows[:_SAMPLE]]
            run.columns = guess(table.headers)
            if layout is not None:
                run.columns = {name: place for name, place in layout.columns.items() if name in known}
                run.options = {**DEFAULTS, **layout.options}
            if check and not missing_columns(run.columns):
                begin_check(run)


def check_import(run_id: str, check_number: int, language: str) -> None:
    """Job. Sentences are kept in the language of whoever asked."""
    with speaking(language):
        try:
            _check(uuid.UUID(run_id), check_number)
        except (InvalidPayload, NotFound) as error:
            _unreadable(uuid.UUID(run_id), "checking", error)


def rules_of(run: ImportRun) -> Rules:
    """What the run's options say."""
    required = [own for own in custom_fields.list_fields("customer") if own.required]
    headers = {name: run.headers[place] for name, place in run.columns.items()}
    keys = [key for key in matching.KEYS if key in run.options["match"]]
    return Rules(keys, run.options["overwrite"] == "all", required, headers)


def _check(run_id: uuid.UUID, check_number: int) -> None:
    """What an earlier try wrote is thrown away first; one that a later check overtook stops."""
    with transaction() as open_session:
        run = _ours(run_id, check_number)
        if run is None:
            return
        open_session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
        run.counts, run.done = {}, 0
    table = table_of(run)
    plan, rules = rows.plan_of(run, all_fields(), table.rows), rules_of(run)
    seen = matching.Seen(rules.keys)
    for chunk in _chunks(table.rows):
        readings = [rows.read_row(row, plan) for row in chunk]
        if not _write(run_id, check_number, readings, rules, seen):
            return
    with transaction():
        done = _ours(run_id, check_number)
        if done is not None:
            done.state, done.moved_at = "checked", utcnow()


def _write(
    run_id: uuid.UUID, check_number: int, readings: Sequence[rows.Reading], rules: Rules, seen: matching.Seen
) -> bool:
    """Keep what was found of these rows; whether to go on."""
    with transaction() as open_session:
        run = _ours(run_id, check_number)
        if run is None:
            return False
        known = matching.look_up([reading.values for reading in readings if not reading.errors], rules.keys)
        decided = [
            Decision("bad", errors=reading.errors)
            if reading.errors
            else decide(reading.values, known, rules, seen, reading.number)
            for reading in readings
        ]
        insert_rows(
            open_session,
            ImportRow,
            [_row(run_id, reading, decision) for reading, decision in zip(readings, decided, strict=True)],
        )
        run.counts = dict(Counter(run.counts) + Counter(decision.action for decision in decided))
        run.done += len(decided)
        run.moved_at = utcnow()
    return True


def _row(run_id: uuid.UUID, reading: rows.Reading, decision: Decision) -> dict[str, Any]:
    return {
        "id": new_id(),
        "organization_id": current_organization(),
        "run_id": run_id,
        "number": reading.number,
        "action": decision.action,
        "cells": reading.cells,
        "values": {} if decision.action == "bad" else reading.values,
        "errors": decision.errors,
        "customer_id": decision.customer.id if decision.customer else None,
        "before": decision.before,
    }


def _ours(run_id: uuid.UUID, check_number: int) -> ImportRun | None:
    """The import, held, while this is its latest check."""
    try:
        run = get_import(run_id, locked=True)
    except NotFound:
        return None
    return run if run.state == "checking" and run.check_number == check_number else None


def _unreadable(run_id: uuid.UUID, state: str, error: InvalidPayload | NotFound) -> None:
    with transaction():
        run = get_import(run_id, locked=True)
        if run.state == state:
            sentences = [sentence for said in error.details.values() if isinstance(said, list) for sentence in said]
            run.state, run.error = "unreadable", (" ".join(sentences) or error.message)[:500]


def _chunks(all_rows: Sequence[tables.Row]) -> Iterator[Sequence[tables.Row]]:
    rest = iter(all_rows)
    while chunk := tuple(islice(rest, _CHUNK)):
        yield chunk
