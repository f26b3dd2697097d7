"""The first two laws as import-linter contracts: who may import whom. Run by `make lint`.

1. The core knows no plugin; a plugin imports `ramal.api`, `ramal.testing`, and the `public` module of other plugins.
2. Arrows point down: the areas in the order below, and inside an area views and api, then services, then models.

The contracts are made anew from the packages that exist, so a new area or plugin is held to them at once.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "core" / "ramal"

# Highest first. Modules on one line are independent of each other.
AREAS = """
    ramal.cli
    ramal.testing
    ramal.app
    ramal.api
    ramal.web
    ramal.notifications
    ramal.pipeline
    ramal.routing
    ramal.inbox
    ramal.channels
    ramal.contacts
    ramal.accounts
    ramal.storage
    ramal.events
    ramal.plugins
    ramal.http
    ramal.database
    ramal.config | ramal.tables
    ramal.i18n | ramal.errors
"""

INSIDE = "(views) | (api)", "(services)", "(models)"


def main() -> int:
    """Write the contracts to a file aside and let import-linter judge them."""
    text = "\n".join(contracts(first_party_plugins()))
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(text)
        file.flush()
        paths = [str(ROOT / "core"), *(str(folder) for folder in sorted((ROOT / "plugins").glob("*/")))]
        program = str(Path(sys.executable).with_name("lint-imports"))
        environment = {"PYTHONPATH": ":".join(paths), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        return subprocess.run([program, "--config", file.name], env=environment, cwd=ROOT, check=False).returncode


def first_party_plugins() -> list[str]:
    """The import packages of plugins/."""
    return sorted(
        package.name for package in (ROOT / "plugins").glob("*/ramal_*") if (package / "__init__.py").exists()
    )


def contracts(plugins: list[str]) -> Iterator[str]:
    """The lines of import-linter's configuration."""
    yield "[importlinter]"
    yield from listed("root_packages", ["ramal", *plugins])
    yield "exclude_type_checking_imports = True"
    yield from areas_point_down()
    yield from layers_inside_areas()
    yield from embedded_stands_alone()
    if plugins:
        yield from core_knows_no_plugin(plugins)
    for plugin in plugins:
        yield from plugin_imports_the_facade(plugin, plugins)


def areas_point_down() -> Iterator[str]:
    """Law 2, between areas; an area that is not written yet is left out."""
    existing = [" | ".join(part for part in line.split(" | ") if exists(part)) for line in AREAS.split("\n    ")]
    yield from contract("areas", "Arrows point down", "layers")
    yield from listed("layers", [line.strip() for line in existing if line.strip()])


def layers_inside_areas() -> Iterator[str]:
    """Law 2, inside each area that has more than one of the layers."""
    areas = sorted(folder.name for folder in CORE.iterdir() if (folder / "__init__.py").exists())
    yield from contract("layers", "Inside an area: views and api, services, models", "layers")
    yield from listed("containers", [f"ramal.{area}" for area in areas])
    yield from listed("layers", INSIDE)


def embedded_stands_alone() -> Iterator[str]:
    """The embedded servers import nothing of ours, and only the commands and the tests use them."""
    others = [
        name for name in modules() if name not in ("ramal.embedded", "ramal.cli", "ramal.testing", "ramal.processes")
    ]
    yield from contract("embedded-out", "The embedded servers import nothing of ours", "forbidden")
    yield from listed("source_modules", ["ramal.embedded"])
    yield from listed("forbidden_modules", others)
    yield from contract("embedded-in", "Only commands and tests use the embedded servers", "forbidden")
    yield from listed("source_modules", others)
    yield from listed("forbidden_modules", ["ramal.embedded"])
    yield "allow_indirect_imports = True"


def core_knows_no_plugin(plugins: list[str]) -> Iterator[str]:
    """Law 1, from the core's side."""
    yield from contract("core", "The core knows no plugin", "forbidden")
    yield from listed("source_modules", ["ramal"])
    yield from listed("forbidden_modules", plugins)


def plugin_imports_the_facade(plugin: str, plugins: list[str]) -> Iterator[str]:
    """Law 1, from a plugin's side; that its manifest requires the others is the contract suite's to check."""
    allowed = ("ramal.api", "ramal.testing")
    core = [name for name in modules() if name not in allowed]
    yield from contract(plugin, f"{plugin} imports only the façade", "forbidden")
    yield from listed("source_modules", [plugin])
    yield from listed("forbidden_modules", core)
    yield "allow_indirect_imports = True"
    private = [name for other in plugins if other != plugin for name in private_modules(other)]
    if private:
        yield from contract(f"{plugin}-others", f"{plugin} imports only `public` of other plugins", "forbidden")
        yield from listed("source_modules", [plugin])
        yield from listed("forbidden_modules", private)
        yield "allow_indirect_imports = True"


def contract(key: str, name: str, kind: str) -> list[str]:
    """The head of one contract."""
    return ["", f"[importlinter:contract:{key}]", f"name = {name}", f"type = {kind}"]


def listed(key: str, values: list[str] | tuple[str, ...]) -> list[str]:
    """A setting with several values, one a line."""
    return [f"{key} =", *(f"    {value}" for value in values)]


def modules() -> list[str]:
    """The modules and areas directly inside `ramal`."""
    return sorted(f"ramal.{path.stem}" for path in CORE.iterdir() if exists(f"ramal.{path.stem}"))


def private_modules(plugin: str) -> list[str]:
    """What of a plugin is not for other plugins."""
    package = next((ROOT / "plugins").glob(f"*/{plugin}"))
    names = [path for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return sorted(f"{plugin}.{path.stem}" for path in names if path.stem not in ("__init__", "public", "testing"))


def exists(module: str) -> bool:
    """Whether the module is written: a file, or a folder with an __init__.py."""
    path = CORE / module.removeprefix("ramal.")
    return path.stem != "__init__" and (path.with_suffix(".py").exists() or (path / "__init__.py").exists())


if __name__ == "__main__":
    sys.exit(main())
