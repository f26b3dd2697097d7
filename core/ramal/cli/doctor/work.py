"""The worker: does somebody do what waits, and is anything stuck."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from rq import Worker
from sqlalchemy import text

from ramal.cli.doctor.findings import Finding, ill, mind, well
from ramal.database.session import system_transaction
from ramal.events.connection import redis_link
from ramal.events.doorbell import jobs_queue

#: Seconds after which work that nobody took means that no worker runs.
PATIENCE = 60
#: What waits, as (name, oldest in seconds).
_WAITING = text("""
select * from (values
  ('webhooks', (select extract(epoch from now() - min(created_at)) from inbound_delivery
                where status = 'pending')),
  ('events', (select extract(epoch from now() - min(created_at)) from event where position is null)),
  ('events for plugins', (select extract(epoch from now() - min(created_at)) from event
                          where position is not null and delivered_at is null)),
  ('jobs', (select extract(epoch from now() - min(run_at)) from job where status = 'queued' and run_at < now()))
) as waiting (name, age) where age is not null
""")
_STUCK = text("""
select (select count(*) from inbound_delivery where status = 'parked')
       + (select count(*) from inbound_item where status = 'parked') as unprocessed,
       (select count(*) from plugin_delivery where status = 'dead')
       + (select count(*) from job where status = 'failed') as dead
""")


def look_at_work(app: Flask) -> Iterator[Finding]:
    """What waits, who works, and what rests until a person looks."""
    with app.app_context():
        with system_transaction() as session:
            waiting = {name: float(age) for name, age in session.execute(_WAITING)}
            unprocessed, dead = session.execute(_STUCK).one()
        workers = _workers()
    yield _worker(waiting, workers)
    if unprocessed:
        yield mind("unprocessed", f"{unprocessed} received items could not be read", "See Settings › Unprocessed.")
    if dead:
        yield mind("dead letters", f"{dead} deliveries or jobs gave up", "See Settings › Dead letters.")


def _worker(waiting: dict[str, float], workers: int) -> Finding:
    late = {name: age for name, age in waiting.items() if age > PATIENCE}
    if late:
        worst = max(late, key=lambda name: late[name])
        detail = f"{worst} wait for {late[worst]:.0f} s"
        if workers:
            return ill("worker", f"{detail}, though {workers} workers run", "See the worker's log; start more of them.")
        return ill("worker", f"{detail}, and no worker runs", "Start `ramal worker` (or `ramal up`).")
    if not workers:
        return ill("worker", "none runs", "Start `ramal worker` (or `ramal up`).")
    return well("worker", f"{workers} running, nothing waits")


def _workers() -> int:
    """How many have shown a sign of life; 0 where Redis can't tell."""
    link = redis_link()
    return 0 if link.client is None else Worker.count(queue=jobs_queue(link))
