"""How much a document may take, and what a process that lays one out may do."""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ramal_documents.contracts.stops import Stop

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Seconds by the clock and of CPU, megabytes of memory beyond what the engine has, pages, megabytes of PDF."""

    seconds: float = 20.0
    cpu_seconds: int = 15
    memory: int = 512
    pages: int = 300
    size: int = 25


def apply(limits: Limits) -> None:
    """Bind this process; there is no way back. Where a system does not know a limit, the others hold."""
    memory = _address_space() + limits.memory * MEGABYTE
    size = limits.size * MEGABYTE
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu = int(used) + limits.cpu_seconds
    wanted = (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, size, size),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for limit, soft, hard in wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (soft, hard))


def guard() -> None:
    """Forbid this process the net, other programs, and files but those of the interpreter and of fonts.

    A second wall behind the template's language and the fetcher: what got through both still can't reach out. Code in
    C is not seen by it, so Pango and fontconfig read fonts as ever.
    """
    folders = tuple(sorted({str(Path(folder).resolve()) for folder in _folders()}))

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _READING:
            if not _may_open(arguments[0], folders):
                raise Stop("fetch", str(arguments[0]))
        elif event.startswith(_NEVER):
            raise Stop("forbidden", event)

    sys.addaudithook(watch)


def environment() -> dict[str, str]:
    """Ours, for a process that lays out: what finds fonts, libraries, modules, a temporary folder; no secrets."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "0"}


_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_KEPT_PREFIXES = ("FONTCONFIG_", "XDG_", "LC_")
# An engine that ends clears its temporary folder.
_READING = frozenset({"open", "os.listdir", "os.scandir", "shutil.rmtree"})
_NEVER = (
    *("socket.", "subprocess.", "ctypes.", "shutil.", "ftplib.", "smtplib.", "http.client."),
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.kill"),
)


def _may_open(path: Any, folders: tuple[str, ...]) -> bool:
    if isinstance(path, int):
        return True
    if path is None:
        return False
    name = os.path.realpath(os.fsdecode(path))
    return any(name == folder or name.startswith(folder + os.sep) for folder in folders)


def _folders() -> list[str]:
    own = str(Path(__file__).parents[2])
    library = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return [gettempdir(), own, *library]


def _address_space() -> int:
    """What this process maps already, in bytes; a guess where /proc is not there."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 1024 * MEGABYTE
