"""Starting workers, and what became of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.business import BILL_DATE, CLOSE_DATE

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

    waiting: list["Process"] = field(default_factory=list)

    def prepare(self, count: int) -> None:
        """Has that many wait, ready to begin at once."""
        while len(self.waiting) < count:
            self.waiting.append(_start())
        for process in self.waiting[:count]:
            _await_ready(process)

    def give(self, place, work: Sequence[str], *, die: str = "", unlocked: bool = False) -> Working:
        """Sets a worker to `load`, `charge` or `bill` at a place.

        `die`: at which commit, as `before 3` or `after 3`; `unlocked`: as if it were alone.
        """
        if not self.waiting:
            self.waiting.append(_start())
        process = self.waiting.pop(0)
        if not self.waiting:
            self.waiting.append(_start())
        _await_ready(process)
        order = order_of(place, work=work) | {"die": die, "unlocked": unlocked}
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return Working(process)

    def run(self, place, work: Sequence[str], *, die: str = "") -> Ended:
        return self.give(place, work, die=die).wait()


def order_of(place, *, work: Sequence[str]) -> dict:
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
        "close_date": str(CLOSE_DATE),
        "work": list(work),
    }


class Process(subprocess.Popen):
    """A worker before and at its work."""

    ready = False


def _await_ready(process: Process) -> None:
    if not process.ready:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        process.ready = True


def _start() -> Process:
    return Process(
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
