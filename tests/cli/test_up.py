"""`ramal up` as a newcomer meets it: a whole start and stop, and the starts that can't be."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from ramal.cli import up
from ramal.config import Settings
from ramal.plugins.discovery import find
from ramal.processes import die_with_parent
from ramal.testing.processes import free_port
from ramal.testing.waiting import wait_for

COMMAND = (sys.executable, "-m", "ramal.cli", "up")


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    """Of a shell in which nothing of Ramal is configured but its folder and its port."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAMAL_")}
    return {**clean, "RAMAL_DATA_DIR": str(folder), "RAMAL_PORT": str(port), **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As root, PostgreSQL runs as another account, which must pass through."""
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o711)
    return tmp_path / "data"


def test_from_nothing_to_a_page_and_back(folder: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "up.log"
    shell = environment(folder, port, RAMAL_WEB_PROCESSES="1", PYTHONUNBUFFERED="1")
    with log.open("wb") as output:
        process = subprocess.Popen(
            COMMAND,
            env=shell,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- it only makes two system calls
        )
    try:
        wait_for(
            lambda: "Ctrl-C stops everything" in log.read_text() or process.poll() is not None,
            log.read_text,
            timeout=120,
        )
        said = log.read_text()
        assert f"Ramal is ready: http://127.0.0.1:{port}" in said
        for plugin in find():  # the one-machine product installs what it finds
            assert f"{plugin.name}: {plugin.version}" in said
        assert re.search(r"Password \S{8,} ", said)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            assert page.status == 200
    finally:
        process.terminate()
        process.wait(60)
    said = log.read_text()
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert "Warning" not in said  # gevent's, if the web server imported too much before it was patched


def test_a_taken_port_is_refused_before_anything_starts(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            COMMAND, env=environment(folder, port), capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken by another program" in done.stderr
    assert f"RAMAL_PORT={port + 1} ramal up" in done.stderr
    assert "ready" not in done.stdout
    assert not (folder / "postgres").exists()


@pytest.mark.parametrize("bind", ["192.0.2.1", "no such host"])
def test_an_address_of_another_machine_is_refused_with_the_reason(folder: Path, bind: str) -> None:
    shell = environment(folder, free_port(), RAMAL_BIND=bind)
    done = subprocess.run(COMMAND, env=shell, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"of {bind} can't be had" in done.stderr


def test_without_a_page_nobody_is_told_that_it_is_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(up, "PATIENCE", 0.1)
    port = free_port()
    up._announce(Settings(port=port), demo=False, password=None)
    said = capsys.readouterr().out
    assert "ready" not in said
    assert f"No page came from http://127.0.0.1:{port}" in said
