"""Calling hooks: our own loop over pluggy's public records, because pluggy's own stops at the first error.

Every plugin that is active in the current organization is asked in plugin order, with only the
arguments its implementation names. Decision, veto and collect hooks run isolated
(``plugins.isolation``); events are handed over by ``events.delivery`` through :func:`call_one`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ramal.config import current_settings
from ramal.database.session import db, organization_id_or_none
from ramal.hookspecs import Veto
from ramal.plugins.answers import checked
from ramal.plugins.failures import note_failure
from ramal.plugins.gate import active_plugins
from ramal.plugins.isolation import PluginFailed, inside_hook, run_isolated
from ramal.plugins.registry import Implementation, PluginRecord, registry

#: Seconds for hooks that work longer than others: a contract of many pages takes its time.
_TIME_LIMITS = {"render_document": 60.0}


def decide(hook: str, **arguments: Any) -> Any:
    """The first answer that is not None; None if nobody decides.

    An error skips that plugin, except for hooks whose errors are the caller's (``render_document``):
    these raise PluginFailed.
    """
    for implementation in _active(hook):
        try:
            value = _isolated(hook, implementation, arguments)
        except PluginFailed as error:
            if callers_error(hook):
                raise
            note_failure(implementation.record.name, hook, error)
            continue
        if value is not None:
            return value
    return None


def veto(hook: str, **arguments: Any) -> Veto | None:
    """The first veto; None if nobody objects. A plugin that fails has no say."""
    for _plugin, value in _answers(hook, arguments):
        assert isinstance(value, Veto)
        return value
    return None


def collect(hook: str, **arguments: Any) -> list[tuple[str, Any]]:
    """(plugin, answer) of every plugin that answers; one that fails is left out."""
    return list(_answers(hook, arguments))


def ask(record: PluginRecord, hook: str, **arguments: Any) -> Any:
    """One plugin's answer. PluginFailed where it fails; the caller notes it, or does not."""
    for implementation in _active(hook):
        if implementation.record is record:
            return _isolated(hook, implementation, arguments)
    return None


def implementers(hook: str) -> list[PluginRecord]:
    """The plugins, in order, that implement ``hook`` and are active in the current organization."""
    return [implementation.record for implementation in _active(hook)]


def call_one(record: PluginRecord, hook: str, arguments: Mapping[str, Any]) -> Any:
    """Call one plugin's implementation of an event hook in the transaction that is open.

    Raises what the plugin raises, or TimeLimitExceeded; the caller keeps the savepoint.
    """
    for implementation in registry().implementations(hook):
        if implementation.record is record:
            try:
                with inside_hook(db.session(), record, current_settings().hook_time_limit):
                    return _call(implementation, arguments)
            except SystemExit as error:
                raise PluginFailed(record, error) from error
    return None


def callers_error(hook: str) -> bool:
    """Whether an error in an implementation of ``hook`` reaches the one who asked."""
    caller = getattr(registry().manager.hook, hook, None)
    spec = caller.spec if caller is not None else None
    return bool(spec and getattr(spec.function, "callers_error", False))


def _active(hook: str) -> Iterator[Implementation]:
    found = registry().implementations(hook)
    organization_id = organization_id_or_none() if found else None
    if organization_id is None:
        return
    active = active_plugins(organization_id)
    for implementation in found:
        if implementation.record.name in active:
            yield implementation


def _answers(hook: str, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for implementation in _active(hook):
        try:
            value = _isolated(hook, implementation, arguments)
        except PluginFailed as error:
            note_failure(implementation.record.name, hook, error)
            continue
        if value is not None:
            yield implementation.record.name, value


def _isolated(hook: str, implementation: Implementation, arguments: Mapping[str, Any]) -> Any:
    return run_isolated(
        implementation.record,
        lambda: checked(hook, _call(implementation, arguments)),
        _TIME_LIMITS.get(hook, current_settings().hook_time_limit),
    )


def _call(implementation: Implementation, arguments: Mapping[str, Any]) -> Any:
    named = {name: arguments[name] for name in implementation.arguments if name in arguments}
    return implementation.function(**named)
