"""The embedded PostgreSQL: a real server on a unix socket, started when needed, stopped when told.

It stays up between commands, as a database does; `tallystick db stop` ends it. Everything lies in
one folder, `server/` under the home: `data/`, `server.log` and, where the path is short enough for
one, the socket.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import psutil

from tallystick.base.refusal import Refusal
from tallystick.wiring.account import Runner, find_runner

PORT: Final = 5432
"""Only names the socket file: the server listens on no network address."""

SOCKET_PATH_BYTES_MAX: Final = 100
START_SECONDS_MAX: Final = 300  # recovery after a crash replays up to 4 GB of log
STOP_SECONDS_MAX: Final = 120
ORPHAN_SECONDS_MAX: Final = 15  # sessions of a killed server take a moment to notice
MEBIBYTE: Final = 1 << 20


class ServerState(StrEnum):
    ABSENT = "absent"  # no data yet
    STOPPED = "stopped"
    KILLED = "killed"  # ended without a word; the next start recovers
    STARTING = "starting"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; a login over its socket needs no password, the folder keeps others out."""

    socket_dir: Path
    port: int
    data_dir: Path

    def conninfo(self, *, user: str, database: str) -> str:
        """A libpq connection string."""
        return f"host='{self.socket_dir}' port={self.port} user={user} dbname={database}"


@dataclass
class HomeNotWritable(Refusal):
    code = "home_not_writable"
    path: str = ""

    def sentence(self) -> str:
        return (
            f"cannot write in {self.path}; give yourself the right to write there, "
            "or set TALLYSTICK_HOME to a folder of your own"
        )


@dataclass
class DiskFull(Refusal):
    code = "disk_full"
    path: str = ""

    def sentence(self) -> str:
        return (
            f"the disk that holds {self.path} is full; free some space (1 GB is a good start) "
            "and run the command again, nothing is lost"
        )


@dataclass
class MadeByOtherVersion(Refusal):
    code = "made_by_other_version"
    path: str = ""
    found: str = ""
    needed: str = ""

    def sentence(self) -> str:
        return (
            f"{self.path} was made by PostgreSQL {self.found}, but {self.needed} is installed; "
            f"run the Tallystick version that made it and dump it with pg_dump, or set "
            "TALLYSTICK_HOME to a new folder"
        )


@dataclass
class HeldByOtherServer(Refusal):
    code = "held_by_other_server"
    path: str = ""
    pid: str = ""

    def sentence(self) -> str:
        return (
            f"another PostgreSQL (process {self.pid}) already works in {self.path} and is not "
            "reachable by socket; stop it, then run the command again"
        )


@dataclass
class SocketPathTooLong(Refusal):
    code = "socket_path_too_long"
    path: str = ""

    def sentence(self) -> str:
        return (
            f"the socket path {self.path} is longer than the {SOCKET_PATH_BYTES_MAX} bytes a "
            "system allows; set TMPDIR or TALLYSTICK_HOME to a shorter path, such as /tmp"
        )


@dataclass
class SharedMemoryRefused(Refusal):
    code = "shared_memory_refused"
    detail: str = ""

    def sentence(self) -> str:
        return (
            f"the system gave PostgreSQL no shared memory ({self.detail}); "
            "free some memory or raise the container's memory limit to 512 MB or more"
        )


@dataclass
class ServerNotStarted(Refusal):
    code = "server_not_started"
    detail: str = ""
    log: str = ""

    def sentence(self) -> str:
        return f"PostgreSQL did not start: {self.detail}; its full account is in {self.log}"


@dataclass
class ServerNotStopped(Refusal):
    code = "server_not_stopped"
    pid: str = ""

    def sentence(self) -> str:
        return f"PostgreSQL (process {self.pid}) does not stop; end it with: kill -QUIT {self.pid}"


def start_server(home: Path) -> Server:
    """The server of this home, started and its data made if need be; running already is fine.

    :raises HomeNotWritable: when the home or its data cannot be written
    :raises DiskFull: when there is no room to make or start it
    :raises MadeByOtherVersion: when another major version of PostgreSQL made the data
    :raises HeldByOtherServer: when a server not started by us works in the data
    :raises SocketPathTooLong: when no socket fits, not in the temporary folder either
    :raises SharedMemoryRefused: when the system gives the server no memory
    :raises ServerNotStarted: when it fails for any other reason
    """
    home = home.resolve()
    if server := running_server(home):
        return server
    with _sole_starter(home):
        if server := running_server(home):
            return server
        runner = find_runner(home)
        runner.own(_folder(home))
        _make_data(home, runner)
        _check_version(home, runner)
        _clear_remains(home)
        if running_server(home) is None:
            _start(home, runner)
        server = running_server(home)
        if server is None:
            raise _named_fault(home, _read_tail(_log(home)))
        return server


