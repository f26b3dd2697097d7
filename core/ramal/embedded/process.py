"""Starting a server as a child that cannot outlive us, and stopping it for certain."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ramal.processes import die_with_parent


@dataclass(frozen=True)
class Account:
    """The operating-system account a server drops to; where one is optional, None means our own."""

    name: str
    uid: int
    gid: int


def spawn(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    log: Path,
    account: Account | None,
    parent_death: signal.Signals,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own (Ctrl-C is ours alone), its output appended to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment or clean_environment()),
            preexec_fn=die_with_parent(parent_death),  # noqa: PLW1509 -- it only makes two system calls
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def clean_environment() -> dict[str, str]:
    """An environment that makes a server behave the same wherever it is started."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def stop(process: subprocess.Popen[bytes], sign: signal.Signals, *, seconds: float, then: signal.Signals) -> None:
    """Ask with `sign`, wait `seconds`, insist with `then`, and at last kill."""
    for attempt in (sign, then, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(attempt)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.wait()
