"""Reading usage out of text, for the tests of this folder."""

import polars as pl

from tallystick.core.capture.conserve import Manifest, assert_conserved, count_decoded
from tallystick.core.capture.decoded import Decoded, Format
from tallystick.core.capture.lines import frame_lines


def decode_text(text: str, *, format: Format, chunk_lines: int = 10_000) -> list[Decoded]:
    """What a format makes of the text, its manifest proven."""
    lines = frame_lines(text.encode())
    starts = range(0, max(lines.height, 1), chunk_lines)
    decoded = list(format.decode(lines.slice(start, chunk_lines) for start in starts))
    total = Manifest()
    for part in decoded:
        total += count_decoded(part)
    assert_conserved(total)
    return decoded


def usage_of(decoded: list[Decoded]) -> pl.DataFrame:
    return pl.concat([part.usage for part in decoded])


def rejects_of(decoded: list[Decoded]) -> list[tuple[int, str]]:
    rejects = pl.concat([part.rejects for part in decoded])
    return list(rejects.select("line", "code").iter_rows())


def table(text: str) -> list[list[str]]:
    """Cells of a table in a string: a line a row, columns parted by a bar."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
