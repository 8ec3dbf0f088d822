"""A deck of 400,000 prefixes from a file to published and first used, beside merely storing it."""

import gc
import os
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connections, transaction

from bench.business import open_operator, own_database
from bench.measure import Figure, timed
from bench.rating import CATALOGUE, build_calls, deck_file, rate_calls
from tallystick.core.charge.frames import COUNTERS
from tallystick.core.charge.rate_exact import rate_exact

PUBLISHED = date(2026, 2, 1)


def run(rows: int = 400_000) -> Figure:
    """Reads, checks, compiles and stores the deck; the first event is rated after the clock.

    The limit is the file read line by line and copied into a bare table.
    """
    with own_database(), TemporaryDirectory() as folder:
        path = Path(folder) / "prices.yaml"
        path.write_text(CATALOGUE)
        (Path(folder) / "world.csv").write_bytes(deck_file(prefixes=rows, digits=9))
        small = {"world.csv": deck_file(prefixes=100)}
        tenant_id = open_operator(catalogue=CATALOGUE, files=small, accounts=1)
        with timed() as limit:
            _merely_store(Path(folder) / "world.csv")
        with timed() as work:
            _publish(path, tenant_id=tenant_id)
        before = _held_mb()
        with timed() as first:
            _rate_first(tenant_id)
    print(
        f"first event rated {first.seconds:.1f} s after publishing;"
        f" the deck ready for files and online takes {_held_mb() - before} MB",
        file=sys.stderr,
    )
    return Figure("deck", rows, work.seconds, limit.seconds)


def _merely_store(path: Path) -> None:
    with transaction.atomic(using="owner"):
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute("CREATE TABLE bare (prefix text, price text)")
        with (
            path.open("rb") as file,
            owner.connection.cursor() as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            for line in file:
                copy.write(line)
    with owner.cursor() as cursor:
        cursor.execute("DROP TABLE bare")


def _publish(path: Path, *, tenant_id: int) -> None:
    from bench.business import AT
    from tallystick.flows.acquire import publish_catalogue
    from tallystick.gates.cli.price_files import read_price_files

    written = read_price_files(path)
    publish_catalogue(
        written.text,
        tenant_id=tenant_id,
        name=written.name,
        files=written.files,
        valid_from=PUBLISHED,
        at=AT,
    )


def _rate_first(tenant_id: int) -> None:
    """What a process pays once: the version read and compiled, its lookup tables made."""
    from tallystick.domain.catalog.queries import dated_plans
    from tallystick.domain.tenants.scope import acting_for

    with acting_for(tenant_id):
        plan = dated_plans()[-1].plan
    calls = build_calls(calls=1, accounts=1)
    rated = rate_calls(calls, plan=plan)
    assert rated.lines.height + rated.suspense.height == 1
    online = rate_exact(calls.iter_rows(named=True), plan=plan, counters=COUNTERS.to_frame())
    assert online.lines.equals(rated.lines)


def _held_mb() -> int:
    """Memory that the process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
