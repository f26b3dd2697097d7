"""The inbox's list, thread and search over HTTP when an organization has a million messages."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Figure, Report, percentiles
from bench.stage import Stage, stage
from ramal.testing.remote import RemoteApi

ROUNDS = 60
PER_CONVERSATION = 10
_FILL = Path(__file__).with_name("fill.sql")


def run(report: Report, messages: int = 1_000_000) -> None:
    """An agent's requests one after the other: what one click waits for."""
    with stage() as made:
        api = made.team.api_as(made.team.agents[0])
        small = _list_time(api)
        began = time.perf_counter()
        fill(made, messages)
        seconds = time.perf_counter() - began
        note = f"{messages:,} messages in {messages // PER_CONVERSATION:,} conversations, filled in {seconds:.0f} s"
        _add(report, "inbox: first page", lambda: api.get("/conversations", tab="all", page_size=50), note)
        _add(report, "inbox: a deep page", _deep(api), "keyset, 20 pages down")
        _add(report, "inbox: counts", lambda: api.get("/conversations/counts"), "")
        conversation = api.get("/conversations", tab="all", page_size=1)["items"][0]["id"]
        _add(report, "thread: newest 50", lambda: api.get(f"/conversations/{conversation}/messages", page_size=50), "")
        _add(report, "search: a common word", lambda: api.get("/conversations", q="pedido", status="all"), "")
        _add(report, "search: a rare word", lambda: api.get("/conversations", q="raridade4711", status="all"), "")
        report.add(Figure("inbox: first page, empty organization", small, "ms, p50", note="the floor: HTTP and login"))


def fill(made: Stage, messages: int) -> None:
    """Write conversations and messages straight into the tables, as the owner role."""
    conversations = max(1, messages // PER_CONVERSATION)
    values = {"organization": made.team.id, "channel": made.channel["id"], "conversations": conversations}
    made.execute(*filter(str.strip, _FILL.read_text().split(";\n")), **values)
    made.vacuum()


def _list_time(api: RemoteApi) -> float:
    return percentiles(_times(lambda: api.get("/conversations", tab="all", page_size=50)))[0]


def _add(report: Report, name: str, ask: Callable[[], object], note: str) -> None:
    p50, p95, _ = percentiles(_times(ask))
    words = f"p95 {p95:.0f} ms" + (f"; {note}" if note else "")
    report.add(Figure(name, p50, "ms, p50", note=words))


def _times(ask: Callable[[], object]) -> list[float]:
    """Milliseconds of each round, after two that warm up."""
    times = []
    for _ in range(ROUNDS + 2):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return times[2:]


def _deep(api: RemoteApi) -> Callable[[], object]:
    cursor = None
    for _ in range(20):
        cursor = api.get("/conversations", tab="all", page_size=50, cursor=cursor)["next_cursor"]
        if cursor is None:
            raise RuntimeError("too few conversations for a deep page")
    return lambda: api.get("/conversations", tab="all", page_size=50, cursor=cursor)
