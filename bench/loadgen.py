"""A small HTTP load generator in a process of its own: kept-alive connections, one request in flight on each.

``python -m bench.loadgen PLAN.json`` prints one JSON object. One epoll loop and requests that are
built and signed before the clock starts keep it cheap: it shares the machine with what it measures.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import selectors
import socket
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.payloads import customer_text


@dataclass
class Plan:
    """What to send. ``rate`` in requests a second (None: as fast as answers come)."""

    host: str
    port: int
    path: str
    secret: str
    number: str
    account: str
    connections: int = 32
    seconds: float = 6.0
    rate: float | None = None
    parties: int = 500
    #: What makes the bodies of this run different from those of another.
    mark: str = "load"
    #: Requests that are ready before the clock starts.
    prepared: int = 60_000


@dataclass
class Outcome:
    """What came back; latencies in seconds."""

    answered: int = 0
    refused: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    #: Message id → wall-clock time of sending, for paced runs.
    sent_at: dict[str, float] = field(default_factory=dict)


class Connection:
    """One kept-alive connection."""

    def __init__(self, plan: Plan) -> None:
        self.socket = socket.create_connection((plan.host, plan.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.began = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        """Send a request; small ones always fit into the socket's buffer."""
        self.began = time.perf_counter()
        self._received = b""
        self.socket.sendall(request)

    def answer(self) -> int | None:
        """The status when the answer is complete, else None."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionResetError("the server closed a kept-alive connection")
        self._received += chunk
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return int(head[9:12]) if len(body) >= length else None


def run(plan: Plan) -> Outcome:
    """Send until the time is over, then wait for the last answers."""
    count = min(plan.prepared, int((plan.rate or plan.prepared) * plan.seconds) + 1)
    requests = deque(prepare(plan, number) for number in range(count))
    selector = selectors.DefaultSelector()
    idle = [Connection(plan) for _ in range(plan.connections)]
    for connection in idle:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    outcome, busy = Outcome(), 0
    start = time.perf_counter()
    due = 0
    while True:
        now = time.perf_counter() - start
        sending = now < plan.seconds and bool(requests)
        if plan.rate is not None:
            due = int(now * plan.rate) + 1 - (count - len(requests))
        while sending and idle and requests and (plan.rate is None or due > 0):
            wamid, request = requests.popleft()
            if plan.rate is not None:
                outcome.sent_at[wamid] = time.time()
            idle.pop().send(request)
            busy, due = busy + 1, due - 1
        if not sending and not busy:
            break
        for key, _ in selector.select(0.001 if plan.rate else 1.0):
            connection = key.data
            status = connection.answer()
            if status is None:
                continue
            outcome.latencies.append(time.perf_counter() - connection.began)
            outcome.answered += status == 200
            outcome.refused += status != 200
            idle.append(connection)
            busy -= 1
    outcome.seconds = time.perf_counter() - start
    return outcome


def prepare(plan: Plan, number: int) -> tuple[str, bytes]:
    """The id of a message, and the signed request that carries it."""
    wamid = f"wamid.{plan.mark}{number:08d}"
    body = json.dumps(
        customer_text(plan.number, plan.account, wamid, f"55119{number % plan.parties:08d}", f"Mensagem {number}")
    ).encode()
    signature = hmac.new(plan.secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {plan.path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: sha256={signature}\r\n\r\n"
    )
    return wamid, head.encode() + body


def main() -> int:
    """Run the plan in the file that the command line names."""
    plan: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps(asdict(run(Plan(**plan)))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
