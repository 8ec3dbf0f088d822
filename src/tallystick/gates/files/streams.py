"""A file as a stream of bytes, unpacked where it is gzip or zip, within limits."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Final

from tallystick.base.refusal import Refusal

EXPANSION_MAX: Final = 250
"""Usage packs 5 to 50 times; what unpacks to more than this is made to fill a disk."""

EXPANSION_FREE_BYTES: Final = 64 * 2**20
"""Up to this size nobody asks how well a file was packed."""

UNPACKED_BYTES_MAX: Final = 64 * 2**30

_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_BROKEN = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, NotImplementedError)


@dataclass
class FileMissing(Refusal):
    code = "file_missing"
    path: str = ""

    def sentence(self) -> str:
        return f"there is no file {self.path}; check its name and folder"


@dataclass
class NotReadable(Refusal):
    code = "not_readable"
    path: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.path} cannot be read: {self.problem}"


@dataclass
class EmptyFile(Refusal):
    code = "empty_file"
    path: str = ""

    def sentence(self) -> str:
        return f"{self.path} is empty; ask its sender for it again"


@dataclass
class BrokenArchive(Refusal):
    code = "broken_archive"
    path: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.path} does not unpack: {self.problem}; fetch it again"


@dataclass
class UnsafeArchive(Refusal):
    code = "unsafe_archive"
    path: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.path} is not unpacked: {self.problem}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How far an archive may unpack."""

    expansion_max: int = EXPANSION_MAX
    free_bytes: int = EXPANSION_FREE_BYTES
    unpacked_bytes_max: int = UNPACKED_BYTES_MAX


LIMITS: Final = Limits()


def check_file(path: Path) -> None:
    """Passes for a regular file with something in it.

    :raises FileMissing: when there is none
    :raises NotReadable: when it is a folder, a device, or not ours to read
    :raises EmptyFile: when it has no bytes
    """
    try:
        if not path.exists():
            raise FileMissing(path=str(path))
        if not path.is_file():
            raise NotReadable(path=str(path), problem="it is a folder or a device, not a file")
        if path.stat().st_size == 0:
            raise EmptyFile(path=str(path))
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise NotReadable(path=str(path), problem=problem) from None


def read_blocks(path: Path, *, block_bytes: int, limits: Limits = LIMITS) -> Iterator[bytes]:
    """The unpacked bytes of the file, block by block; gzip and zip are known by their first bytes.

    :raises BrokenArchive: when an archive is cut short or damaged
    :raises UnsafeArchive: when it has more than one file, names outside itself, or unpacks too far
    :raises EmptyFile: when nothing is in it
    """
    packed_bytes = path.stat().st_size
    unpacked_bytes = 0
    try:
        with _open_unpacked(path) as (stream, is_packed):
            while block := stream.read(block_bytes):
                unpacked_bytes += len(block)
                if is_packed:
                    _check_expansion(path, packed_bytes, unpacked_bytes, limits=limits)
                yield block
    except _BROKEN as error:
        raise BrokenArchive(path=str(path), problem=str(error) or "it is cut short") from None
    except OSError as error:
        raise NotReadable(path=str(path), problem=error.strerror or str(error)) from None
    if not unpacked_bytes:
        raise EmptyFile(path=str(path))


@contextmanager
def _open_unpacked(path: Path) -> Iterator[tuple[IO[bytes], bool]]:
    with path.open("rb") as plain:
        magic = plain.read(4)
        plain.seek(0)
        if magic.startswith(_GZIP):
            with gzip.open(plain) as unpacked:
                yield unpacked, True  # type: ignore[misc]
        elif magic.startswith(_ZIP):
            archive = zipfile.ZipFile(plain)
            with archive, archive.open(_only_member(archive, path)) as member:
                yield member, True
        else:
            yield plain, False


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    for member in members:
        name = member.filename
        outside = PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor
        if outside or ".." in PureWindowsPath(name).parts:
            raise UnsafeArchive(path=str(path), problem=f"it names {name!r}, outside itself")
        if member.flag_bits & 0x1:
            raise UnsafeArchive(path=str(path), problem=f"{name!r} is encrypted; send it open")
    if len(members) != 1:
        problem = f"it holds {len(members)} files; load each on its own"
        raise UnsafeArchive(path=str(path), problem=problem)
    return members[0]


def _check_expansion(path: Path, packed: int, unpacked: int, *, limits: Limits) -> None:
    too_big = unpacked > limits.unpacked_bytes_max
    if too_big or (unpacked > limits.free_bytes and unpacked > packed * limits.expansion_max):
        problem = f"its {packed} bytes unpack to more than {unpacked - 1}"
        raise UnsafeArchive(path=str(path), problem=problem)
