"""The loop of a child: work as long as there is some, then wait for the doorbell."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from flask import Flask

from ramal.database.session import db
from ramal.events import doorbell
from ramal.pipeline.worker.stopping import Stopping

log = logging.getLogger(__name__)

#: Seconds without a ring after which a loop looks for work by itself.
POLL = 1.0
#: Seconds before another try when PostgreSQL does not answer: doubled each time, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0

Step = Callable[[], int]


def work(app: Flask, stopping: Stopping, topics: Sequence[str], step: Step, *, poll: float = POLL) -> None:
    """Call ``step`` until asked to stop. It answers how much it did; 0 sends the loop to wait."""
    failures = 0
    while not stopping.asked:
        try:
            with app.app_context():
                handled = step()
            failures = 0
        except Exception:
            failures += 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
            log.exception("a round failed; the next one is in %g s", pause)
            forget_connections(app)
            stopping.sleep(pause)
            continue
        if not handled:
            with app.app_context():
                stopping.wait(lambda: doorbell.wait(topics, poll))


def forget_connections(app: Flask, *, close: bool = True) -> None:
    """Begin anew with PostgreSQL. ``close=False`` after a fork: the connections are the parent's."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose(close=close)
