"""Starting workers, and what became of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.business import BILL_DATE

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 90


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: its exit status (-9: killed), what it did, what it complained of."""

    status: int
    did: dict
    said: str


@dataclass(frozen=True, slots=True)
class Working:
    """A worker at work."""

    process: subprocess.Popen

    def kill(self) -> Ended:
        self.process.kill()
        return self.wait()

    def wait(self) -> Ended:
        output, said = self.process.communicate(timeout=SECONDS_MAX)
        lines = output.strip().splitlines()
        return Ended(self.process.returncode, json.loads(lines[-1]) if lines else {}, said)


@dataclass
class Workers:
    """Workers that are ready before they are needed, for it takes a second to become so."""

    waiting: list[subprocess.Popen] = field(default_factory=list)

    def give(self, place, work: Sequence[str], *, die: str = "") -> Working:
        """Sets a worker to `load`, `charge` or `bill` at a place; `die`: `before 3`, `after 3`."""
        process = self.waiting.pop(0) if self.waiting else _start()
        self.waiting.append(_start())
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        process.stdin.write(json.dumps(order_of(place, work=work, die=die)) + "\n")
        process.stdin.flush()
        return Working(process)

    def run(self, place, work: Sequence[str], *, die: str = "") -> Ended:
        return self.give(place, work, die=die).wait()


def order_of(place, *, work: Sequence[str], die: str) -> dict:
    server = place.server
    return {
        "server": {
            "socket_dir": str(server.socket_dir),
            "port": server.port,
            "data_dir": str(server.data_dir),
        },
        "database": place.name,
        "tenant": place.tenant,
        "files": [str(path) for path in place.files],
        "bill_date": str(BILL_DATE),
        "work": list(work),
        "die": die,
    }


def _start() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.worker"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(["src", "."])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def some_workers() -> Iterator[Workers]:
    workers = Workers()
    try:
        yield workers
    finally:
        for process in workers.waiting:
            process.kill()
            process.communicate()
