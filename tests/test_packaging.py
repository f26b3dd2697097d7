"""The wheel carries what the source tree has; an editable install finds what a wheel would."""

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from a copy of the sources, with a file of each kind that is built or optional."""
    tree = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copy(ROOT / name, tree / name)
    for folder in ("core/ramal", "migrations"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for extra in ("static/dist/app.0.js", "static/dist/manifest.json", "templates/a/b.html"):
        file = tree / "core/ramal/web" / extra
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    catalogue = tree / "core/ramal/translations/en/LC_MESSAGES/messages.mo"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    catalogue.touch()
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tree / "out"), str(tree)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = (tree / "out").glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_every_module_is_in_the_wheel(wheel: set[str]) -> None:
    modules = {f"ramal/{path.relative_to(ROOT / 'core/ramal')}" for path in (ROOT / "core/ramal").rglob("*.py")}
    revisions = {
        f"ramal/migrations/{path.relative_to(ROOT / 'migrations')}" for path in (ROOT / "migrations").rglob("*.py")
    }
    assert revisions
    assert modules | revisions <= wheel


@pytest.mark.parametrize(
    "name",
    [
        "ramal/py.typed",
        "ramal/web/static/dist/app.0.js",
        "ramal/web/static/dist/manifest.json",
        "ramal/web/templates/a/b.html",
        "ramal/translations/en/LC_MESSAGES/messages.mo",
    ],
)
def test_what_is_not_python_is_in_the_wheel_too(wheel: set[str], name: str) -> None:
    assert name in wheel


def test_nothing_else_is_at_the_top(wheel: set[str]) -> None:
    assert {name.split("/")[0] for name in wheel} == {"ramal", "ramal-0.1.0.dist-info"}


def test_migrations_are_found_in_this_install() -> None:
    package = importlib.import_module("ramal.migrations")
    assert (Path(package.__path__[0]) / "versions").is_dir()


def test_the_lock_names_no_address() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()[1:]
    assert lines
    assert all("==" in line and "://" not in line and " @ " not in line for line in lines)
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
