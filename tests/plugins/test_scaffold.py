"""`ramal plugins new` writes plugins whose own tests pass, also from their wheel in a clean environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ramal.errors import PluginError
from ramal.plugins.manifest import CATEGORIES
from ramal.plugins.scaffold import write_plugin

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_placeholder_is_filled_in_and_every_module_compiles(tmp_path: Path, category: str) -> None:
    written = write_plugin("my_plugin", category, tmp_path / "made")
    for path in written:
        assert "@" not in path.name
        if path.suffix != ".mo":
            text = path.read_text()
            assert not [word for word in ("@name@", "@package@", "@class@", "@title@") if word in text]
        if path.suffix == ".py":
            compile(path.read_text(), str(path), "exec")
    names = {str(path.relative_to(tmp_path / "made")) for path in written}
    assert {"setup.cfg", "pyproject.toml", "README.md", "tests/test_contract.py"} <= names
    assert "ramal_my_plugin/translations/pt_BR/LC_MESSAGES/messages.mo" in names
    assert ("ramal_my_plugin/channel.py" in names) == (category == "channel")
    assert f'category="{category}"' in (tmp_path / "made/ramal_my_plugin/plugin.py").read_text()


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(PluginError, match="is not empty"):
        write_plugin("my_plugin", "other", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("RAMAL_", "PYTEST_", "COV_", "COVERAGE_"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
    return done.stdout


def build(source: Path, out: Path) -> Path:
    """The wheel of a source tree."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source, cwd=source)
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def core_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core as its users get it."""
    folder = tmp_path_factory.mktemp("core")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "node_modules")
    for name in ("core/ramal", "migrations"):
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=ignored)
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source" / name)
    return build(folder / "source", folder / "wheel")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A new environment with nothing in it but what Python brings."""
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    return tmp_path / "venv/bin/python"


def install(python: Path, *what: str | Path) -> None:
    run(python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *what, cwd=python.parent)


def passes(python: Path, folder: Path) -> None:
    output = run(python, "-m", "pytest", "-q", "tests", cwd=folder)
    assert " passed" in output
    assert "failed" not in output


@pytest.mark.slow
def test_a_new_channel_passes_its_suites_from_its_own_wheel(tmp_path: Path, python: Path, core_wheel: Path) -> None:
    write_plugin("my_channel", "channel", tmp_path / "plugin")
    wheel = build(tmp_path / "plugin", tmp_path / "plugin-wheel")
    install(python, f"{core_wheel}[embedded]", f"{wheel}[testing]")
    # Only the tests: what they import comes out of the wheels.
    shutil.copytree(tmp_path / "plugin/tests", tmp_path / "alone/tests")
    passes(python, tmp_path / "alone")
    where = run(python, "-c", "import ramal_my_channel; print(ramal_my_channel.__file__)", cwd=tmp_path / "alone")
    assert where.startswith(str(tmp_path / "venv"))


@pytest.mark.slow
def test_a_new_plugin_passes_its_suites_where_its_author_writes_it(
    tmp_path: Path, python: Path, core_wheel: Path
) -> None:
    """As its README says, in an environment whose own setuptools is old, or that has none."""
    write_plugin("my_plugin", "other", tmp_path / "plugin")
    install(python, "--find-links", core_wheel.parent, "--editable", f"{tmp_path / 'plugin'}[testing]")
    passes(python, tmp_path / "plugin")
