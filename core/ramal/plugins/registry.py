"""The plugins of this process: who is there, in which state, and what each brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pluggy
from flask import current_app, has_app_context

from ramal.plugins.contributions import JobType, MenuItem, Service, SlotFragment
from ramal.plugins.manifest import Manifest
from ramal.plugins.plugin import Plugin

State = Literal["missing", "broken", "incompatible", "blocked", "pending_upgrade", "available", "installed"]
#: States of a plugin whose code can't be used, whatever an operator does with this code.
FAILED: frozenset[State] = frozenset({"missing", "broken", "incompatible", "blocked"})


class Implementation(NamedTuple):
    """One plugin's implementation of one hook, and the arguments it asks for."""

    record: PluginRecord
    function: Callable[..., Any]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Contributions:
    """What the boot hooks of one plugin returned."""

    blueprints: tuple[Any, ...] = ()
    channels: tuple[Any, ...] = ()
    services: tuple[Service, ...] = ()
    csp_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: tuple[Any, ...] = ()
    slots: tuple[SlotFragment, ...] = ()
    menu_items: tuple[MenuItem, ...] = ()
    document_types: tuple[str, ...] = ()
    routing_strategies: tuple[Any, ...] = ()
    jobs: Mapping[str, JobType] = field(default_factory=dict)
    event_types: tuple[Any, ...] = ()


@dataclass(eq=False)
class PluginRecord:
    """A plugin in this process. ``error`` says why its state is not ``installed``."""

    name: str
    package: str = ""
    distribution: str = ""
    #: Of the distribution that is there now.
    version: str | None = None
    plugin: Plugin | None = None
    #: Absent as long as the code could not be loaded.
    loaded_manifest: Manifest | None = None
    state: State = "available"
    error: str | None = None
    #: The version whose migrations ran last; None: never, or not known.
    installed_version: str | None = None
    #: The title kept in the database, for a plugin whose code can't be read.
    kept_title: str = ""
    contributions: Contributions = field(default_factory=Contributions)

    @property
    def manifest(self) -> Manifest:
        """The manifest; one made from the name alone where the code could not be loaded."""
        return self.loaded_manifest or Manifest(name=self.name, title=self.kept_title or self.name)

    @property
    def requires(self) -> tuple[str, ...]:
        """The names of the plugins it requires."""
        return tuple(requirement.name for requirement in self.manifest.requirements)

    def fail(self, state: State, error: str) -> None:
        """Take it out, with the reason."""
        self.state, self.error = state, error


class Registry:
    """All plugins of one application, frozen when it has booted. Lives in ``app.extensions``."""

    def __init__(self, records: Iterable[PluginRecord] = (), allowed: tuple[str, ...] | None = None) -> None:
        #: RAMAL_PLUGINS; None: all that are found.
        self.allowed = allowed
        #: In load order; those that failed before they could be ordered come last.
        self.records: dict[str, PluginRecord] = {record.name: record for record in records}
        self.manager = pluggy.PluginManager("ramal")
        self.frozen = False
        #: The database could not be asked at boot which plugins are installed.
        self.unverified = False
        self._implementations: dict[str, tuple[Implementation, ...]] = {}

    def installed(self) -> list[PluginRecord]:
        """Those that are registered and may be called, in order."""
        return [record for record in self.records.values() if record.state == "installed"]

    def freeze(self) -> None:
        """From now on nothing registers; hooks are looked up once."""
        self.frozen = True
        self._implementations.clear()

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Every registered plugin's implementation of ``hook``, in plugin order (tryfirst, then trylast, respected)."""
        found = self._implementations.get(hook)
        if found is None:
            found = self._look_up(hook)
            if self.frozen:
                self._implementations[hook] = found
        return found

    def _look_up(self, hook: str) -> tuple[Implementation, ...]:
        caller = getattr(self.manager.hook, hook, None)
        if caller is None or not caller.has_spec():
            return ()
        place = {name: index for index, name in enumerate(self.records)}
        impls = sorted(
            caller.get_hookimpls(),
            key=lambda impl: (not impl.tryfirst, impl.trylast, place[impl.plugin_name]),
        )
        return tuple(
            Implementation(self.records[impl.plugin_name], impl.function, (*impl.argnames, *impl.kwargnames))
            for impl in impls
        )


def registry() -> Registry:
    """The registry of the current application."""
    found = current_app.extensions["ramal.plugins"]
    assert isinstance(found, Registry)
    return found


def registered() -> list[PluginRecord]:
    """The plugins that run in this process, in order."""
    return registry().installed()


def find_record(name: str) -> PluginRecord | None:
    """A plugin in whatever state, or None if this installation never heard of it."""
    return registry().records.get(name) if has_app_context() else None
