"""``python -m bench [name…]``: run the benchmarks, print a table, keep the result.

With names (``accept latency sustained boot dispatch inbox memory boletos batch contracts imports crm web``) only those
run, and the page of the documentation is left alone; with ``--update`` their figures take the place of the last run's.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable

from bench import (
    accept,
    batch,
    boletos,
    boot,
    contracts,
    crm,
    dispatch,
    imports,
    inbox,
    latency,
    memory,
    sustained,
    web,
)
from bench.report import Report

Benchmark = Callable[[Report], None]


def main() -> int:
    """0 when every target was met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name")
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many the inbox holds")
    parser.add_argument("--update", action="store_true", help="put the named ones' figures into the last run's page")
    options = parser.parse_args()
    benchmarks: dict[str, Benchmark] = {
        "accept": accept.run,
        "latency": latency.run,
        "sustained": sustained.run,
        "boot": boot.run,
        "dispatch": dispatch.run,
        "inbox": functools.partial(inbox.run, messages=options.messages),
        "memory": memory.run,
        "boletos": boletos.run,
        "batch": batch.run,
        "contracts": contracts.run,
        "imports": imports.run,
        "crm": crm.run,
        "web": web.run,
    }
    unknown = set(options.names) - benchmarks.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    report = Report()
    for name in options.names or benchmarks:
        print(name, flush=True)
        benchmarks[name](report)
    if options.update:
        print(f"\n{report.among_the_last().write()}")
    elif not options.names:
        print(f"\n{report.write()}")
    return int(any(figure.met is False for figure in report.figures))


if __name__ == "__main__":
    raise SystemExit(main())
