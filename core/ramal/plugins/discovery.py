"""Finding plugins: entry points of the group ``ramal.plugins`` in the installed distributions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

GROUP = "ramal.plugins"


@dataclass(frozen=True, slots=True)
class Found:
    """One entry point. ``load`` imports it and may raise anything at all."""

    name: str
    #: The import package that holds the plugin's tables, templates, migrations and texts.
    package: str
    load: Callable[[], Any]
    distribution: str = ""
    version: str = "0"
    #: Set when two distributions claim the name.
    problem: str | None = None


Finder = Callable[[], Iterable[Found]]


def find() -> list[Found]:
    """All installed plugins, sorted by name; a name claimed twice comes once, with its problem."""
    return unique(_found(entry) for entry in entry_points(group=GROUP))


def unique(found: Iterable[Found]) -> list[Found]:
    """One of each name, sorted; two distributions that claim one name are a problem of that name.

    >>> twice = [Found("pigeon", "a", dict, "one"), Found("pigeon", "b", dict, "two")]
    >>> unique(twice)[0].problem
    'two distributions bring a plugin of this name: one, two'
    """
    groups: dict[str, list[Found]] = {}
    for item in found:
        others = groups.setdefault(item.name, [])
        # An editable install and a stale .egg-info show the same entry point twice.
        if all((other.distribution, other.package) != (item.distribution, item.package) for other in others):
            others.append(item)
    return [_one(groups[name]) for name in sorted(groups)]


def _one(group: list[Found]) -> Found:
    first = group[0]
    if len(group) == 1:
        return first
    names = ", ".join(sorted(item.distribution for item in group))
    problem = f"two distributions bring a plugin of this name: {names}"
    return Found(first.name, first.package, first.load, first.distribution, first.version, problem)


def _found(entry: EntryPoint) -> Found:
    distribution = entry.dist
    return Found(
        name=entry.name,
        package=entry.module.split(".", 1)[0],
        load=entry.load,
        distribution=distribution.name if distribution else "",
        version=distribution.version if distribution else "0",
    )
