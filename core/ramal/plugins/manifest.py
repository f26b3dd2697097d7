"""What a plugin says about itself; every mistake in it becomes a sentence its author can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import marshmallow
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ramal.errors import PluginError

#: The version of the extension surface (``ramal.api`` and ``ramal.hookspecs``) this core offers.
HOOK_API = "1.0"

Category = Literal["channel", "crm", "documents", "automation", "other"]
CATEGORIES: tuple[Category, ...] = get_args(Category)

#: Names become a schema, a URL prefix and a template folder.
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_PERMISSION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
#: Names that are taken, and how events of the core begin: "<plugin>." is how a plugin's own begin.
_RESERVED = frozenset(
    {"core", "public", "ramal"}
    | {"channel", "contact", "conversation", "document", "message", "notification", "payment"}
    | {"progress"}
)
ROLES = frozenset({"org_admin", "supervisor", "agent", "viewer"})


@dataclass(frozen=True, slots=True)
class PermissionSpec:
    """A permission the plugin adds: ``<plugin>.<verb>``, and the roles that hold it by default."""

    name: str
    title: str
    roles: tuple[str, ...] = ("org_admin",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A plugin's description. Version, licence and author come from the distribution's metadata.

    ``requires`` holds requirements such as ``"pigeon>=0.1,<0.2"``; ``after`` names plugins to come
    behind if they are there; ``conflicts`` names plugins it can't be loaded together with.
    """

    name: str
    title: str
    summary: str = ""
    category: Category = "other"
    icon: str = "puzzle"
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    hook_api: str = ">=1,<2"
    #: Active in every organization that has not switched it off.
    default_enabled: bool = False
    settings_schema: type[marshmallow.Schema] | None = None
    permissions: tuple[PermissionSpec, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """``requires``, parsed. InvalidRequirement for one that can't be."""
        return tuple(Requirement(text) for text in self.requires)

    @property
    def schema(self) -> str:
        """The plugin's own PostgreSQL schema."""
        return f"plugin_{self.name}"


def is_plugin_name(name: object) -> bool:
    """Whether it can be a plugin's name, and so part of a schema's name and of URLs."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and name not in _RESERVED


def check_manifest(manifest: Any) -> Manifest:
    """The manifest itself; PluginError with all that is wrong in it, one sentence each."""
    if not isinstance(manifest, Manifest):
        raise PluginError("the plugin class needs `manifest = Manifest(name=…, title=…)`")
    mistakes = list(_mistakes(manifest))
    if mistakes:
        raise PluginError("; ".join(mistakes))
    return manifest


def _mistakes(manifest: Manifest) -> Iterator[str]:
    yield from _name_mistakes(manifest)
    if manifest.category not in CATEGORIES:
        yield f"category {manifest.category!r} is none of {', '.join(CATEGORIES)}"
    for field in ("requires", "after", "conflicts", "permissions"):
        if not isinstance(getattr(manifest, field), tuple):
            yield f"{field} must be a tuple"
            return
    yield from _relation_mistakes(manifest)
    yield from _permission_mistakes(manifest)
    schema: Any = manifest.settings_schema
    if schema is not None and not (isinstance(schema, type) and issubclass(schema, marshmallow.Schema)):
        yield "settings_schema must be a marshmallow Schema class"


def _name_mistakes(manifest: Manifest) -> Iterator[str]:
    if not is_plugin_name(manifest.name):
        yield (
            f"name {manifest.name!r} must be 2 to 40 lower-case letters, digits and _, starting with a letter,"
            f" and none of {', '.join(sorted(_RESERVED))}"
        )
    # A lazily translated text is no str, and can't be read before there is an application.
    texts: dict[str, Any] = {"title": manifest.title, "summary": manifest.summary, "icon": manifest.icon}
    for field, value in texts.items():
        if value is None or isinstance(value, (bytes, int)):
            yield f"{field} must be a text"
    if texts["title"] == "":
        yield "title is empty"


def _relation_mistakes(manifest: Manifest) -> Iterator[str]:
    for text in manifest.requires:
        try:
            if Requirement(text).name == manifest.name:
                yield "requires names the plugin itself"
        except (InvalidRequirement, TypeError):
            yield f"requires {text!r} is no requirement such as 'pigeon>=0.1,<0.2'"
    for name in (*manifest.after, *manifest.conflicts):
        if not is_plugin_name(name):
            yield f"{name!r} in after or conflicts is no plugin name"
    try:
        SpecifierSet(manifest.hook_api)
    except (InvalidSpecifier, TypeError, AttributeError):
        yield f"hook_api {manifest.hook_api!r} is no version range such as '>=1,<2'"


def _permission_mistakes(manifest: Manifest) -> Iterator[str]:
    permissions: tuple[Any, ...] = manifest.permissions
    for permission in permissions:
        if not isinstance(permission, PermissionSpec):
            yield "permissions holds something that is no PermissionSpec"
            continue
        if not _PERMISSION.fullmatch(permission.name) or not permission.name.startswith(f"{manifest.name}."):
            yield f"permission {permission.name!r} must look like '{manifest.name}.manage'"
        unknown = set(permission.roles) - ROLES
        if unknown:
            yield f"permission {permission.name!r} names unknown roles: {', '.join(sorted(unknown))}"
