"""Bringing plugins up in an application: each in its own try, so that none can stop the boot.

load (``plugins.loading``) → what the database says (``plugins.states``) → hookspecs of plugins →
register → boot hooks → freeze → keep the states. A record's ``state`` and ``error`` tell the rest.
"""

from __future__ import annotations

import inspect
from typing import Any

import structlog
from flask import Flask

from ramal import hookspecs
from ramal.config import Settings
from ramal.errors import PluginError
from ramal.plugins import contribute
from ramal.plugins.loading import attempt, block_dependents, load_plugins
from ramal.plugins.registry import FAILED, PluginRecord, Registry
from ramal.plugins.resources import add_resources
from ramal.plugins.states import read_states, save_states

log = structlog.get_logger("ramal.plugins")


def boot(app: Flask, settings: Settings) -> Registry:
    """Load and register the plugins of ``app``; PluginError for a failed one only under RAMAL_STRICT_PLUGINS."""
    registry = load_plugins(settings)
    app.extensions["ramal.plugins"] = registry
    add_resources(app, registry)
    registry.manager.add_hookspecs(hookspecs)
    with app.app_context():
        read_states(registry)
        for step in (_add_specs, _register, _check_known, _contribute):
            for record in registry.installed():
                if record.state == "installed" and not _step(app, registry, record, step):
                    block_dependents(registry)
        registry.freeze()
        if not registry.unverified:
            save_states(registry)
    if settings.strict_plugins:
        _insist(registry)
    return registry


def _step(app: Flask, registry: Registry, record: PluginRecord, step: Any) -> bool:
    went_well = attempt(record, step.__name__.strip("_").replace("_", " "), lambda: step(app, registry, record))
    if not went_well and registry.manager.has_plugin(record.name):
        registry.manager.unregister(name=record.name)
    return went_well


def _add_specs(_app: Flask, registry: Registry, record: PluginRecord) -> None:
    """Add the hooks the plugin declares, before anything implements them: the error is then its own."""
    manager = registry.manager
    if manager.parse_hookimpl_opts(record.plugin, "register_hookspecs") is None:
        return
    for namespace in record.plugin.register_hookspecs():  # type: ignore[union-attr]
        for name in dir(namespace):
            if manager.parse_hookspec_opts(namespace, name) is None:
                continue
            caller = getattr(manager.hook, name, None)
            if caller is not None and caller.has_spec():
                raise PluginError(f"the hook {name} is already declared")
        manager.add_hookspecs(namespace)


def _register(_app: Flask, registry: Registry, record: PluginRecord) -> None:
    """Register the implementations; pluggy refuses arguments that the specification lacks."""
    manager = registry.manager
    for name, member in inspect.getmembers_static(type(record.plugin)):
        options = manager.parse_hookimpl_opts(record.plugin, name) if callable(member) else None
        if options and (options.get("wrapper") or options.get("hookwrapper")):
            raise PluginError(f"{name} is a hook wrapper: only the core wraps hooks")
    manager.register(record.plugin, name=record.name)


def _check_known(_app: Flask, registry: Registry, record: PluginRecord) -> None:
    """pluggy's ``check_pending``, for one plugin at a time so that the blame is the right one's."""
    for caller in registry.manager.get_hookcallers(record.plugin) or ():
        if caller.has_spec():
            continue
        for implementation in caller.get_hookimpls():
            if implementation.plugin is record.plugin and not implementation.optionalhook:
                raise PluginError(
                    f"it implements {caller.name}, which nobody declares"
                    " (say optionalhook=True if the plugin that declares it may be absent)"
                )


def _contribute(app: Flask, registry: Registry, record: PluginRecord) -> None:
    contribute.apply(app, record, contribute.ask(record, registry))


def _insist(registry: Registry) -> None:
    wanted = [r for r in registry.records.values() if registry.allowed is None or r.name in registry.allowed]
    failed = [record for record in wanted if record.state in FAILED | {"pending_upgrade"}]
    if failed:
        raise PluginError("; ".join(f"{record.name} is {record.state}: {record.error}" for record in failed))
