"""A worker in a process of its own, with the tests' plugins: ``process_worker.py <role>…``."""

from __future__ import annotations

import json
import os
import sys

import fakes

from ramal import hookspecs
from ramal.app import create_app
from ramal.config import load_settings
from ramal.events.jobs import register_job
from ramal.pipeline.worker.children import roles
from ramal.pipeline.worker.parent import Worker
from ramal.plugins.contributions import Service
from ramal.plugins.registry import Contributions, PluginRecord, Registry


def main() -> int:
    """``PLUGINS``: JSON {name: class in fakes}; ``TICKS``: a file for a service."""
    app = create_app(load_settings())
    plugins = {name: getattr(fakes, kind)(name) for name, kind in json.loads(os.environ["PLUGINS"]).items()}
    registry = Registry(PluginRecord(name, state="installed") for name in plugins)
    registry.manager.add_hookspecs(hookspecs)
    for name, plugin in plugins.items():
        registry.manager.register(plugin, name)
        if "TICKS" in os.environ:
            service = Service("tick", fakes.Ticking(os.environ["TICKS"]).run, demo=True)
            registry.records[name].contributions = Contributions(services=(service,))
    registry.freeze()
    app.extensions["ramal.plugins"] = registry
    register_job("test.write", fakes.write_job)
    wanted = set(sys.argv[1:])
    return Worker(app, [role for role in roles(load_settings()) if role.name.partition("-")[0] in wanted]).run()


if __name__ == "__main__":
    sys.exit(main())
