"""``python -m ramal_whatsapp_web.testing``: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ramal_whatsapp_web.testing.simulator import API_KEY, WahaSimulator


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; prints the URL first."""
    parser = argparse.ArgumentParser(prog="python -m ramal_whatsapp_web.testing", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the simulator in one real second")
    parser.add_argument("--fast", action="store_true", help="no delays but those of QR codes")
    parser.add_argument("--living", action="store_true", help="people write by themselves")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    knobs: dict[str, Any] = {name: True for name in ("fast", "living") if getattr(options, name)}
    simulator = WahaSimulator(
        host=options.host,
        port=options.port,
        data_dir=options.data_dir,
        api_key=options.api_key,
        speed=options.speed,
        **knobs,
    )
    with simulator:
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
