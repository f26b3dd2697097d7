"""The worker as real processes: killed, stuck, stopped, cut off, it loses and doubles nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ramal.config import Settings
from ramal.database.provision import RoleUrls
from ramal.database.session import db, use_organization
from ramal.events.services import enqueue

from .conftest import enable, owner_rows, rows

pytestmark = pytest.mark.fault
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "RAMAL_DATABASE_URL": settings.database_url,
        "RAMAL_DATABASE_SYSTEM_URL": settings.database_system_url,
        "RAMAL_REDIS_URL": settings.redis_url,
        "RAMAL_SECRET_KEYS": ",".join(settings.secret_keys),
        "RAMAL_PLUGINS": "",
        "RAMAL_HOOK_TIME_LIMIT": "0.5",
    }


@pytest.fixture
def start(app: Any, organization: uuid.UUID, environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a worker with these roles and plugins (name → class in ``fakes``)."""
    running: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "worker.log").open("wb")

    def run(*roles: str, plugins: dict[str, str] | None = None, **extra: str) -> subprocess.Popen[bytes]:
        plugins = plugins or {}
        if not rows("select from organization_plugin limit 1"):
            enable(organization, *plugins)
        script = Path(__file__).with_name("process_worker.py")
        process = subprocess.Popen(
            [sys.executable, str(script), *roles],
            env={**environment, "PLUGINS": json.dumps(plugins), **extra},
            stdout=log,
            stderr=log,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.terminate()
        assert process.wait(60) in (0, -signal.SIGTERM, -signal.SIGKILL)
    log.close()
    sys.stdout.write((tmp_path / "worker.log").read_text())


def until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def effects(urls: RoleUrls, name: str) -> list[tuple[str, int]]:
    """(conversation, number) in the order in which they were written."""
    return [
        (row[0], row[1])
        for row in owner_rows(
            urls,
            "select value->>'in', (value->>'number')::int from setting where value->>'by' = :name"
            " order by created_at, id",
            name=name,
        )
    ]


def done() -> bool:
    return bool(
        rows(
            "select not exists (select from event where delivered_at is null)"
            " and not exists (select from plugin_delivery where status = 'waiting')"
        )[0][0]
    )


def make_due() -> bool:
    """Let nobody wait for the next try."""
    rows("update plugin_delivery set next_at = now() where next_at is not null returning 1")
    return True


def children(process: subprocess.Popen[bytes], count: int) -> list[psutil.Process]:
    return list(until(lambda: (found := psutil.Process(process.pid).children()) and len(found) >= count and found))


def test_killed_at_random_points_every_event_has_one_effect_in_order(
    start: Start, emit: Any, postgres_urls: RoleUrls
) -> None:
    dice = random.Random(7)
    conversations = [uuid.uuid4() for _ in range(8)]
    worker = start("sequencer", "hooks", plugins={"slow": "Slow", "other": "Writer"})
    children(worker, 3)
    for kill in range(20):
        for number in range(kill * 5, kill * 5 + 5):
            for conversation in conversations:
                emit(number, conversation)
        victims = psutil.Process(worker.pid).children()
        if victims:
            try:
                dice.choice(victims).kill()
            except psutil.NoSuchProcess:
                continue
        time.sleep(dice.random() * 0.15)
    until(lambda: make_due() and done())
    for name in ("slow", "other"):
        found = effects(postgres_urls, name)
        assert len(found) == 800
        for conversation in conversations:
            assert [number for where, number in found if where == str(conversation)] == list(range(100))


def test_a_hook_stuck_where_no_alarm_reaches_is_killed_and_charged(
    start: Start, emit: Any, postgres_urls: RoleUrls
) -> None:
    start("sequencer", "hooks", plugins={"stuck": "Stuck", "good": "Writer"})
    conversation, other = uuid.uuid4(), uuid.uuid4()
    for number in range(5):
        emit(number, conversation)
    emit(9, other)
    until(lambda: len(effects(postgres_urls, "good")) == 6, 55)  # the hook would sleep for 60 s
    (row,) = until(lambda: rows("select * from plugin_delivery where attempts > 0"))
    assert (row.plugin, row.attempts, row.timed_out) == ("stuck", 1, True)
    until(lambda: effects(postgres_urls, "stuck")[:3])
    found = until(lambda: (all_ := effects(postgres_urls, "stuck")) and len(all_) >= 4 and all_)
    assert sorted(found) == sorted(
        [(str(conversation), 0), (str(conversation), 1), (str(conversation), 2), (str(other), 9)]
    )


def test_children_die_with_their_parent(start: Start) -> None:
    worker = start("sequencer", "hooks")
    pids = [child.pid for child in children(worker, 3)]
    worker.kill()
    worker.wait()
    until(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids))


