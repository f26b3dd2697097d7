"""Where an embedded server keeps its files, whose they are, and who holds them now."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import stat
import tempfile
from pathlib import Path
from typing import IO

from ramal.embedded.errors import EmbeddedError
from ramal.embedded.process import Account

SYSTEM_BASE = Path("/var/lib/ramal")
"""Root's place for clusters and programs that the unprivileged account must be able to reach."""

_LONGEST_SOCKET_FOLDER = 80
"""Bytes. A socket's whole path may have 103 on macOS and 107 on Linux; its name needs up to 20."""


def unprivileged_account() -> Account | None:
    """The account that a server drops to when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError("PostgreSQL refuses to run as root, and there is no account 'nobody'.") from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Whether the account may pass through every folder down to this one, as the permissions stand."""
    if account is None:
        return True
    folder = folder.resolve()
    return all(_passable(one.stat(), account) for one in (folder, *folder.parents))


def _passable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def cluster_home(data_dir: Path, account: Account | None, *, base: Path = SYSTEM_BASE) -> Path:
    """The folder of the PostgreSQL cluster: inside `data_dir`, or under `base` where the account cannot go there.

    A token in `data_dir` names the folder under `base`: a moved project finds its data, and a project whose
    `data_dir` was deleted starts with an empty one, as anybody would expect.
    """
    mode = 0o700 if account is None else 0o711  # ours; only its data and socket folders belong to the account
    if can_enter(data_dir, account):
        return owned_folder(data_dir / "postgres", None, mode=mode)
    make_passable(base)
    home = owned_folder(base / _token(data_dir), None, mode=mode)
    (home / "origin").write_text(f"{data_dir}\n")
    return home


def make_passable(base: Path) -> None:
    """Make our own folder under /var/lib, which others may pass through but not list."""
    base.mkdir(mode=0o711, parents=True, exist_ok=True)


def _token(data_dir: Path) -> str:
    file = data_dir / "postgres.token"
    if not file.exists():
        file.write_text(secrets.token_hex(8))
        file.chmod(0o600)
    return file.read_text().strip()


def owned_folder(folder: Path, account: Account | None, *, mode: int = 0o700) -> Path:
    """The folder, made if need be, closed to others and belonging to the account (or to us).

    Raises EmbeddedError when it belongs to somebody else, as after a first run as root.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    owner = os.geteuid() if account is None else account.uid
    if folder.is_symlink() or folder.stat().st_uid != owner:
        raise EmbeddedError(f"{folder} belongs to another account: start as that one, or move the folder away.")
    folder.chmod(mode)
    return folder


def socket_folder(home: Path, account: Account | None) -> Path:
    """The folder for a server's socket: in `home`, or in a short one where the path would be too long."""
    inside = home / "run"
    if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
        return owned_folder(inside, account)
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    short = Path(tempfile.gettempdir())
    if len(os.fsencode(short)) > _LONGEST_SOCKET_FOLDER - 20:
        short = Path("/tmp")  # noqa: S108 -- owned_folder checks owner and mode
    return owned_folder(short / f"ramal-{name}", account)


def hold(home: Path) -> IO[str]:
    """Take the folder for this process until the returned file is closed.

    Raises EmbeddedError when another process has it; the kernel gives it back when that one ends, however it ends.
    """
    lock = (home / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise EmbeddedError(f"{home} is in use by {holder}: is Ramal already running here?") from error
    lock.seek(0)
    lock.truncate()
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock
