"""From entry points to ordered records: everything about plugins that needs no application and no database.

Each step of each plugin runs inside a try of its own; what goes wrong becomes the plugin's state.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import structlog
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ramal.config import Settings
from ramal.errors import PluginError
from ramal.plugins import tables
from ramal.plugins.discovery import Found, find
from ramal.plugins.manifest import HOOK_API, Manifest, check_manifest
from ramal.plugins.order import order
from ramal.plugins.plugin import Plugin
from ramal.plugins.registry import FAILED, PluginRecord, Registry, State

log = structlog.get_logger("ramal.plugins")


def load_plugins(settings: Settings, found: Iterable[Found] | None = None) -> Registry:
    """Load, check and order the plugins that the settings allow. Never raises for a plugin's fault.

    Each record ends as ``available`` (its code is sound; what the database knows comes later) or
    as ``missing, broken, incompatible`` or ``blocked``.
    """
    if settings.safe_mode:
        return Registry(allowed=())
    allowed = settings.plugins
    candidates = [item for item in (find() if found is None else found) if allowed is None or item.name in allowed]
    records = {item.name: _load(item) for item in candidates}
    for name in allowed or ():
        if name not in records:
            records[name] = PluginRecord(name)
            records[name].fail("missing", "RAMAL_PLUGINS names it, but no installed distribution brings it")
    return _ordered(records, allowed)


def attempt(record: PluginRecord, step: str, action: Callable[[], None]) -> bool:
    """Run one step of one plugin; whatever it raises makes that plugin ``broken``. True if it went well."""
    try:
        action()
    except (Exception, SystemExit) as error:  # a plugin may even call sys.exit() while it is imported
        log.exception("plugin broken", plugin=record.name, step=step)
        record.fail("broken", f"{step}: {sentence(error)}")
        return False
    return True


def sentence(error: BaseException) -> str:
    """An exception as people read it: its own words where it is one of ours, else with its class."""
    text = str(error).strip()
    if isinstance(error, PluginError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _load(found: Found) -> PluginRecord:
    record = PluginRecord(found.name, found.package, found.distribution, found.version)
    if found.problem:
        record.fail("broken", found.problem)
        return record
    if attempt(record, "import", lambda: _instantiate(record, found)):
        attempt(record, "manifest", lambda: _take_manifest(record))
    if record.state == "available" and not SpecifierSet(record.manifest.hook_api).contains(HOOK_API):
        record.fail("incompatible", f"it needs hook_api {record.manifest.hook_api}; this core offers {HOOK_API}")
    return record


def _instantiate(record: PluginRecord, found: Found) -> None:
    with tables.owned_by(record.package):
        class_ = found.load()
    if not (isinstance(class_, type) and issubclass(class_, Plugin)):
        raise PluginError("its entry point must name a subclass of ramal.api.Plugin")
    record.plugin = class_()


def _take_manifest(record: PluginRecord) -> None:
    manifest = check_manifest(getattr(record.plugin, "manifest", None))
    if manifest.name != record.name:
        raise PluginError(f"its manifest says {manifest.name!r}, its entry point {record.name!r}")
    record.loaded_manifest = manifest


def _ordered(records: dict[str, PluginRecord], allowed: tuple[str, ...] | None) -> Registry:
    relations = {
        name: (record.requires, record.manifest.after)
        for name, record in records.items()
        if record.state == "available"
    }
    names, circle = order(relations)
    for name in circle:
        records[name].fail("blocked", f"plugins require each other in a circle: {', '.join(circle)}")
    registry = Registry((records[name] for name in [*names, *sorted(set(records) - set(names))]), allowed)
    block_conflicts(registry)
    block_dependents(registry)
    for name in names:
        record = records[name]
        if record.state == "available" and not attempt(record, "tables", lambda: _import_tables(record)):  # noqa: B023
            block_dependents(registry)
    return registry


def _import_tables(record: PluginRecord) -> None:
    """Import the plugin's models and configure its mappers, so that a mistake in them shows now."""
    tables.check_tables(record.manifest, record.package)


def block_conflicts(registry: Registry) -> None:
    """Block each plugin that declares a conflict with one that is there and sound."""
    for record in registry.records.values():
        rivals = [name for name in record.manifest.conflicts if _usable(registry, name)]
        if record.state not in FAILED and rivals:
            record.fail(
                "blocked", f"it can't be loaded together with {', '.join(rivals)}: leave one out of RAMAL_PLUGINS"
            )


def _usable(registry: Registry, name: str) -> bool:
    other = registry.records.get(name)
    return other is not None and other.state not in FAILED


def block_dependents(registry: Registry, unusable: Collection[State] = FAILED) -> None:
    """Block each plugin that requires one in a state of ``unusable``, and what requires those in turn."""
    for record in registry.records.values():  # in order: what it requires has been judged before it
        if record.state in FAILED:
            continue
        reasons = [reason for need in record.manifest.requirements if (reason := _lacking(registry, need, unusable))]
        if reasons:
            record.fail("blocked", "; ".join(reasons))


def _lacking(registry: Registry, need: Requirement, unusable: Collection[State]) -> str | None:
    other = registry.records.get(need.name)
    if other is None or other.state == "missing":
        return f"it requires {need}, which is not there"
    if other.state in unusable:
        return f"it requires {need.name}, which is {other.state.replace('_', ' ')}"
    if not _fits(need, other):
        return f"it requires {need}, and {other.version} is there"
    return None


def _fits(need: Requirement, other: PluginRecord) -> bool:
    try:
        return need.specifier.contains(Version(other.version or "0"), prereleases=True)
    except InvalidVersion:
        return False


def package_folder(record: PluginRecord) -> Path | None:
    """Where the plugin's package lies on disk; None if it can't be found."""
    try:
        spec = importlib.util.find_spec(record.package)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def migrations_folder(record: PluginRecord) -> Path | None:
    """The folder of the plugin's revisions (``migrations/`` or ``migrations/versions/``); None if it has none."""
    package = package_folder(record)
    for folder in (package / "migrations" / "versions", package / "migrations") if package else ():
        if any(path.stem != "__init__" for path in folder.glob("*.py")):
            return folder
    return None


def code_revision(record: PluginRecord) -> str | None:
    """The newest revision(s) the code brings, comma-separated; None without migrations. Raises for a broken folder."""
    folder = migrations_folder(record)
    if folder is None:
        return None
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(folder.parent), version_locations=[str(folder)])
    return ",".join(sorted(scripts.get_heads())) or None


def manifest_of(record: PluginRecord) -> Manifest:
    """The manifest of a record whose code was loaded; PluginError otherwise."""
    if record.loaded_manifest is None:
        raise PluginError(f"{record.name} can't be used: {record.error or record.state}")
    return record.loaded_manifest
