"""Usage out of a file: the one call a flow or a command makes."""

from collections.abc import Iterator
from pathlib import Path

from tallystick.core.capture.conserve import assert_conserved, count_decoded
from tallystick.core.capture.decoded import Decoded, Format, Framing
from tallystick.gates.files.chunks import cut_lines, cut_table
from tallystick.gates.files.streams import LIMITS, Limits, check_file


def open_usage(
    path: Path, *, format: Format, chunk_rows: int = 250_000, limits: Limits = LIMITS
) -> Iterator[Decoded]:
    """The file's usage, decoded chunk by chunk in bounded memory; text may be packed (gzip, zip).

    The file is looked at when this is called and read as the result is. What is wrong with a row is
    in its chunk's rejects; what is wrong with the file is refused, at once or where it is found, so
    keep nothing of a file before its last chunk has come.

    :raises Refusal: when the file is missing, empty, unreadable, damaged, unsafe to unpack, or not
        of the format
    """
    check_file(path)
    return _decode(path, format=format, chunk_rows=chunk_rows, limits=limits)


def _decode(path: Path, *, format: Format, chunk_rows: int, limits: Limits) -> Iterator[Decoded]:
    if format.framing is Framing.TABLE:
        chunks = cut_table(path, columns=format.columns, exact=format.exact, chunk_rows=chunk_rows)
    else:
        lines = max(1, chunk_rows // format.rows_per_line)
        chunks = cut_lines(path, chunk_lines=lines, encoding=format.encoding, limits=limits)
    for decoded in format.decode(chunks):
        assert_conserved(count_decoded(decoded))
        yield decoded
