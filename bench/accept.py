"""How many signed webhooks a second are accepted (committed, then 200), beside the bare INSERT by pgbench."""

from __future__ import annotations

import re
import subprocess
import time
from urllib.parse import parse_qs, unquote, urlsplit

from bench.loadgen import Outcome
from bench.report import Figure, Report, percentiles
from bench.stage import Stage, stage
from ramal.embedded import postgres_binary
from ramal.testing.waiting import wait_for

SECONDS = 8
CLIENTS = 32
TARGET = 0.15
_INSERT = """\
insert into inbound_delivery (id, organization_id, channel_id, key, headers, raw)
values (gen_random_uuid(), '{organization}', '{channel}', encode(sha256(gen_random_uuid()::text::bytea), 'hex'),
 '{{"x-hub-signature-256": "sha256={zeros}"}}', decode(repeat('7b', 700), 'hex'));
"""


def run(report: Report) -> None:
    """Four web processes, no worker: acceptance alone; then the time a worker takes for what piled up."""
    with stage(web_processes=4) as made:
        made.installation.worker.stop()
        made.load(made.plan(mark="warm", seconds=1.0))
        before = pgbench(made)
        outcome = made.load(made.plan(mark="accept", seconds=SECONDS, connections=CLIENTS))
        after = pgbench(made)
        stored = made.installation.value("select count(*) from inbound_delivery where status = 'pending'")
        if stored < outcome.answered:
            raise RuntimeError(f"{outcome.answered} webhooks were answered with 200, {stored} are stored")
        report.add(_accepted(outcome, (before + after) / 2))
        report.add(_drained(made, stored))


def _accepted(outcome: Outcome, baseline: float) -> Figure:
    accepted = outcome.answered / outcome.seconds
    p50, _, p99 = percentiles(outcome.latencies)
    note = f"{CLIENTS} connections, 4 web processes; p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"
    if outcome.refused:
        note += f"; {outcome.refused} refused"
    ratio = accepted / baseline
    name = "INSERT by pgbench -M prepared -c 32"
    return Figure(
        "webhooks accepted", accepted, "/s", baseline, name, ratio, f"ratio ≥ {TARGET}", ratio >= TARGET, note
    )


def _drained(made: Stage, backlog: int) -> Figure:
    """A worker's pace when there is more than it can do: journal to messages."""
    made.installation.worker.start()
    pending = "select count(*) from inbound_delivery where status = 'pending'"
    wait_for(lambda: made.installation.value(pending) < backlog, "the worker", timeout=60)
    first, began = made.installation.value(pending), time.perf_counter()
    wait_for(lambda: made.installation.value(pending) == 0, "the backlog", timeout=600, pause=0.25)
    pace = first / (time.perf_counter() - began)
    return Figure("backlog drained by one worker", pace, "messages/s", note=f"{backlog} single-message deliveries")


def pgbench(made: Stage) -> float:
    """Transactions a second of the journal's own single-row INSERT, as the role that the web server uses."""
    script = made.folder / "insert.sql"
    organization, channel = made.team.id, made.channel["id"]
    script.write_text(_INSERT.format(organization=organization, channel=channel, zeros="0" * 64))
    url = urlsplit(made.installation.urls.system_url)
    query = parse_qs(url.query)
    command = [str(postgres_binary("pgbench")), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2"]
    command += ["-T", str(SECONDS), "-f", str(script), "-h", query["host"][0], "-p", query.get("port", ["5432"])[0]]
    command += ["-U", url.username or "", url.path.lstrip("/")]
    environment = {"PGPASSWORD": unquote(url.password or ""), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found = re.search(r"tps = ([\d.]+)", result.stdout)
    if found is None:
        raise RuntimeError(f"pgbench: {result.stdout}{result.stderr}")
    made.execute("delete from inbound_delivery where raw = decode(repeat('7b', 700), 'hex')")
    return float(found[1])
