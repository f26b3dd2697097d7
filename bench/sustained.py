"""500 messages a second for a minute, one worker, two event hooks that write: does the backlog stay small?"""

from __future__ import annotations

import time

from bench.report import Figure, Report
from bench.stage import Load, Stage, stage
from ramal.testing.waiting import wait_for

RATE, SECONDS = 500, 60
#: Seconds the worker may still need when the load has ended.
GRACE = 3.0
_BACKLOG = """
select (select count(*) from inbound_delivery where status = 'pending')
     + (select count(*) from event where delivered_at is null) as backlog
"""


def run(report: Report) -> None:
    """The figure is what was applied and handed to both hooks, divided by the time from the first to the last."""
    with stage(plugins=True) as made:
        made.load(made.plan(mark="warm", seconds=3.0, rate=100))
        made.installation.wait_quiet()
        made.vacuum()
        load = made.begin(made.plan(mark="sustained", seconds=SECONDS, rate=RATE, parties=2000))
        worst = _watch(made, load)
        outcome = load.finish()
        ended = time.perf_counter()
        wait_for(lambda: made.installation.value(_BACKLOG) == 0, "the backlog", timeout=300, pause=0.1)
        rest = time.perf_counter() - ended
        _check(made, outcome.answered)
        pace = outcome.answered / (outcome.seconds + rest)
        note = (
            f"{outcome.answered} messages in {outcome.seconds:.0f} s, 2,000 people, 2 plugins writing a row each; "
            f"backlog at most {worst}, gone {rest:.1f} s after the load"
        )
        met = rest <= GRACE and outcome.answered >= RATE * SECONDS * 0.99
        report.add(Figure("sustained by one worker", pace, "messages/s", target=f"≥ {RATE}/s", met=met, note=note))


def _watch(made: Stage, load: Load) -> int:
    worst = 0
    while load.running:
        worst = max(worst, made.installation.value(_BACKLOG))
        time.sleep(0.5)
    return worst


def _check(made: Stage, answered: int) -> None:
    """Every message once, in both plugins' tables."""
    (row,) = made.installation.rows(
        "select (select count(*) from message where provider_id like 'wamid.sustained%') as messages,"
        " (select count(*) from plugin_witness.sighting s join message m on m.id = s.message_id"
        "  where m.provider_id like 'wamid.sustained%') as sightings"
    )
    if row != {"messages": answered, "sightings": answered}:
        raise RuntimeError(f"{answered} webhooks were answered, but there are {row}")
