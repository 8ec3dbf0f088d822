"""A disk that fills up under a load: a clear word, and once there is room it goes on."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from tallystick.domain.catalog import queries
from tallystick.wiring.database import DATABASE, migrate_database, prepare_embedded
from tallystick.wiring.server import start_server, stop_server
from tests.faults.business import open_business
from tests.faults.conftest import Place, check, joined
from tests.faults.figures import differences, figures

DISK_BYTES = 384 * 2**20
GONE = "the connection to the database was lost"
FULL = "the disk that holds the database is full"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"tallystick-test-{os.getpid()}-") as folder:
        options = f"size={DISK_BYTES},mode=0711"
        mount = ["mount", "-t", "tmpfs", "-o", options, "none", folder]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            pytest.skip("a small disk of its own needs the right to mount one (root)")
        try:
            yield Path(folder)
        finally:
            stop_server(Path(folder))
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def place(small_disk, unkilled, django_db_blocker) -> Iterator[Place]:
    server = start_server(small_disk)
    prepare_embedded(server)
    files = unkilled.before["load"].files
    empty = Place(server, DATABASE, 0, files)
    queries._plan.cache_clear()
    with django_db_blocker.unblock():
        with joined(empty):
            migrate_database()
            opened = Place(server, DATABASE, open_business(), files)
        with psycopg.connect(opened.conninfo(), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("SELECT pg_switch_wal()")  # its room is taken before the ballast's
            connection.execute("CREATE TABLE begins_the_new_segment ()")
        yield opened
        connections.close_all()


@pytest.mark.parametrize(
    ("logged", "left", "said"),
    # No room for a table; none for the server's next log of 16 MB, over which the server ends and
    # the one session that wrote is told why, if it is in time.
    [(0, 1, FULL), (12, 14, f"({GONE}|{FULL})")],
)
def test_full_disk(place, small_disk, workers, unkilled, logged, left, said):
    place.ask(f"SELECT pg_logical_emit_message(false, 'ballast', repeat('.', {logged} << 20))")
    ballast = small_disk / "ballast"
    disk = os.statvfs(small_disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - (left << 20))
    ended = workers.run(place, ["load"])
    assert ended.status == 1
    sentence = rf"{said} \(.+\); .*run the command again: .+\n"
    assert re.fullmatch(sentence, ended.said), ended.said
    ballast.unlink()
    assert start_server(small_disk) == place.server
    ended = workers.run(place, ["load"])
    assert (ended.status, ended.said) == (0, "")
    assert differences(figures(place.conninfo(), stage="load"), unkilled.after["load"]) == {}
    check(place)
