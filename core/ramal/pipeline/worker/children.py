"""What each child does. All of them may run any number of times, on any number of machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Flask

from ramal.config import Settings
from ramal.events.worker_steps import Share, deliver_once, sequence_once
from ramal.pipeline.worker.jobs import run_jobs
from ramal.pipeline.worker.loop import work
from ramal.pipeline.worker.services import run_services
from ramal.pipeline.worker.stopping import Stopping

#: Processes that call hooks, for each one that drains: plugins' code costs more than a message does.
HOOKS_FOR_EACH_DRAIN = 2


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of child: ``run`` returns after it was asked to stop."""

    name: str
    run: Callable[[Flask, Stopping], None]
    count: int = 1


def roles(settings: Settings) -> list[Role]:
    """The children of one worker.

    Hooks have processes of their own, so that a slow plugin delays neither messages nor sockets.
    """
    count = max(1, settings.worker_processes)
    callers = HOOKS_FOR_EACH_DRAIN * count
    return [
        Role("drain", drain, count),
        Role("sequencer", sequencer),
        *(Role(f"hooks-{number + 1}", partial(hooks, share=Share(number, callers))) for number in range(callers)),
        Role("sender", sender),
        Role("jobs", run_jobs, count),
        Role("services", run_services),
    ]


def drain(app: Flask, stopping: Stopping) -> None:
    """Journal → messages."""
    from ramal.pipeline.inbound.drain import drain_once

    work(app, stopping, ("journal",), drain_once)


def sequencer(app: Flask, stopping: Stopping) -> None:
    """Positions for the event log."""
    work(app, stopping, ("events",), sequence_once)


def hooks(app: Flask, stopping: Stopping, share: Share) -> None:
    """Events → plugins; conversations in its own share of the buckets first."""
    work(app, stopping, ("hooks",), partial(deliver_once, share))


def sender(app: Flask, stopping: Stopping) -> None:
    """Outbox → channels."""
    from ramal.pipeline.outbound import Sender

    with app.app_context():
        outgoing = Sender()
    try:
        # Held and throttled sends come due by the clock, without a ring.
        work(app, stopping, ("outbox",), outgoing.run_once, poll=0.25)
    finally:
        with app.app_context():
            outgoing.close()
