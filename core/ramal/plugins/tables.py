"""A plugin's tables: in its own schema, mapped in its own registry, sound before the first query."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.orm import Mapper, RelationshipProperty

from ramal.database.base import Base, PluginModel, metadata
from ramal.errors import PluginError
from ramal.plugins.manifest import Manifest

#: Table → the package whose import added it to the metadata. An import happens once in a process.
_owners: dict[str, str] = {}


@contextlib.contextmanager
def owned_by(package: str) -> Iterator[None]:
    """Remember the tables that are added in this block as the package's.

    A command such as ``ramal db upgrade`` comes here before anything imported the core's own
    tables; the plugin's import of ``ramal.api`` would then pass for having made them.
    """
    importlib.import_module("ramal.app")
    before = set(metadata.tables)
    try:
        yield
    finally:
        _owners.update(dict.fromkeys(set(metadata.tables) - before, package))


def check_tables(manifest: Manifest, package: str) -> None:
    """Import ``<package>.models`` if there is one, and check and configure all it maps.

    Raises PluginError with a sentence, or whatever the import or the mapping raises.
    """
    with owned_by(package):
        if importlib.util.find_spec(f"{package}.models") is not None:
            importlib.import_module(f"{package}.models")
    for key in [key for key, owner in _owners.items() if owner == package and key in metadata.tables]:
        if metadata.tables[key].schema != manifest.schema:
            raise PluginError(f"table {key} must be in the schema {manifest.schema}")
    classes = list(_models(package))
    for class_ in classes:
        _check_class(class_)
    for registry in {class_.registry for class_ in classes}:
        registry.configure()


def _models(package: str) -> Iterator[type[PluginModel]]:
    """The plugin's model classes, bases included."""
    pending = list(PluginModel.__subclasses__())
    while pending:
        class_ = pending.pop()
        pending.extend(class_.__subclasses__())
        if class_.__module__.split(".", 1)[0] == package:
            yield class_
    for mapper in Base.registry.mappers:
        if mapper.class_.__module__.split(".", 1)[0] == package:
            raise PluginError(f"{mapper.class_.__name__} must derive from ramal.api.PluginModel")


def _check_class(class_: type[PluginModel]) -> None:
    mapper = getattr(class_, "__mapper__", None)
    table = getattr(class_, "__table__", None)
    if mapper is None or not isinstance(table, Table):
        return
    if "organization_id" not in table.c or table.c.organization_id.nullable:
        raise PluginError(f"table {table.fullname} needs organization_id: derive {class_.__name__} from TenantMixin")
    _check_relationships(mapper)


def _check_relationships(mapper: Mapper[PluginModel]) -> None:
    """Refuse backrefs onto classes of others: a mistake in one would reach every query of theirs."""
    for name, attribute in mapper.all_orm_descriptors.items():
        found = getattr(getattr(attribute, "comparator", None), "prop", None)
        if not isinstance(found, RelationshipProperty) or not (found.backref or found.back_populates):
            continue
        target = found.argument
        if isinstance(target, type) and getattr(target, "registry", None) is not mapper.registry:
            raise PluginError(f"{mapper.class_.__name__}.{name} must have no backref: {target.__name__} is not its own")
