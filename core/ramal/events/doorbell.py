"""Redis as a doorbell: it wakes processes early and holds nothing that can't be lost.

A ring that fails is no error: every loop looks into PostgreSQL by itself once a second, and the
sweeper's next round rings again. Rings of one topic are coalesced for 200 ms by a key that the
listener deletes *before* it reads its work, so that whatever arrives just after rings again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Iterable

from redis import RedisError
from redis.client import PubSub
from rq import Queue, Retry
from rq.exceptions import DuplicateJobError

from ramal.events.connection import RedisLink, redis_link

log = logging.getLogger(__name__)

#: Work waits in: the journal, the unsequenced log, the log for hooks, the outbox.
TOPICS = ("journal", "events", "hooks", "outbox")
COALESCE_MS = 200
#: RQ's own clocks, in seconds. Its results are of no use to us: the job's row has them.
JOB_TIMEOUT = 24 * 3600
_local = threading.local()


def ring(topic: str) -> None:
    """Tell whoever listens to ``topic`` that there is work. Never raises."""
    link = redis_link()
    client = link.usable()
    if client is None:
        return
    try:
        if client.set(link.key("rung", topic), 1, nx=True, px=COALESCE_MS):
            client.publish(link.key("bell", topic), 1)
    except RedisError as error:
        link.failed()
        log.debug("the doorbell %s could not be rung: %s", topic, error)


def ring_job(job_id: uuid.UUID, attempt: int = 0) -> None:
    """Put a job's id on RQ's queue. Never raises.

    The queue's entry is named after the attempt: one that waits is not put there twice, and one
    that died with its worker, which RQ notices only after a minute, does not block the next.
    """
    link = redis_link()
    if link.usable() is None:
        return
    try:
        jobs_queue(link).enqueue(
            "ramal.events.jobs.run_job",
            str(job_id),
            job_id=f"{job_id.hex}-{attempt}",
            unique=True,
            job_timeout=JOB_TIMEOUT,
            result_ttl=0,
            failure_ttl=60,
            retry=Retry(max=1),
        )
    except DuplicateJobError:
        return
    except RedisError as error:
        link.failed()
        log.debug("job %s could not be announced: %s", job_id, error)


def jobs_queue(link: RedisLink) -> Queue:
    """RQ's queue of job ids."""
    assert link.client is not None
    return Queue(link.key("jobs"), connection=link.client)


def wait(topics: Iterable[str], timeout: float) -> None:
    """Wait until one of ``topics`` rings, or ``timeout`` seconds. Returns at once the first time.

    Without Redis it only waits: the caller looks for work anyway when this returns.
    """
    link, names = redis_link(), tuple(topics)
    ears = _local.__dict__.setdefault("ears", {})
    ear = ears.get(names)
    if ear is None or ear.link is not link:
        ear = ears[names] = Ear(link, names)
    ear.wait(timeout)


class Ear:
    """A subscription to some topics, made again whenever Redis went away."""

    def __init__(self, link: RedisLink, topics: tuple[str, ...]) -> None:
        self.link = link
        self._rung = [link.key("rung", topic) for topic in topics]
        self._channels = [link.key("bell", topic) for topic in topics]
        self._subscription: PubSub | None = None

    def wait(self, timeout: float) -> None:
        """See :func:`wait`."""
        client = self.link.usable()
        if client is None:
            time.sleep(timeout)
            return
        try:
            if self._subscription is None:
                # What was rung before we listened is found by looking: return at once.
                self._subscription = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                self._subscription.subscribe(*self._channels)
            else:
                self._hear(self._subscription, timeout)
            client.delete(*self._rung)
        except (RedisError, OSError, ValueError) as error:
            log.info("Redis does not answer (%s); polling instead", error)
            self.close()
            self.link.failed()

    def _hear(self, subscription: PubSub, timeout: float) -> None:
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            if subscription.get_message(timeout=left) is not None:
                break
        while subscription.get_message(timeout=0) is not None:
            pass

    def close(self) -> None:
        """Let the subscription go; the next wait makes another."""
        if self._subscription is not None:
            with contextlib.suppress(RedisError, OSError):
                self._subscription.close()
            self._subscription = None
