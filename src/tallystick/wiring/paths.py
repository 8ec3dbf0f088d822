"""Where Tallystick keeps its files on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path


def tallystick_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of this installation's database, key and files; it may not exist yet.

    `TALLYSTICK_HOME` names it. Otherwise it is the platform's folder for a person's data, or for
    root the machine's, because a database server refuses to run as root and the account that runs
    it instead cannot enter root's own folder.
    """
    if named := environ.get("TALLYSTICK_HOME"):
        return Path(named).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/tallystick")
    shared = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(shared).expanduser().resolve() / "tallystick"
