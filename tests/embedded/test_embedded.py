"""The embedded servers: really started, as root and as a plain account."""

import multiprocessing
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg2
import pytest
import redis

from ramal import embedded
from ramal.embedded import EmbeddedError, place, postgres
from ramal.embedded.process import Account
from ramal.testing.waiting import wait_for

AS_ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not AS_ROOT, reason="changes accounts")
NOBODY = Account("nobody", 65534, 65534)
HOLD = """
import sys
from pathlib import Path
from ramal import embedded
services = embedded.start(Path(sys.argv[1]))
print(services.superuser_url, services.redis_url, flush=True)
sys.stdin.read()
"""


def libpq(url: str) -> str:
    return url.replace("+psycopg2", "")


def scalar(url: str, query: str) -> object:
    link = psycopg2.connect(libpq(url))
    try:
        with link, link.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None
    finally:
        link.close()


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that every account can reach; pytest's own are closed."""
    folder = Path(f"/tmp/ramal-test-{os.getpid()}")
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only its owner can enter, as /root is."""
    folder = Path(f"/tmp/ramal-closed-{os.getpid()}")
    folder.mkdir(mode=0o700)
    yield folder / "project" / ".ramal"
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_starts_keeps_its_data_and_starts_again(open_folder: Path) -> None:
    with embedded.start(open_folder / "data") as services:
        assert scalar(services.superuser_url, "SELECT current_setting('fsync')") == "on"
        assert scalar(services.superuser_url, "SELECT lower('AÇÃO')") == "ação"
        scalar(services.superuser_url, "CREATE TABLE kept AS SELECT 7 AS n")
        client = redis.Redis.from_url(services.redis_url)
        client.set("a", "b")
        assert client.get("a") == b"b"
    with embedded.start(open_folder / "data", redis=False) as services:
        assert scalar(services.superuser_url, "SELECT n FROM kept") == 7
        with pytest.raises(EmbeddedError, match="Redis is not running"):
            _ = services.redis_url


def test_settings_reach_the_server(open_folder: Path) -> None:
    with embedded.start(open_folder / "data", redis=False, postgres_settings={"fsync": "off"}) as services:
        assert scalar(services.superuser_url, "SELECT current_setting('fsync')") == "off"
        assert scalar(services.superuser_url, "SELECT current_setting('max_connections')") == "200"


def test_no_door_on_the_network(open_folder: Path) -> None:
    with embedded.start(open_folder / "data") as services:
        assert scalar(services.superuser_url, "SELECT current_setting('listen_addresses')") == ""
        assert redis.Redis.from_url(services.redis_url).config_get("port") == {"port": "0"}


def test_nothing_runs_after_stop_and_stopping_twice_is_harmless(open_folder: Path) -> None:
    before = set(psutil.Process().children())
    services = embedded.start(open_folder / "data")
    family = set(psutil.Process().children()) - before
    assert {"postgres", "redis-server"} <= {one.name() for one in family}
    services.stop()
    services.stop()
    assert not [one for one in family if one.is_running() and one.name() in ("postgres", "redis-server")]
    with pytest.raises(EmbeddedError, match="PostgreSQL is not running"):
        _ = services.superuser_url


def test_a_crash_loses_nothing_committed(open_folder: Path) -> None:
    with embedded.start(open_folder / "data", redis=False) as services:
        scalar(services.superuser_url, "CREATE TABLE kept AS SELECT 7 AS n")
        services.restart_postgres(crash=True)
        assert scalar(services.superuser_url, "SELECT n FROM kept") == 7
        services.restart_postgres()
        assert scalar(services.superuser_url, "SELECT n FROM kept") == 7


def test_a_server_that_ended_by_itself_is_started_again(open_folder: Path) -> None:
    others = set(psutil.Process().children())
    with embedded.start(open_folder / "data") as services:
        assert services.revive() == []
        for name in ("postgres", "redis-server"):
            (server,) = [one for one in psutil.Process().children() if one.name() == name and one not in others]
            server.kill()
            title = {"postgres": "PostgreSQL", "redis-server": "Redis"}[name]
            assert wait_for(services.revive) == [f"{title} was ended by signal 9: it was started again."]
        assert scalar(services.superuser_url, "SELECT 1") == 1
        assert redis.Redis.from_url(services.redis_url).ping()


def test_redis_comes_back_empty(open_folder: Path) -> None:
    with embedded.start(open_folder / "data", postgres=False) as services:
        client = redis.Redis.from_url(services.redis_url)
        client.set("a", "b")
        services.restart_redis()
        assert client.dbsize() == 0


def test_servers_end_with_the_process_that_started_them(open_folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(open_folder / "data")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline()
        servers = [one for one in psutil.Process(holder.pid).children() if one.name() in ("postgres", "redis-server")]
        assert len(servers) == 2
        holder.kill()
        _, alive = psutil.wait_procs(servers, timeout=30)
        assert not alive
    with embedded.start(open_folder / "data") as services:
        assert scalar(services.superuser_url, "SELECT 1") == 1


def test_a_second_start_on_the_same_data_is_refused(open_folder: Path) -> None:
    with (
        embedded.start(open_folder / "data"),
        pytest.raises(EmbeddedError, match=f"in use by process {os.getpid()}"),
    ):
        embedded.start(open_folder / "data")


def test_a_stale_pid_file_of_another_living_process_is_no_obstacle(open_folder: Path) -> None:
    with embedded.start(open_folder / "data", redis=False) as services:
        home = open_folder / "data" / "postgres"
        lines = (home / "data" / "postmaster.pid").read_text().splitlines()
        assert services.superuser_url
    # A process of the same account with the number in the file is what makes PostgreSQL itself refuse.
    account = place.unprivileged_account()
    sleeper = subprocess.Popen(["sleep", "600"], user=account.uid if account else None)
    try:
        (home / "data" / "postmaster.pid").write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        with embedded.start(open_folder / "data", redis=False) as services:
            assert scalar(services.superuser_url, "SELECT 1") == 1
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_leftover_server_is_stopped_first(open_folder: Path) -> None:
    """As on a system where children outlive a killed parent."""
    with embedded.start(open_folder / "data", redis=False):
        pass
    home = open_folder / "data" / "postgres"
    account = place.unprivileged_account()
    root = postgres.reachable_root(account)
    leftover = subprocess.Popen(
        [str(root / "bin/postgres"), "-D", str(home / "data"), "-k", str(home / "run"), "-c", "listen_addresses="],
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        stderr=subprocess.PIPE,
        text=True,
    )
    with leftover:
        assert leftover.stderr
        assert any("ready to accept connections" in line for line in leftover.stderr)
        with embedded.start(open_folder / "data", redis=False) as services:
            assert scalar(services.superuser_url, "SELECT 1") == 1
        assert leftover.wait(timeout=30) == 0


def test_a_long_path_still_gets_its_sockets(open_folder: Path) -> None:
    folder = open_folder / ("x" * 60) / ("y" * 60)
    with embedded.start(folder) as services:
        assert scalar(services.superuser_url, "SELECT 1") == 1
        assert redis.Redis.from_url(services.redis_url).ping()
        sockets = Path(unquote(services.superuser_url.split("host=")[1].split("&")[0]))
        assert sockets.exists()
    assert (folder / "postgres" / "data" / "PG_VERSION").exists()
    assert not sockets.exists()


def test_what_the_server_says_is_in_the_error(open_folder: Path) -> None:
    with pytest.raises(EmbeddedError, match='unrecognized configuration parameter "no_such_thing"'):
        embedded.start(open_folder / "data", postgres_settings={"no_such_thing": "1"})
    with embedded.start(open_folder / "data"):  # and nothing is held
        pass


def test_data_of_another_release_is_refused(open_folder: Path) -> None:
    with embedded.start(open_folder / "data", redis=False):
        pass
    (open_folder / "data" / "postgres" / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match="data of PostgreSQL 15"):
        embedded.start(open_folder / "data")


def test_programs_for_backups() -> None:
    version = subprocess.run(
        [embedded.postgres_binary("pg_dump"), "--version"], capture_output=True, text=True, check=True
    )
    assert "18" in version.stdout
    with pytest.raises(EmbeddedError, match="no program nothing"):
        embedded.postgres_binary("nothing")


@root_only
def test_as_root_the_server_is_somebody_else_and_no_folder_is_widened(open_folder: Path) -> None:
    before = stat.S_IMODE(open_folder.stat().st_mode)
    with embedded.start(open_folder / "data", redis=False) as services:
        server = next(one for one in psutil.Process().children() if one.name() == "postgres")
        assert server.username() == "nobody"
        assert services.notices == []
    assert stat.S_IMODE(open_folder.stat().st_mode) == before
    assert stat.S_IMODE((open_folder / "data" / "postgres" / "data").stat().st_mode) == 0o700


@root_only
def test_as_root_in_a_closed_folder_the_cluster_goes_elsewhere_and_says_so(closed_folder: Path) -> None:
    with embedded.start(closed_folder, redis=False) as services:
        (notice,) = services.notices
        scalar(services.superuser_url, "CREATE TABLE kept AS SELECT 7 AS n")
    home = Path(notice.split(" are in ")[1].split(":")[0])
    assert home.parent == place.SYSTEM_BASE
    services = embedded.start(closed_folder, redis=False)
    try:
        assert scalar(services.superuser_url, "SELECT n FROM kept") == 7
        assert stat.S_IMODE(closed_folder.parent.parent.stat().st_mode) == 0o700
    finally:
        services.discard()
    assert not home.exists()


def start_as_nobody(folder: Path, answer: Connection) -> None:
    """In a forked process: become nobody, start the servers, say where they answered or what went wrong."""
    os.setgroups([])
    os.setgid(NOBODY.gid)
    os.setuid(NOBODY.uid)
    try:
        with embedded.start(folder) as services:
            answer.send(scalar(services.superuser_url, "SELECT 'it answers'"))
    except BaseException as error:
        answer.send(f"{error!r}")
        raise


@root_only
def test_a_plain_account_runs_it_as_itself(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_folder.chmod(0o777)
    programs = embedded.binaries.reachable_copy(embedded.binaries.postgres_root(), open_folder)
    redis_copy = shutil.copy(embedded.redis_binary(), open_folder / "redis-server")
    monkeypatch.setattr(embedded.binaries, "postgres_root", lambda: programs)
    monkeypatch.setattr(embedded.binaries, "redis_binary", lambda: redis_copy)
    ours, theirs = multiprocessing.Pipe()
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=start_as_nobody, args=(open_folder / "data", theirs))
    process.start()
    assert ours.recv() == "it answers"
    process.join(timeout=60)
    assert (open_folder / "data" / "postgres").owner() == "nobody"
    with pytest.raises(EmbeddedError, match="belongs to another account"):
        embedded.start(open_folder / "data")


@root_only
def test_the_program_is_copied_where_others_can_run_it(tmp_path: Path, open_folder: Path) -> None:
    copy = embedded.binaries.reachable_copy(embedded.binaries.postgres_root(), open_folder)
    again = embedded.binaries.reachable_copy(embedded.binaries.postgres_root(), open_folder)
    assert again == copy
    result = subprocess.run([copy / "bin" / "initdb", "--version"], user=NOBODY.uid, capture_output=True, check=True)
    assert b"PostgreSQL" in result.stdout
    assert len(list(open_folder.iterdir())) == 1


def test_passing_through_folders_is_judged_by_their_permissions(closed_folder: Path, open_folder: Path) -> None:
    stranger = Account("stranger", 4242, 4242)
    assert place.can_enter(open_folder, stranger)
    assert not place.can_enter(closed_folder.parent.parent, stranger)
    assert place.can_enter(closed_folder.parent.parent, None)
    owner = Account("owner", closed_folder.parent.parent.stat().st_uid, 4242)
    assert place.can_enter(closed_folder.parent.parent, owner)


def test_signals_of_the_terminal_do_not_reach_the_servers(open_folder: Path) -> None:
    with embedded.start(open_folder / "data") as services:
        for server in psutil.Process().children():
            if server.name() in ("postgres", "redis-server"):
                assert os.getsid(server.pid) == server.pid
        assert services.data_dir == open_folder / "data"
