"""A plugin of coverage.py: only processes with greenlets pay for telling greenlets apart.

With ``concurrency = gevent`` coverage looks up, in Python, whose call it is at every call of every function; a suite
takes a third longer. Our web servers need it, as greenlets take turns inside our code there. Elsewhere nothing of ours
is left half done when another greenlet goes on (Playwright's take turns outside of it).
"""

from __future__ import annotations

import sys
from typing import Any

from coverage import CoveragePlugin
from coverage.plugin_support import Plugins
from coverage.types import TConfigurable

_SERVERS = ("gunicorn", "gevent")


class Concurrency(CoveragePlugin):
    """Says what takes turns in this process, by its command line."""

    def configure(self, config: TConfigurable) -> None:
        """Called by coverage in every process that it measures, at its start or its fork."""
        with_greenlets = any(name in argument for argument in sys.orig_argv for name in _SERVERS)
        config.set_option("run:concurrency", ["thread", "gevent"] if with_greenlets else ["thread"])


def coverage_init(reg: Plugins, _options: dict[str, Any]) -> None:
    """What coverage calls of a module that its settings name."""
    reg.add_configurer(Concurrency())
