"""The child that runs jobs: an RQ worker, or, while Redis is away, a look into the table."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import uuid
from types import FrameType
from typing import Any

from flask import Flask
from redis import Redis, RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.timeouts import BaseDeathPenalty
from rq.worker import WorkerStatus

from ramal.config import current_settings
from ramal.events.connection import RedisLink, redis_link
from ramal.events.jobs import due_jobs, run_job
from ramal.pipeline.worker.loop import forget_connections
from ramal.pipeline.worker.stopping import Stopping

log = logging.getLogger(__name__)

#: Seconds after which RQ takes a silent worker for dead.
WORKER_TTL = 30


class _NoPenalty(BaseDeathPenalty):
    """RQ's alarm is not needed: a job has its own limit, on the same timer."""

    def setup_death_penalty(self) -> None:
        pass

    def cancel_death_penalty(self) -> None:
        pass


class JobsWorker(SimpleWorker):
    """Runs jobs in this process, one after another. Ends when Redis goes away."""

    death_penalty_class = _NoPenalty
    stopping: Stopping

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGTERM: after the current job, or at once."""
        self.stopping.asked = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Any, Queue] | None:
        """The next id. RQ's own waits for Redis up to a minute at a time; we look elsewhere meanwhile."""
        self.set_state(WorkerStatus.IDLE)
        # A SIGTERM may have come before RQ took the signal over.
        while not self.stopping.asked:
            self.heartbeat()
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
            with contextlib.suppress(DequeueTimeout):
                return self.queue_class.dequeue_any(
                    self.queues, timeout, connection=self.connection, death_penalty_class=self.death_penalty_class
                )
        return None


def run_jobs(app: Flask, stopping: Stopping) -> None:
    """Run jobs until asked to stop."""
    logging.getLogger("rq").setLevel(logging.CRITICAL)
    with app.app_context():
        link = redis_link()
        while not stopping.asked:
            if link.usable() is not None:
                _listen(link, stopping)
            if not stopping.asked:
                run_due_jobs(app)
                stopping.sleep(1.0)


def _listen(link: RedisLink, stopping: Stopping) -> None:
    """Run what RQ hands out, until asked to stop or Redis goes away."""
    try:
        # RQ sets longer timeouts on its connection, and a connection blocks while it waits.
        connection = Redis.from_url(current_settings().redis_url)
        queue = Queue(link.key("jobs"), connection=connection)
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        worker = JobsWorker([queue], connection=connection, name=name, worker_ttl=WORKER_TTL)
        worker.stopping = stopping
        worker.work(logging_level="CRITICAL")
    except RedisError as error:
        log.warning("jobs are looked up without Redis: %s", error)
        link.failed()
    finally:
        stopping.listen()


def run_due_jobs(app: Flask) -> int:
    """Run what is due, straight from the table. Answers how many."""
    try:
        due = due_jobs()
        for job_id, _attempts in due:
            run_job(job_id)
    except Exception:
        log.exception("jobs could not be looked up")
        forget_connections(app)
        return 0
    return len(due)
