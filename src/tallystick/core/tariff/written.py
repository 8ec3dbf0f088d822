"""A price list as its author keeps it: a text and the files beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from tallystick.core.tariff.nodes import Catalogue
from tallystick.core.tariff.read import read_catalogue


@dataclass(frozen=True, slots=True)
class WrittenCatalogue:
    """The text, its name, and the bytes of the files that it names; `published` if it ever was."""

    name: str
    text: str
    files: Mapping[str, bytes]
    published: bool = False

    def read(self) -> Catalogue:
        """What it says.

        :raises CatalogueRefused: with every mistake in it
        """
        return read_catalogue(self.text, name=self.name, files=self.files, published=self.published)

    def digest(self) -> str:
        """What tells it from any other: SHA-256 of the text, then of each file by name."""
        digest = sha256(self.text.encode())
        for name in sorted(self.files):
            digest.update(name.encode() + b"\0" + self.files[name])
        return digest.hexdigest()
