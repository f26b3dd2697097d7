"""Templates and texts of plugins: each from its own folder, so that nobody overrides another's."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader

from ramal.http.locale import add_translations
from ramal.plugins.loading import package_folder
from ramal.plugins.registry import Registry


def add_resources(app: Flask, registry: Registry) -> None:
    """Let the application find ``<plugin>/…`` templates and the catalogues of all plugins that could be loaded.

    Before anything is translated: what is missing then is remembered as missing.
    """
    folders = {record.name: package_folder(record) for record in registry.records.values() if record.plugin}
    found = {name: folder for name, folder in folders.items() if folder is not None}
    loaders = (app.jinja_loader, PrefixLoader(_templates(found)))
    app.jinja_loader = ChoiceLoader([loader for loader in loaders if loader is not None])
    for folder in found.values():
        add_translations(app, folder / "translations")


def _templates(folders: dict[str, Path]) -> dict[str, FileSystemLoader]:
    """Plugin → the loader of ``templates/<plugin>/`` in its package. The core's own templates come first."""
    own = {name: folder / "templates" / name for name, folder in folders.items()}
    return {name: FileSystemLoader(folder) for name, folder in own.items() if folder.is_dir()}
