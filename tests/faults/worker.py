"""A process of its own that does a stretch of work as it is told, and may be killed meanwhile.

It says `ready`, reads one line of JSON (an order) and works. The last line of its output says what
it did; a refusal is its sentence on the error stream and exit status 1, as on the command line.
"""

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import date
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import monotonic
from unittest import mock

import django

from tests.faults.paying import PAYING

CHUNK_ROWS = 2_000
CORRECTIONS_PER_CHUNK = 60
EVENTS_PER_TASK = 2_000
AGAIN_PER_TASK = 60
CONTRACTS_PER_TASK = 100


class Commits:
    """Counts commits; at the one chosen the process dies, before it or after it."""

    def __init__(self, die: str) -> None:
        when, _, number = die.partition(" ")
        self._when, self._number = when, int(number or 0)
        self._lock = Lock()
        self.count = 0

    def watch(self):
        from django.db.backends.base.base import BaseDatabaseWrapper

        commit = BaseDatabaseWrapper._commit

        def counted(connection):
            with self._lock:
                self.count += 1
                mine = self.count == self._number
            if mine and self._when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            commit(connection)
            if mine and self._when == "after":
                os.kill(os.getpid(), signal.SIGKILL)

        return mock.patch.object(BaseDatabaseWrapper, "_commit", counted)


def load(order: dict) -> None:
    _load(map(Path, order["files"]), order=order, chunk_rows=CHUNK_ROWS)


def correct(order: dict) -> None:
    """A file that corrects records and takes some back, after their bill."""
    path = Path(order["files"][0]).with_name("corrections.csv")
    _load([path], order=order, chunk_rows=CORRECTIONS_PER_CHUNK)


def _load(paths: Iterable[Path], *, order: dict, chunk_rows: int) -> None:
    from tallystick.flows.capture import Delivery, capture_usage
    from tallystick.gates.files.formats import find_format
    from tallystick.gates.files.usage import open_usage
    from tests.flows.businesses import AT

    for path in paths:
        mapping = path.parent / "calls.yaml"
        name = "radius" if path.suffix == ".jsonl" else str(mapping)

        def opened(known, path=path, name=name):
            format = find_format(name, sessions=known)
            return open_usage(path, format=format, chunk_rows=chunk_rows)

        digest = sha256(path.read_bytes()).hexdigest()
        capture_usage(
            Delivery("switch" if path.suffix == ".csv" else "nas", path.name, "faults", digest),
            tenant_id=order["tenant"],
            chunks=opened,
            at=AT,
            corrections=path.suffix == ".csv",
        )


def charge(order: dict) -> None:
    _charge(order, events_per_task=EVENTS_PER_TASK)


def again(order: dict) -> None:
    """The accounts whose records were corrected are rated again."""
    _charge(order, events_per_task=AGAIN_PER_TASK)


def _charge(order: dict, *, events_per_task: int) -> None:
    from tallystick.flows import charge as charging
    from tests.flows.businesses import AT

    with mock.patch.object(charging, "EVENTS_PER_TASK", events_per_task):
        charging.charge_usage(tenant_id=order["tenant"], at=AT)


def bill(order: dict) -> None:
    _bill(order, on=order["bill_date"])


def close(order: dict) -> None:
    """The next bills: March is closed, January and February come as differences."""
    _bill(order, on=order["close_date"])


def _bill(order: dict, *, on: str) -> None:
    from tallystick.flows import invoice
    from tests.flows.businesses import AT

    with mock.patch.object(invoice, "CONTRACTS_PER_TASK", CONTRACTS_PER_TASK):
        invoice.run_bills(tenant_id=order["tenant"], on=date.fromisoformat(on), at=AT)


@contextmanager
def alone() -> Iterator[None]:
    """The flows without the lock that keeps a second run from beginning."""
    from tallystick.flows import capture, charge, invoice

    with ExitStack() as stack:
        for flow in (capture, charge, invoice):
            stack.enter_context(mock.patch.object(flow, "only_one", return_value=nullcontext()))
        yield


WORK = {
    "load": load, "charge": charge, "bill": bill, "correct": correct, "again": again,
    "close": close,
} | PAYING  # fmt: skip


def obey(order: dict) -> None:
    from tallystick.wiring.database import join_embedded
    from tallystick.wiring.server import Server

    place = order["server"]
    server = Server(Path(place["socket_dir"]), place["port"], Path(place["data_dir"]))
    join_embedded(server, database=order["database"])
    commits = Commits(order.get("die", ""))
    started = monotonic()
    with commits.watch(), alone() if order.get("unlocked") else nullcontext():
        for name in order["work"]:
            WORK[name](order)
    print(json.dumps({"commits": commits.count, "seconds": monotonic() - started}))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallystick.wiring.settings")
    django.setup()
    import tallystick.flows.charge
    import tallystick.flows.invoice
    import tallystick.gates.files.usage  # noqa: F401
    from tallystick.base.refusal import Refusal
    from tallystick.wiring.database import naming_lost_connection

    print("ready", flush=True)
    order = sys.stdin.readline()
    if not order:
        return
    try:
        with naming_lost_connection():
            obey(json.loads(order))
    except Refusal as refusal:
        print(refusal.sentence(), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