def stop_server(home: Path) -> bool:
    """Ends the home's server; true when one was running.

    :raises ServerNotStopped: when it ignores even an immediate shutdown
    """
    home = home.resolve()
    process = _postmaster(home)
    if process is None:
        return False
    # Fast shutdown ends sessions and writes everything; an immediate one recovers at next start.
    for ending, seconds in ((signal.SIGINT, STOP_SECONDS_MAX), (signal.SIGQUIT, 10)):
        process.send_signal(ending)
        if _wait_until_ended(process, seconds=seconds):
            socket_dir = _socket_dir(home)
            if socket_dir != _folder(home):
                shutil.rmtree(socket_dir, ignore_errors=True)
            return True
    raise ServerNotStopped(pid=str(process.pid))


def server_state(home: Path) -> ServerState:
    home = home.resolve()
    if not (_data(home) / "PG_VERSION").exists():
        return ServerState.ABSENT
    if running_server(home):
        return ServerState.RUNNING
    if _postmaster(home):
        return ServerState.STARTING
    return ServerState.KILLED if _pid_file(home).exists() else ServerState.STOPPED


def running_server(home: Path) -> Server | None:
    """The home's server if it runs and takes connections."""
    home = home.resolve()
    lines = _pid_lines(home)
    if len(lines) < 8 or lines[7].strip() != "ready" or _postmaster(home) is None:
        return None
    return Server(socket_dir=Path(lines[4]), port=int(lines[3]), data_dir=_data(home))


def _folder(home: Path) -> Path:
    return home / "server"


def _data(home: Path) -> Path:
    return _folder(home) / "data"


def _log(home: Path) -> Path:
    return _folder(home) / "server.log"


def _pid_file(home: Path) -> Path:
    return _data(home) / "postmaster.pid"


def _pid_lines(home: Path) -> list[str]:
    try:
        return _pid_file(home).read_text().splitlines()
    except OSError:
        return []


def _postmaster(home: Path) -> psutil.Process | None:
    """The live server process of the home's data, or None; a reused process id is not one."""
    lines = _pid_lines(home)
    if not lines or not lines[0].isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
        ours = str(_data(home)) in process.cmdline()
        return process if ours and not _ended(process) else None
    except psutil.Error:
        return None


def _ended(process: psutil.Process) -> bool:
    """Gone, or a zombie that nobody collects, as in a container without an init process."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _wait_until_ended(process: psutil.Process, *, seconds: int) -> bool:
    deadline = time.monotonic() + seconds
    while not _ended(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def _sole_starter(home: Path) -> Iterator[None]:
    """Holds the home's start lock; a second starter waits and then finds the server running."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        # The server's account must pass through root's home; ours stays closed to others.
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        lock = (home / "server.lock").open("w")
    except OSError as fault:
        raise _file_fault(fault, home) from fault
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _file_fault(fault: OSError, path: Path) -> Refusal:
    if "No space left" in str(fault):
        return DiskFull(path=str(path))
    return HomeNotWritable(path=str(path))


