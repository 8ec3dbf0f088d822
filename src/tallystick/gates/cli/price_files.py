"""A price list on disk: read with the files beside it, written with a manifest, taken in again."""

import json
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tallystick.base.refusal import Refusal
from tallystick.core.tariff.outline import files_named
from tallystick.core.tariff.written import WrittenCatalogue
from tallystick.gates.cli.asking import read_content
from tallystick.gates.files.streams import FileMissing, NotReadable

if TYPE_CHECKING:
    from tallystick.domain.catalog.queries import PublishedVersion

MANIFEST: Final = "manifest.json"


@dataclass
class PlaceTaken(Refusal):
    code = "place_taken"
    path: str = ""

    def sentence(self) -> str:
        return f"{self.path} is there already; name a new place"


@dataclass
class ExportChanged(Refusal):
    code = "export_changed"
    file: str = ""

    def sentence(self) -> str:
        return (
            f"{self.file} is not what its manifest says; take the export again, or publish what "
            "you changed with: tallystick catalog publish"
        )


def read_price_files(file: Path) -> WrittenCatalogue:
    """The price list in that file; what is not beside it is told by its check.

    :raises Refusal: when it is missing, empty, not ours to read, too large or not UTF-8
    """
    try:
        text = read_content(file).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = f"line {line} is not UTF-8 text; save the file as UTF-8"
        raise NotReadable(path=str(file), problem=problem) from None
    return WrittenCatalogue(file.name, text, files_beside(file, text))


def files_beside(file: Path, text: str) -> dict[str, bytes]:
    """The files that the text names; what is not beside it is told by its check."""
    found = {}
    for name in files_named(text):
        if Path(name).name == name:
            try:
                found[name] = read_content(file.parent / name)
            except FileMissing:
                continue
    return found


def write_price_files(
    written: WrittenCatalogue, *, version: "PublishedVersion", folder: Path
) -> list[str]:
    """Writes the text, its files and a manifest into a new folder; gives their names.

    :raises PlaceTaken: when something is in the folder
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PlaceTaken(path=str(folder))
    contents = {Path(written.name).name: written.text.encode(), **written.files}
    manifest = {
        "number": version.number,
        "valid_from": version.valid_from.isoformat(),
        "published_at": version.published_at.isoformat(),
        "digest": version.digest,
        "name": Path(written.name).name,
        "files": {name: sha256(content).hexdigest() for name, content in contents.items()},
    }
    contents[MANIFEST] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return sorted(contents)


def read_export(folder: Path) -> tuple[WrittenCatalogue, date]:
    """What `write_price_files` wrote, and its first day.

    :raises NotReadable: when there is no manifest that can be read
    :raises ExportChanged: when a file is not as it was written
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(read_content(path))
        name, digests = manifest["name"], dict(manifest["files"])
        valid_from = date.fromisoformat(manifest["valid_from"])
        written = read_price_files(folder / Path(name).name)
    except (ValueError, KeyError, TypeError, RecursionError):
        problem = "it is no manifest of an exported price list"
        raise NotReadable(path=str(path), problem=problem) from None
    contents = {name: written.text.encode(), **written.files}
    for file in sorted({*digests, *contents}):
        content = contents.get(file)
        if content is None or sha256(content).hexdigest() != digests.get(file):
            raise ExportChanged(file=str(folder / file))
    return replace(written, published=True), valid_from
