"""The embedded server through everything that happens to one."""

import multiprocessing
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tallystick.wiring import server as starter
from tallystick.wiring.database import DatabaseGone, naming_lost_connection
from tallystick.wiring.server import (
    DiskFull,
    HeldByOtherServer,
    HomeNotWritable,
    MadeByOtherVersion,
    Server,
    ServerNotStarted,
    ServerState,
    SharedMemoryRefused,
    SocketPathTooLong,
    server_state,
    start_server,
    stop_server,
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that the server's account can enter when root runs the tests, unlike tmp_path."""
    with tempfile.TemporaryDirectory(prefix=f"tallystick-test-{os.getpid()}-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
        stop_server(Path(folder))


def postmaster_pid(server: Server) -> int:
    return int((server.data_dir / "postmaster.pid").read_text().split()[0])


def connect(server: Server) -> psycopg.Connection:
    return psycopg.connect(server.conninfo(user="postgres", database="postgres"), autocommit=True)


def test_life_of_a_server(home):
    assert server_state(home) == ServerState.ABSENT
    first = start_server(home)
    assert server_state(home) == ServerState.RUNNING
    pid = postmaster_pid(first)
    assert start_server(home) == first
    assert postmaster_pid(first) == pid
    with connect(first) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    assert stat.S_IMODE(first.socket_dir.stat().st_mode) == 0o700
    assert stop_server(home)
    assert server_state(home) == ServerState.STOPPED
    assert not stop_server(home)


def test_killed_server_recovers_what_was_confirmed(home):
    server = start_server(home)
    connection = connect(server)
    connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    psutil.Process(postmaster_pid(server)).kill()
    psutil.wait_procs(starter._processes_in(server.data_dir), timeout=10)
    with pytest.raises(DatabaseGone) as refused, naming_lost_connection():
        connection.execute("SELECT 1")
    assert "run the command again" in refused.value.sentence()
    assert server_state(home) == ServerState.KILLED
    with connect(start_server(home)) as again:
        assert again.execute("SELECT n FROM kept").fetchone() == (7,)


def test_process_id_given_to_someone_else(home):
    server = start_server(home)
    lines = (server.data_dir / "postmaster.pid").read_text().splitlines()
    stop_server(home)
    (server.data_dir / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert server_state(home) == ServerState.KILLED
    assert start_server(home) == server


def _start_and_tell(home: Path, told) -> None:
    told.put(postmaster_pid(start_server(home)))


def test_starters_at_once_share_one_server(home):
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    starters = [context.Process(target=_start_and_tell, args=(home, told)) for _ in range(3)]
    for process in starters:
        process.start()
    pids = {told.get(timeout=60) for _ in starters}
    for process in starters:
        process.join()
    assert len(pids) == 1


def test_interrupted_first_start(home):
    unfinished = home / "server" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert start_server(home)
    assert not unfinished.exists()


def test_data_of_another_version(home):
    server = start_server(home)
    stop_server(home)
    (server.data_dir / "PG_VERSION").write_text("14\n")
    with pytest.raises(MadeByOtherVersion) as refused:
        start_server(home)
    assert "made by PostgreSQL 14" in refused.value.sentence()


def test_home_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(HomeNotWritable):
        start_server(file / "home")


def test_live_server_without_its_pid_file(home, monkeypatch):
    server = start_server(home)
    pid_file = server.data_dir / "postmaster.pid"
    kept = pid_file.read_text()
    pid_file.unlink()
    monkeypatch.setattr(starter, "ORPHAN_SECONDS_MAX", 0)
    with pytest.raises(HeldByOtherServer):
        start_server(home)
    pid_file.write_text(kept)


def test_long_home_has_its_socket_elsewhere(home):
    deep = home / ("d" * 60) / ("e" * 60)
    server = start_server(deep)
    assert len(str(server.socket_dir)) < 80
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    stop_server(deep)
    assert not server.socket_dir.exists()


def test_no_path_short_enough_for_a_socket(home, monkeypatch):
    long = home / ("t" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(SocketPathTooLong):
        start_server(long)


SAID = """
DiskFull            | initdb: error: could not write file "data.new/x": No space left on device
DiskFull            | FATAL:  could not write lock file "postmaster.pid": No space left on device
DiskFull            | bootstrap: FATAL: could not extend file "base/1/2691": No space left on device
SharedMemoryRefused | FATAL: could not resize shared memory segment "x": No space left on device
SharedMemoryRefused | FATAL:  could not map anonymous shared memory: Cannot allocate memory
HeldByOtherServer   | FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use
HeldByOtherServer   | FATAL:  lock file "postmaster.pid" already exists
HomeNotWritable     | initdb: error: could not create directory "data.new": Permission denied
HomeNotWritable     | FATAL:  could not open file "pg_wal/0": Read-only file system
ServerNotStarted    | FATAL:  configuration file "postgresql.conf" contains errors
"""
KINDS = {
    kind.__name__: kind
    for kind in (
        DiskFull, HeldByOtherServer, HomeNotWritable, ServerNotStarted, SharedMemoryRefused,
    )
}  # fmt: skip


@pytest.mark.parametrize("row", SAID.strip().splitlines())
def test_named_faults(row, tmp_path):
    kind, said = (part.strip() for part in row.split("|"))
    before = "selecting dynamic shared memory implementation ... posix"
    refusal = starter._named_fault(tmp_path, f"{before}\n{said}\nstopped waiting\n")
    assert type(refusal) is KINDS[kind]
    assert refusal.sentence()


def test_unnamed_fault_tells_what_the_server_said(home):
    server = start_server(home)
    stop_server(home)
    with (server.data_dir / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(ServerNotStarted) as refused:
        start_server(home)
    assert "contains errors" in refused.value.sentence()
    assert Path(refused.value.log).exists()
