"""What a plugin's wheel carries, against what its source folder has."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

#: Folders whose every file the wheel must carry.
CARRIED = ("templates", "migrations", "static", "translations")
#: pip takes the environment's own setuptools: a new venv's may be older than the plugin wants, or not there at all.
_UNBUILT = "the wheel could not be built; does this environment have what [build-system] in pyproject.toml requires?"
_SKIPPED = {"__pycache__", "node_modules"}


def missing_from_wheel(package_folder: Path, distribution: str) -> list[str]:
    """Files of the package that its wheel lacks; AssertionError if it can't be built."""
    names = wheel_names(package_folder, distribution)
    root = package_folder.parent
    return sorted(
        str(path.relative_to(root)) for path in expected(package_folder) if str(path.relative_to(root)) not in names
    )


def expected(package_folder: Path) -> list[Path]:
    """Every module, and everything in the folders that are data."""
    found = []
    for path in package_folder.rglob("*"):
        inside = path.relative_to(package_folder)
        if path.is_dir() or _SKIPPED & set(inside.parts) or path.suffix == ".pyc":
            continue
        if path.suffix == ".py" or path.name == "py.typed" or inside.parts[0] in CARRIED:
            found.append(path)
    return found


def wheel_names(package_folder: Path, distribution: str) -> set[str]:
    """The names in a wheel built from the sources; of the installed one where there are no sources."""
    source = package_folder.parent
    if not any((source / name).exists() for name in ("pyproject.toml", "setup.cfg", "setup.py")):
        return {str(file) for file in importlib.metadata.files(distribution) or ()}
    with tempfile.TemporaryDirectory() as out:
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--check-build-dependencies",
            "--wheel-dir",
            out,
        ]
        done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{_UNBUILT}\n{done.stdout}{done.stderr}"
        (built,) = Path(out).glob("*.whl")
        return set(zipfile.ZipFile(built).namelist())
