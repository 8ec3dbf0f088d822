"""What every benchmark reports: rows, seconds, peak memory, and the limit of the same run."""

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any, Final

import psutil

MEBIBYTE: Final = 1 << 20
LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit_s` is how long the same rows take to be merely read, sorted and written.

    `all_mb` is the most memory that the work held, its database's processes with it; `setup_s` how
    long it took to have something to work on.
    """

    name: str
    rows: int
    seconds: float
    limit_s: float | None
    p99_ms: float | None = None
    all_mb: int | None = None
    setup_s: float | None = None

    def as_row(self) -> dict[str, Any]:
        """One object of the `--json` output."""
        limit = None if self.limit_s is None else self.rows / self.limit_s
        rate = self.rows / self.seconds
        return {
            "name": self.name,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "rate_per_s": round(rate, 1),
            "p99_ms": self.p99_ms,
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "all_mb": self.all_mb,
            "setup_s": None if self.setup_s is None else round(self.setup_s),
            "limit_per_s": None if limit is None else round(limit, 1),
            "limit_ratio": None if limit is None else round(rate / limit, 3),
            **asdict(hardware()),
        }


@dataclass(frozen=True, slots=True)
class Hardware:
    cpus: int
    cpu_model: str
    python: str


def hardware() -> Hardware:
    """The machine as far as it matters."""
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return Hardware(len(os.sched_getaffinity(0)), model, platform.python_version())


@dataclass(slots=True)
class Stopwatch:
    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Seconds of the block, by the wall."""
    watch = Stopwatch()
    began = perf_counter()
    yield watch
    watch.seconds = perf_counter() - began


@dataclass(slots=True)
class Memory:
    all_mb: int = 0


@contextmanager
def weighed(home: Path) -> Iterator[Memory]:
    """The most memory of this process and of the home's server together during the block.

    What processes share, such as the server's buffers, counts once.
    """
    memory, over = Memory(), Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            held = sum(_held_bytes(one) for one in [psutil.Process(), *_server_of(home)])
            memory.all_mb = max(memory.all_mb, held // MEBIBYTE)

    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        yield memory
    finally:
        over.set()
        looking.join()


def _server_of(home: Path) -> list[psutil.Process]:
    """The server's first process and all that it started."""
    with suppress(OSError, ValueError, psutil.Error):
        first = psutil.Process(int(_pid_file(home).read_text().split()[0]))
        return [first, *first.children(recursive=True)]
    return []


def _pid_file(home: Path) -> Path:
    return home / "server" / "data" / "postmaster.pid"


def _held_bytes(process: psutil.Process) -> int:
    """What the process holds; a page that several hold counts in parts."""
    with suppress(psutil.Error, OSError):
        return int(process.memory_full_info().pss)
    return 0