def test_sigterm_ends_it_soon_and_cleanly(start: Start, tmp_path: Path) -> None:
    worker = start("drain", "sequencer", "hooks", "jobs", "services")
    children(worker, 6)
    worker.terminate()
    assert worker.wait(60) == 0
    assert "had to be killed" not in (tmp_path / "worker.log").read_text()


def test_jobs_run_and_survive_a_wiped_redis(
    start: Start, app: Any, organization: uuid.UUID, postgres_urls: RoleUrls
) -> None:
    def put(number: int) -> None:
        with app.app_context():
            use_organization(organization)
            enqueue("test.write", number=number)

    start("jobs", "services")
    put(1)
    until(lambda: effects(postgres_urls, "job") == [("", 1)])
    link = app.extensions["ramal.redis"]
    for number in range(2, 6):
        put(number)
        link.client.flushall()
    until(lambda: len(effects(postgres_urls, "job")) >= 5)
    assert sorted(number for _, number in effects(postgres_urls, "job")) == [1, 2, 3, 4, 5]
    assert rows("select count(*) from job where status = 'done'")[0][0] == 5


def test_without_redis_all_goes_on(
    start: Start, emit: Any, app: Any, organization: uuid.UUID, postgres_urls: RoleUrls
) -> None:
    start("sequencer", "hooks", "jobs", plugins={"good": "Writer"}, RAMAL_REDIS_URL="redis://127.0.0.1:1")
    emit(1)
    with app.app_context():
        use_organization(organization)
        enqueue("test.write", number=7)
    until(lambda: effects(postgres_urls, "good") and effects(postgres_urls, "job"))


def test_cut_off_from_postgresql_it_comes_back(start: Start, emit: Any, postgres_urls: RoleUrls) -> None:
    worker = start("sequencer", "hooks", "jobs", "services", plugins={"good": "Writer"})
    pids = {child.pid for child in children(worker, 5)}
    emit(1)
    until(lambda: len(effects(postgres_urls, "good")) == 1)
    for number in (2, 3):
        _cut(postgres_urls)
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
        emit(number)
        until(lambda n=number: len(effects(postgres_urls, "good")) == n)
    assert {child.pid for child in psutil.Process(worker.pid).children()} == pids


def _cut(urls: RoleUrls) -> None:
    """End every session of the two roles; each may end its own role's."""
    for url in (urls.app_url, urls.system_url):
        owner_rows(
            RoleUrls(url, url, url),
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            " and usename = current_user and datname = current_database()",
        )


def test_a_service_runs_once_among_all_workers_and_moves_on(start: Start, tmp_path: Path) -> None:
    ticks = tmp_path / "ticks"
    first = start("services", plugins={"ticker": "Writer"}, TICKS=str(ticks), RAMAL_DEMO="1")
    start("services", plugins={"ticker": "Writer"}, TICKS=str(ticks), RAMAL_DEMO="1")

    def runners() -> list[str]:
        return ticks.read_text().split() if ticks.exists() else []

    until(lambda: len(runners()) > 20)
    assert len(set(runners())) == 1
    before = set(runners())
    first_was_it = psutil.Process(int(before.copy().pop())).ppid() == first.pid
    if first_was_it:
        first.terminate()
        first.wait(60)
        until(lambda: set(runners()) - before)
    assert len(set(runners())) <= 2
