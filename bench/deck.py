"""A deck of 400,000 prefixes from a file to published and first used, beside merely storing it."""

import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connections, transaction

from bench.business import open_operator, own_database
from bench.measure import Figure, timed
from bench.rating import CATALOGUE, build_calls, deck_file, rate_calls

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
        with timed() as first:
            _rate_first(tenant_id)
    print(f"first event rated {first.seconds:.1f} s after publishing", file=sys.stderr)
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
    rated = rate_calls(build_calls(calls=1, accounts=1), plan=plan)
    assert rated.lines.height + rated.suspense.height == 1
