"""The core names no plugin: what import-linter cannot see, such as a name in a string or a template."""

import re
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from ramal.plugins.manifest import Category

ROOT = Path(__file__).resolve().parent.parent
READ = {".py", ".html", ".txt", ".ts", ".scss", ".mjs", ".json", ".mako", ".cfg", ".js", ".css", ".xml"}
SKIPPED = {"dist", "node_modules", "__pycache__", "translations"}


def plugin_names() -> list[str]:
    """The names of the first-party plugins: the folders of plugins/."""
    return sorted(folder.name for folder in (ROOT / "plugins").glob("*/") if (folder / "pyproject.toml").exists())


def naming(plugins: list[str]) -> re.Pattern[str]:
    """Finds a plugin by its name, its package, its distribution or its address.

    A plain word such as `forms` is ordinary English in prose and code, so it counts only where it stands as a plugin
    would: quoted on its own, in an address, or as a package or schema. A category of plugins ("documents") is the
    core's own word, so quoting it names no plugin.
    """
    parts = []
    for name in map(re.escape, plugins):
        dashed = name.replace("_", "-")
        parts += [rf"\bramal_{name}\b", rf"\bramal-{dashed}\b", rf"\bplugin_{name}\b"]
        if name not in get_args(Category):
            parts.append(rf"""(?<=["']){name}(?=["'])""")
        parts += [rf"/p/{name}\b", rf"/api/v1/{name}\b", rf"\bplugins/{name}\b"]
        if "_" in name:
            parts.append(rf"\b{name}\b")
    return re.compile("|".join(parts), re.IGNORECASE)


def core_files() -> list[Path]:
    """Every text under core/ and migrations/ that we write ourselves."""
    files = [path for folder in ("core", "migrations") for path in (ROOT / folder).rglob("*")]
    return sorted(path for path in files if path.suffix in READ and not SKIPPED & set(path.parts) and path.is_file())


def test_core_names_no_plugin() -> None:
    plugins = plugin_names()
    if not plugins:
        return
    pattern = naming(plugins)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in core_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in pattern.finditer(line)
    ]
    assert not found, "the core names a plugin; make it a hook:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        'if channel.kind == "whatsapp_cloud":',
        "from ramal_webchat import views",
        "kinds = ['webchat']",
        '<a href="/p/webchat/settings">',
        "# as whatsapp_cloud does",
        "ALTER SCHEMA plugin_webchat",
    ],
)
def test_the_pattern_finds_names(line: str) -> None:
    assert naming(["webchat", "whatsapp_cloud"]).search(line)


@pytest.mark.parametrize("line", ["CORS for webchat and public API only", "a plugin's schema", "plugin_webchats"])
def test_the_pattern_leaves_prose_alone(line: str) -> None:
    assert not naming(["webchat", "whatsapp_cloud"]).search(line)


_PO = "ramal*/translations/pt_BR/LC_MESSAGES/messages.po"


def words_of(catalogue: Path) -> dict[object, object]:
    with catalogue.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id and any(message.string)}


def test_no_catalogue_says_otherwise_what_another_says() -> None:
    """All catalogues are one at work: a text that two translate differently reads wrong in one of the two places, and a
    plugin would change the words of others by being installed."""
    said: dict[object, tuple[object, str]] = {}
    wrong = []
    for catalogue in sorted([*ROOT.glob(f"core/{_PO}"), *ROOT.glob(f"plugins/*/{_PO}")]):
        name = catalogue.relative_to(ROOT).parts[1]
        for text, words in words_of(catalogue).items():
            before = said.setdefault(text, (words, name))
            if before[0] != words:
                wrong.append(f"{text!r}: {before[1]} says {before[0]!r}, {name} {words!r}")
    assert len(said) > 1000
    assert wrong == []
