"""What every benchmark reports: rows, seconds, peak memory, and the limit of the same run."""

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit_s` is how long the same rows take to be merely read, sorted and written."""

    name: str
    rows: int
    seconds: float
    limit_s: float | None
    p99_ms: float | None = None

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
