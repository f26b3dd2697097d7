"""What is done is forgotten after a while; what somebody still needs is not."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask

from ramal.config import Settings
from ramal.events.sequencer import sequence
from ramal.pipeline.worker.cleaning import clean

from .conftest import rows


def days_ago(days: int) -> None:
    """Let everything have happened then."""
    for column, table in (("delivered_at", "event"), ("finished_at", "job"), ("done_at", "inbound_delivery")):
        rows(f"update {table} set {column} = now() - make_interval(days => :days) returning 1", days=days)


def test_old_events_go_and_the_newest_stays(app: Flask, emit: Any) -> None:
    for number in range(3):
        emit(number)
    sequence()
    days_ago(31)
    assert clean() == 2
    assert rows("select (data->>'number')::int from event") == [(2,)]


def test_young_and_unfinished_ones_stay(app: Flask, emit: Any) -> None:
    for number in range(3):
        emit(number)
    sequence()
    days_ago(29)
    assert clean() == 0
    rows("update event set delivered_at = null returning 1")
    assert clean() == 0


def test_a_dead_letter_keeps_its_event(app: Flask, emit: Any, organization: uuid.UUID) -> None:
    kept = emit(0)
    emit(1)
    sequence()
    days_ago(31)
    rows(
        "insert into plugin_delivery (id, organization_id, event_id, plugin, bucket, position, status)"
        " values (:id, :organization, :event, 'crm', 0, 1, 'dead') returning 1",
        id=uuid.uuid4(),
        organization=organization,
        event=kept,
    )
    assert clean() == 0


def test_zero_days_keep_everything(app: Flask, emit: Any, settings: Settings) -> None:
    for number in range(2):
        emit(number)
    sequence()
    days_ago(1000)
    app.extensions["ramal.settings"] = settings.with_(keep_days=0)
    assert clean() == 0


def test_done_journal_rows_and_jobs_go(app: Flask, organization: uuid.UUID, postgres_urls: Any) -> None:
    from .conftest import owner_rows

    channel = uuid.uuid4()
    for status in ("done", "pending", "parked"):
        rows(
            "insert into inbound_delivery (id, organization_id, channel_id, key, raw, status)"
            " values (:id, :organization, :channel, :key, '', :status) returning 1",
            id=uuid.uuid4(),
            organization=organization,
            channel=channel,
            key=status,
            status=status,
        )
        owner_rows(
            postgres_urls,
            "insert into job (id, organization_id, plugin, name, arguments, run_at, status)"
            " values (:id, :organization, 'core', 'x', '{}', now(), :status) returning 1",
            id=uuid.uuid4(),
            organization=organization,
            status={"done": "done", "pending": "queued", "parked": "failed"}[status],
        )
    days_ago(31)
    assert clean() == 2
    assert {row[0] for row in rows("select status from inbound_delivery")} == {"pending", "parked"}
    assert {row[0] for row in rows("select status from job")} == {"queued", "failed"}
