"""Writing a new plugin: a distribution with tables, a page, texts and tests that pass.

The files stand in ``templates/``: ``base`` is every plugin's, ``channel`` is laid over it for a
channel. ``@name@``, ``@package@``, ``@distribution@``, ``@title@`` and ``@class@`` are filled in,
in names and contents; the suffix ``.tmpl`` falls away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ramal.errors import PluginError
from ramal.plugins.manifest import is_plugin_name

_SUFFIX = ".tmpl"


def write_plugin(name: str, category: str, folder: Path) -> list[Path]:
    """Write the plugin ``name`` into ``folder``, which must be new or empty; the files written."""
    if not is_plugin_name(name):
        raise PluginError(f"{name!r} can't be a plugin's name: 2 to 40 lower-case letters, digits and _")
    if folder.exists() and any(folder.iterdir()):
        raise PluginError(f"{folder} is not empty")
    words = {
        "@name@": name,
        "@package@": f"ramal_{name}",
        "@distribution@": f"ramal-{name.replace('_', '-')}",
        "@title@": name.replace("_", " ").capitalize(),
        "@class@": "".join(part.capitalize() for part in name.split("_")),
        "@category@": category,
    }
    sources = dict(_files(_templates() / "base"))
    if category == "channel":
        sources |= dict(_files(_templates() / "channel"))
    written = [_write(folder / _filled(path, words), _filled(text, words)) for path, text in sorted(sources.items())]
    written += [_compiled(path) for path in written if path.suffix == ".po"]
    return written


def _templates() -> Traversable:
    return files(__package__) / "templates"


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, f"{prefix}{item.name}/")
        elif item.name.endswith(_SUFFIX):
            yield prefix + item.name.removesuffix(_SUFFIX), item.read_text(encoding="utf-8")


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found.group()], text)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _compiled(catalogue: Path) -> Path:
    target = catalogue.with_suffix(".mo")
    with catalogue.open("rb") as source, target.open("wb") as out:
        write_mo(out, read_po(source))
    return target
