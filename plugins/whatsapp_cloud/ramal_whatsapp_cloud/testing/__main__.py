"""``python -m ramal_whatsapp_cloud.testing``: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from ramal_whatsapp_cloud.testing.simulator import GraphSimulator


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; prints the URL first."""
    parser = argparse.ArgumentParser(prog="python -m ramal_whatsapp_cloud.testing", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--callback-url", help="where webhooks go")
    parser.add_argument("--living", action="store_true", help="customers write by themselves")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with GraphSimulator(host=options.host, port=options.port, data_dir=options.data_dir) as simulator:
        if options.callback_url:
            simulator.connect(options.callback_url)
        if options.living:
            simulator.configure(living=True)
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
