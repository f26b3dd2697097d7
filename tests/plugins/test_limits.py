"""Time limits where gevent has patched the standard library: in a process of its own, as a web server is one."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = """
from gevent import monkey; monkey.patch_all()
import signal, time
import gevent
from ramal.plugins.limits import time_limit, TimeLimitExceeded

def compute(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

def stubborn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            compute(seconds)
        except BaseException:
            pass

def limited(seconds, work, *arguments):
    began = time.monotonic()
    try:
        with time_limit(seconds):
            work(*arguments)
    except TimeLimitExceeded:
        return "stopped", time.monotonic() - began
    return "done", time.monotonic() - began
"""
#: Nothing rings on when nobody is due.
QUIET = """
end = time.monotonic() + 10
while signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0):
    assert time.monotonic() < end
    gevent.sleep(0.05)
"""


def run(code: str, then: str = QUIET) -> str:
    """What a patched process prints."""
    done = subprocess.run([sys.executable, "-c", f"{HEAD}{code}\n{then}"], capture_output=True, text=True, timeout=60)  # noqa: PLW1510
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("work", ["time.sleep", "compute", "gevent.sleep"])
def test_a_hook_that_waits_or_computes_is_stopped(work: str) -> None:
    assert run(f"how, seconds = limited(0.2, {work}, 20)\nassert 0.1 < seconds < 10, seconds\nprint(how)") == "stopped"


def test_one_that_swallows_the_alarm_meets_the_next() -> None:
    """It ends by itself after three seconds; what it must not do is stop the process's other work for twenty."""
    code = (
        "def once(seconds):\n"
        "    try:\n        compute(20)\n"
        "    except BaseException:\n        compute(20)\n"
        "how, seconds = limited(0.2, once, 0)\nassert seconds < 10, seconds\nprint(how)"
    )
    assert run(code) == "stopped"


def test_the_alarm_means_only_the_greenlet_whose_time_is_over() -> None:
    """While one waits for its end, another computes without a limit: nobody interrupts that one."""
    code = (
        "waiting = gevent.spawn(limited, 0.2, gevent.sleep, 20)\n"
        "gevent.sleep(0)\n"
        "compute(1.5)\n"
        "print('computed', waiting.get()[0])"
    )
    assert run(code) == "computed stopped"


def test_limits_of_several_greenlets_hold_side_by_side() -> None:
    code = (
        "long = gevent.spawn(limited, 30, gevent.sleep, 1)\n"
        "short = gevent.spawn(limited, 0.3, compute, 20)\n"
        "quick = gevent.spawn(limited, 30, compute, 0.1)\n"
        "print(long.get()[0], short.get()[0], quick.get()[0])"
    )
    assert run(code) == "done stopped done"


def test_an_outer_limit_goes_on_after_an_inner_one() -> None:
    code = (
        "def nested():\n"
        "    assert limited(0.1, compute, 20)[0] == 'stopped'\n"
        "    assert limited(20, compute, 0.1)[0] == 'done'\n"
        "    compute(20)\n"
        "how, seconds = limited(0.8, nested)\nassert 0.7 < seconds < 10, seconds\nprint(how)"
    )
    assert run(code) == "stopped"


def test_a_process_that_ends_while_the_timer_rings_ends_well() -> None:
    assert run("print(limited(5, gevent.sleep, 0)[0])", then="") == "done"


def test_off_the_main_thread_computing_is_let_be() -> None:
    """A signal can only interrupt the main thread; a native thread does not block the server's hub either."""
    code = "print(gevent.get_hub().threadpool.apply(limited, (0.1, compute, 0.5))[0])\n"
    assert run(code) == "done"
