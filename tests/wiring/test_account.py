"""Who runs the embedded server, and from where."""

import multiprocessing
import os
import pwd
import tempfile
from pathlib import Path

import pytest

from tallystick.wiring import account
from tallystick.wiring.account import FolderNotReachable, UserWithoutName, find_runner
from tallystick.wiring.server import start_server, stop_server

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another")


def test_user_id_without_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 987_654_321)
    with pytest.raises(UserWithoutName) as refused:
        find_runner(tmp_path)
    assert "987654321" in refused.value.sentence()


@as_root
def test_home_that_the_account_cannot_enter(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(FolderNotReachable):
        start_server(closed / "home")
    assert closed.stat().st_mode & 0o077 == 0


@as_root
def test_programs_that_the_account_cannot_reach_are_copied(monkeypatch):
    installed = find_runner(Path(tempfile.gettempdir())).programs
    may_enter = account._may_enter
    monkeypatch.setattr(
        account, "_may_enter", lambda path: installed not in path.parents and may_enter(path)
    )
    with tempfile.TemporaryDirectory(prefix=f"tallystick-test-{os.getpid()}-") as home:
        Path(home).chmod(0o711)
        assert find_runner(Path(home)).programs.is_relative_to(home)
        start_server(Path(home))
        assert stop_server(Path(home))


def _start_as_nobody(home: Path, told) -> None:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    server = start_server(home)
    told.put(((server.data_dir / "PG_VERSION").owner(), stop_server(home)))


@as_root
def test_ordinary_user_runs_it_as_themselves():
    # Forked, because this Python may lie where that user could not start it anew.
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    with tempfile.TemporaryDirectory(prefix=f"tallystick-test-{os.getpid()}-") as home:
        Path(home).chmod(0o777)
        child = context.Process(target=_start_as_nobody, args=(Path(home) / "own", told))
        child.start()
        assert told.get(timeout=60) == ("nobody", True)
        child.join()
