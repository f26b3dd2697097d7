"""A child process that a test starts, kills and starts again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from ramal.processes import die_with_parent

_STOP_SECONDS = 20.0


def free_port() -> int:
    """A local port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class ChildProcess:
    """A command in a session of its own, its output in a file; it ends when we do."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self.argv = list(argv)
        self.env = dict(env)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the running process. Raises RuntimeError when it was not started."""
        if self._process is None:
            raise RuntimeError(f"{self.argv} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; one that runs already is left alone."""
        if self.running:
            return
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.argv,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- it only makes two system calls
            )

    def family(self) -> list[psutil.Process]:
        """The process and its descendants, the oldest first."""
        try:
            parent = psutil.Process(self.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """SIGKILL to it and all its descendants at once: no handler runs, nothing is said goodbye to."""
        for process in self.family():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self._reap()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to what is left after 20 seconds."""
        if self._process is None:
            return
        family = self.family()
        if self.running:
            self._process.terminate()
        _, alive = psutil.wait_procs(family, timeout=_STOP_SECONDS)
        for process in alive:
            process.kill()
        self._reap()

    def memory(self) -> list[tuple[int, int]]:
        """(process number, unique set size in bytes) of it and its descendants."""
        found = []
        for process in self.family():
            try:
                found.append((process.pid, int(process.memory_full_info().uss)))
            except psutil.Error:
                continue
        return found

    def tail(self, lines: int = 40) -> str:
        """The end of what it said."""
        if not self.log.exists():
            return "(nothing was said)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None


def clean_environment() -> dict[str, str]:
    """Ours, without any RAMAL_ variable of the machine it runs on."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RAMAL_")}
