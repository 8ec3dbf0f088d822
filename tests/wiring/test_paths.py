"""Where the home is, and the key in it."""

import os
import stat
from pathlib import Path

import pytest

from tallystick.wiring.paths import tallystick_home
from tallystick.wiring.settings import read_secret_key


def test_named_home():
    assert tallystick_home({"TALLYSTICK_HOME": "/srv/tally"}) == Path("/srv/tally")


@pytest.mark.parametrize(
    ("user", "environ", "home"),
    [
        (0, {}, "/var/lib/tallystick"),
        (1000, {"XDG_DATA_HOME": "/srv/share"}, "/srv/share/tallystick"),
        (1000, {}, "~/.local/share/tallystick"),
    ],
)
def test_platform_home(monkeypatch, user, environ, home):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert tallystick_home(environ) == Path(home).expanduser().resolve()


def test_secret_key_is_made_once_and_closed_to_others(tmp_path, monkeypatch):
    monkeypatch.delenv("TALLYSTICK_SECRET_KEY", raising=False)
    key = read_secret_key(tmp_path / "home")
    assert len(key) >= 50
    assert read_secret_key(tmp_path / "home") == key
    (file,) = (tmp_path / "home").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_secret_key_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("TALLYSTICK_SECRET_KEY", "given")
    assert read_secret_key(tmp_path) == "given"
    assert list(tmp_path.iterdir()) == []
