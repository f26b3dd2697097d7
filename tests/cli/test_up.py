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

import psutil
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


class Running:
    """A `ramal up` that has said it is ready; its log says what it said."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.port, self.log = free_port(), log
        shell = environment(folder, self.port, RAMAL_WEB_PROCESSES="1", PYTHONUNBUFFERED="1")
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                COMMAND,
                env=shell,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- it only makes two system calls
            )

    def __enter__(self) -> Running:
        self.wait("Ctrl-C stops everything")
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait(60)

    def wait(self, words: str) -> None:
        wait_for(lambda: words in self.said or self.process.poll() is not None, lambda: self.said, timeout=120)

    @property
    def said(self) -> str:
        return self.log.read_text()

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as page:
                return bool(page.status == 200)
        except OSError:
            return False


def test_from_nothing_to_a_page_and_back(folder: Path, tmp_path: Path) -> None:
    with Running(folder, tmp_path / "up.log") as up_:
        assert f"Ramal is ready: http://127.0.0.1:{up_.port}" in up_.said
        for plugin in find():  # the one-machine product installs what it finds
            assert f"{plugin.name}: {plugin.version}" in up_.said
        assert re.search(r"Password \S{8,} ", up_.said)
        assert up_.answers("/")
    assert up_.process.returncode == 0, up_.said
    assert "Traceback" not in up_.said
    assert "Warning" not in up_.said  # gevent's, if the web server imported too much before it was patched


def test_a_killed_server_is_started_again(folder: Path, tmp_path: Path) -> None:
    with Running(folder, tmp_path / "up.log") as up_:
        for name, program in (("PostgreSQL", "postgres"), ("Redis", "redis-server")):
            (server,) = [one for one in psutil.Process(up_.process.pid).children() if program in one.name()]
            server.kill()
            up_.wait(f"{name} was ended by signal 9: it was started again.")
            wait_for(lambda: up_.answers("/health/ready"), lambda: up_.said, timeout=60)


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
