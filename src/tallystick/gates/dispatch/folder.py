"""Documents into a folder, for whoever fetches them: printers, archives, portals."""

from pathlib import Path

from tallystick.base.courier import DeliveryFailed
from tallystick.base.sender import Letter


class FolderSender:
    """Writes each file under `root/address/`, whole or not at all; the same one lands once."""

    repeatable = True

    def __init__(self, root: Path) -> None:
        self._root = root

    def send(self, letter: Letter) -> str:
        """Where the file is.

        :raises DeliveryFailed: when the folder cannot be written
        """
        folder = self._root / letter.address
        file = folder / letter.filename
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_name(f".{file.name}.part")
            unfinished.write_bytes(letter.content)
            unfinished.replace(file)
        except OSError as fault:
            raise DeliveryFailed(reason=f"{file}: {fault.strerror}") from None
        return str(Path(letter.address) / letter.filename)
