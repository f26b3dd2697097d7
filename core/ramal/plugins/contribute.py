"""Boot hooks: asked one plugin at a time, checked, and applied only when all of that plugin's succeeded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click
from flask import Blueprint, Flask

from ramal.errors import PluginError
from ramal.plugins.contributions import JobType, MenuItem, Service, SlotFragment
from ramal.plugins.registry import Contributions, PluginRecord, Registry
from ramal.plugins.slots import SLOTS

#: What an area above this one does with what a boot hook returned: (app, record, values).
Taker = Callable[[Flask, PluginRecord, Any], None]
_TAKERS = "ramal.plugins.takers"

MENUS = frozenset({"main", "settings"})


def take(app: Flask, hook: str, taker: Taker) -> None:
    """Let an area have what plugins return from ``hook`` (or "permissions": their manifest's).

    Called in an area's wiring, before plugins boot. A taker raises PluginError for values it
    refuses; the plugin is broken then.
    """
    app.extensions.setdefault(_TAKERS, {}).setdefault(hook, []).append(taker)


def ask(record: PluginRecord, registry: Registry) -> Contributions:
    """Call the plugin's boot hooks and check what they return. Raises PluginError, or what a hook raises."""

    def returned(hook: str) -> tuple[Any, ...]:
        for implementation in registry.implementations(hook):
            if implementation.record is record:
                return _listed(hook, implementation.function())
        return ()

    return Contributions(
        blueprints=_each("register_blueprints", returned, Blueprint),
        channels=returned("register_channels"),
        services=_each("register_services", returned, Service),
        csp_sources=_csp(record, registry),
        commands=_each("register_cli", returned, click.Command),
        slots=_slots(_each("register_slots", returned, SlotFragment)),
        menu_items=_menu(_each("register_menu_items", returned, MenuItem)),
        document_types=_each("register_document_types", returned, str),
        routing_strategies=returned("register_routing_strategies"),
        jobs=_named(_each("register_jobs", returned, JobType)),
        event_types=returned("register_event_types"),
    )


def apply(app: Flask, record: PluginRecord, found: Contributions) -> None:
    """Give what the plugin brought to the areas. What may still fail comes first, routes come last."""
    takers: Mapping[str, list[Taker]] = app.extensions.get(_TAKERS, {})
    values = {
        "permissions": record.manifest.permissions,
        "register_channels": found.channels,
        "register_csp_sources": found.csp_sources,
        "register_routing_strategies": found.routing_strategies,
        "register_document_types": found.document_types,
        "register_event_types": found.event_types,
        "register_blueprints": found.blueprints,
    }
    for hook, value in values.items():
        for taker in takers.get(hook, ()) if value else ():
            taker(app, record, value)
    record.contributions = found


def _listed(hook: str, values: Any) -> tuple[Any, ...]:
    if values is None:
        return ()
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise PluginError(f"{hook} answered with {type(values).__name__}, where a list is wanted")
    return tuple(values)


def _each(hook: str, returned: Callable[[str], tuple[Any, ...]], class_: type) -> tuple[Any, ...]:
    values = returned(hook)
    for value in values:
        if not isinstance(value, class_):
            raise PluginError(f"{hook} answered with {type(value).__name__}, where {class_.__name__} is wanted")
    return values


def _csp(record: PluginRecord, registry: Registry) -> Mapping[str, tuple[str, ...]]:
    for implementation in registry.implementations("register_csp_sources"):
        if implementation.record is record:
            sources = implementation.function() or {}
            if not isinstance(sources, Mapping):
                raise PluginError(f"register_csp_sources answered with {type(sources).__name__}, not with a mapping")
            return {directive: _listed("register_csp_sources", values) for directive, values in sources.items()}
    return {}


def _slots(found: tuple[SlotFragment, ...]) -> tuple[SlotFragment, ...]:
    for fragment in found:
        if fragment.slot not in SLOTS:
            raise PluginError(f"there is no slot {fragment.slot!r}; there are {', '.join(sorted(SLOTS))}")
        if fragment.lazy and not fragment.url:
            raise PluginError(f"the lazy fragment {fragment.name!r} needs a url")
        if not fragment.lazy and fragment.render is None:
            raise PluginError(f"the fragment {fragment.name!r} needs render")
    return found


def _menu(found: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    for item in found:
        if item.menu not in MENUS:
            raise PluginError(f"there is no menu {item.menu!r}; there are {', '.join(sorted(MENUS))}")
    return found


def _named(found: tuple[JobType, ...]) -> Mapping[str, JobType]:
    jobs = {job.name: job for job in found}
    if len(jobs) < len(found):
        raise PluginError("register_jobs names a job twice")
    return jobs