def _make_data(home: Path, runner: Runner) -> None:
    """Data made aside and renamed when whole, so that an interrupted start leaves none."""
    data = _data(home)
    if (data / "PG_VERSION").exists():
        return
    unfinished = data.with_name("data.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    with tempfile.TemporaryFile() as output:
        status = runner.run(
            "initdb", f"--pgdata={unfinished}", "--username=postgres", "--auth=trust",
            "--locale=C", "--encoding=UTF8", "--no-instructions",
            folder=_folder(home), output=output, timeout_seconds=START_SECONDS_MAX,
        )  # fmt: skip
        output.seek(0)
        if status != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise _named_fault(home, output.read().decode(errors="replace"))
    with (unfinished / "postgresql.conf").open("a") as settings:
        settings.write("\ninclude '../tallystick.conf'\n")
    unfinished.rename(data)


def _check_version(home: Path, runner: Runner) -> None:
    found = (_data(home) / "PG_VERSION").read_text().strip()
    if found != str(runner.major):
        raise MadeByOtherVersion(path=str(_data(home)), found=found, needed=str(runner.major))


def _clear_remains(home: Path) -> None:
    """Lets go of what a killed server left; PostgreSQL would trust a reused process id in it.

    :raises HeldByOtherServer: when live processes still work in the data
    """
    deadline = time.monotonic() + (START_SECONDS_MAX if _postmaster(home) else ORPHAN_SECONDS_MAX)
    while running_server(home) is None and (working := _processes_in(_data(home))):
        if time.monotonic() > deadline:
            raise HeldByOtherServer(path=str(_data(home)), pid=str(working[0].pid))
        time.sleep(0.05)
    if running_server(home) is None:
        for remains in (_pid_file(home), *_socket_dir(home).glob(".s.PGSQL.*")):
            remains.unlink(missing_ok=True)


def _processes_in(data: Path) -> list[psutil.Process]:
    """Live server processes that work in the data, also those that outlived their postmaster."""
    found = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            ours = process.info["name"] == "postgres" and process.cwd() == str(data)
            if ours and not _ended(process):
                found.append(process)
    return found


def _start(home: Path, runner: Runner) -> None:
    socket_dir = _socket_dir(home)
    runner.own(socket_dir)
    try:
        (_folder(home) / "tallystick.conf").write_text(_settings(socket_dir))
        _log(home).unlink(missing_ok=True)
    except OSError as fault:
        raise _file_fault(fault, home) from fault
    with tempfile.TemporaryFile() as output:
        try:
            status = runner.run(
                "pg_ctl", f"--pgdata={_data(home)}", f"--log={_log(home)}", "--silent",
                "--wait", f"--timeout={START_SECONDS_MAX}", "start",
                folder=_folder(home), output=output, timeout_seconds=START_SECONDS_MAX + 10,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise _named_fault(home, f"no answer within {START_SECONDS_MAX} s") from None
        output.seek(0)
        if status != 0:
            said = output.read().decode(errors="replace")
            raise _named_fault(home, _read_tail(_log(home)) + said)


def _read_tail(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[-4000:]
    except OSError:
        return ""


def _named_fault(home: Path, said: str) -> Refusal:
    """The refusal for what the server's programs said as they failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    detail = (faults or lines or ["it gave no reason"])[0]
    fault = "\n".join(faults)
    if "still in use" in fault or ("postmaster.pid" in fault and "already exists" in fault):
        return HeldByOtherServer(path=str(_data(home)), pid="unknown")
    # Ahead of the disk: a full /dev/shm has no space left either.
    if "shared memory" in fault or "Cannot allocate memory" in fault:
        return SharedMemoryRefused(detail=detail)
    if "No space left" in fault:
        return DiskFull(path=str(home))
    if "Permission denied" in fault or "Read-only file system" in fault:
        return HomeNotWritable(path=str(_folder(home)))
    return ServerNotStarted(detail=detail, log=str(_log(home)))


def _socket_dir(home: Path) -> Path:
    """The server's own folder, or where its path is too long, a short one that is ours alone.

    :raises SocketPathTooLong: when the temporary folder's path is too long as well
    """
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    for folder in (_folder(home), Path(tempfile.gettempdir()) / f"tallystick-{name}"):
        socket = folder / f".s.PGSQL.{PORT}"
        if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES_MAX:
            return folder
    raise SocketPathTooLong(path=str(socket))


def _settings(socket_dir: Path) -> str:
    """The server's settings for this machine; written anew at every start."""
    buffers = max(32, min(512, memory_bytes() // 8 // MEBIBYTE))
    return f"""\
# Written at every start. Settings of your own belong in postgresql.conf, below the include.
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
port = {PORT}
max_connections = 200
shared_buffers = {buffers}MB
dynamic_shared_memory_type = {"posix" if _has_shared_memory_files() else "mmap"}
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_level = minimal
max_wal_senders = 0
fsync = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
# No customer's values in the log.
log_min_error_statement = panic
log_error_verbosity = terse
"""


def memory_bytes() -> int:
    """Memory that this process may use: the machine's, or less by the container's limit."""
    total: int = psutil.virtual_memory().total
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _has_shared_memory_files() -> bool:
    """Containers often give 64 MB, too little for a parallel query."""
    try:
        return shutil.disk_usage("/dev/shm").free >= 256 * MEBIBYTE
    except OSError:
        return False
