"""From a provider's POST to the agent's socket, at 100 messages a second, with one worker."""

from __future__ import annotations

import json
import threading
import time

from simple_websocket import Client, ConnectionClosed

from bench.loadgen import Outcome
from bench.report import Figure, Report, percentiles
from bench.stage import Stage, stage

RATE, SECONDS = 100, 30
TARGET_MS = 250.0


def run(report: Report) -> None:
    """The load generator notes when it sends, this process when the frame arrives: one clock, one machine."""
    with stage() as made:
        made.load(made.plan(mark="warm", seconds=3.0, rate=50))
        made.installation.wait_quiet()
        agent = Agent(made)
        load = made.begin(made.plan(mark="latency", seconds=SECONDS, rate=RATE))
        outcome = load.finish()
        arrived = agent.wait_for(len(outcome.sent_at), timeout=30.0)
        agent.close()
        for figure in _figures(outcome, arrived):
            report.add(figure)


def _figures(outcome: Outcome, arrived: dict[str, float]) -> list[Figure]:
    waits = [(arrived[wamid] - sent) * 1000 for wamid, sent in outcome.sent_at.items() if wamid in arrived]
    lost = len(outcome.sent_at) - len(waits)
    p50, p95, p99 = percentiles(waits)
    note = f"{RATE}/s for {SECONDS} s, 1 worker, 2 web processes; {len(waits)} messages, {lost} did not arrive"
    met = p95 < TARGET_MS and not lost
    return [
        Figure("webhook → agent's socket, p50", p50, "ms", note=note),
        Figure("webhook → agent's socket, p95", p95, "ms", target=f"< {TARGET_MS:.0f} ms", met=met),
        Figure("webhook → agent's socket, p99", p99, "ms"),
    ]


class Agent:
    """A socket as an agent's browser holds it; notes when each message arrives."""

    def __init__(self, made: Stage) -> None:
        api = made.team.api_as(made.team.agents[0])
        ticket = api.post("/ws-ticket")["ticket"]
        address = made.installation.url.replace("http://", "ws://")
        self._socket = Client.connect(f"{address}/ws?ticket={ticket}")
        self._socket.send(json.dumps({"type": "hello", "last": None}))
        self._arrived: dict[str, float] = {}
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait_for(self, count: int, timeout: float) -> dict[str, float]:
        """Message id → wall-clock time of arrival, once ``count`` have come or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._arrived) >= count, timeout)
            return dict(self._arrived)

    def close(self) -> None:
        """Leave."""
        self._socket.close()
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        try:
            while True:
                frame = self._socket.receive()
                now = time.time()
                event = json.loads(frame)
                if event["type"] == "message.created":
                    with self._changed:
                        self._arrived[event["data"]["message"]["provider_id"]] = now
                        self._changed.notify_all()
        except ConnectionClosed:
            return
