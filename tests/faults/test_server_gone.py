"""The database server stopped, or killed, under a run: a clear word, and then it goes on."""

import os
import re
import signal

import psutil
import pytest
from django.db import connections

from tallystick.wiring.server import start_server, stop_server
from tests.faults.conftest import check
from tests.faults.figures import differences, figures
from tests.faults.test_killed import done

SENTENCE = r"the connection to the database was lost \(.+\); run the command again: .+\n"


def stop(home, server):
    assert stop_server(home)


def kill(home, server):
    pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=10)


@pytest.mark.parametrize("ending", [stop, kill])
@pytest.mark.parametrize("stage", ["charge", "bill"])
def test_server_gone(copy, workers, unkilled, stage, ending):
    place = copy(stage)
    home = place.server.data_dir.parents[1]
    before = done(place)
    working = workers.give(place, [stage])
    while done(place) < before + 2:
        assert working.process.poll() is None, "it ended before the server could"
    connections.close_all()
    ending(home, place.server)
    ended = working.wait()
    assert start_server(home) == place.server
    assert ended.status == 1
    assert re.fullmatch(SENTENCE, ended.said), ended.said
    assert before < done(place) < before + 15
    ended = workers.run(place, [stage])
    assert (ended.status, ended.said) == (0, "")
    assert differences(figures(place.conninfo(), stage=stage), unkilled.after[stage]) == {}
    check(place)
