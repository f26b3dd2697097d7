"""Write the lock file: install the requirements into a fresh environment and pin all that came with them.

`python tools/lock.py requirements.lock '.[embedded,dev]' ./plugins/pigeon …`. No address is recorded, so the file
serves whichever package index pip is set up for.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

_HEADER = "# Every version of `make install`, as pip's constraints. Made by `make lock`; do not edit.\n"


def lock(target: Path, requirements: list[str]) -> None:
    """Resolve `requirements` without the old lock and write what pip chose to `target`."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [str(Path(folder) / "bin" / "pip"), "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", "--upgrade", "pip", "setuptools"], check=True)
        editable = [part for requirement in requirements for part in ("--editable", requirement)]
        subprocess.run([*pip, "install", "--quiet", "--no-build-isolation", *editable], check=True)
        frozen = subprocess.run(
            [*pip, "freeze", "--all", "--exclude-editable"], check=True, capture_output=True, text=True
        )
    pins = [line for line in frozen.stdout.splitlines() if "==" in line]
    target.write_text(_HEADER + "\n".join(pins) + "\n")
    print(f"{target}: {len(pins)} pins")


if __name__ == "__main__":
    lock(Path(sys.argv[1]), sys.argv[2:])
