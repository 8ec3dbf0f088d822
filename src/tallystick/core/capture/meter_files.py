"""What NEM12 and NEM13 files share (AEMO Meter Data File Format): header, records, end.

Market time is that of Brisbane all year: UTC+10, no daylight saving.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from tallystick.base.quantity import UNITS
from tallystick.base.refusal import Refusal
from tallystick.core.capture.instants import EARLIEST, LATEST
from tallystick.core.capture.lines import LINES, is_blank
from tallystick.core.capture.quantities import unit_factor
from tallystick.core.capture.rejects import Reason, reject_lines

MARKET_OFFSET: Final = timedelta(hours=10)

KINDS: Final = {
    "E": "import",
    "B": "export",
    "Q": "reactive_import",
    "K": "reactive_export",
}
"""By the first letter of a channel's suffix, as seen from the customer; others are `channel`."""

_ELECTRICITY: Final = ("kWh", "kvarh", "kVAh", "kW", "kVA")

UNIT_TABLE: Final = pl.DataFrame(
    [
        (name.upper(), unit.canonical, unit_factor(name))
        for name, unit in UNITS.items()
        if unit.canonical in _ELECTRICITY
    ],
    schema={"uom": pl.String, "unit": pl.String, "factor": pl.Int128},
    orient="row",
)
"""Units as meter files spell them, in capitals, with the canonical unit and its factor."""


@dataclass
class NotMeterFile(Refusal):
    code = "not_meter_file"
    version: str = ""
    first: str = ""

    def sentence(self) -> str:
        return (
            f"the file does not begin with the header 100,{self.version},... but with "
            f"{self.first!r}; check that it is a whole {self.version} file"
        )


@dataclass
class NoReads(Refusal):
    code = "no_reads"
    version: str = ""

    def sentence(self) -> str:
        return f"the {self.version} file holds a header and no reads; ask its sender for the data"


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one chunk that carry data, and what was set aside before."""

    lines: pl.DataFrame  # LINES and `record`, the three digits each begins with
    rejects: pl.DataFrame
    absorbed: int  # blank lines, the header and the end

    @property
    def rows_aside(self) -> int:
        """Lines that are not among `lines`."""
        return self.absorbed + self.rejects.height


def read_records(chunks: Iterable[pl.DataFrame], *, version: str) -> Iterator[Records]:
    """The records between header and end of each chunk of LINES.

    Lines after the end are rejects, and so is, as line 0, an end that never comes.

    :raises NotMeterFile: when the first line is not the header of that version
    :raises NoReads: when there is nothing between header and end
    """
    begun = ended = found = False
    for chunk in chunks:
        lines = chunk.filter(~is_blank()).with_columns(
            record=pl.col("raw").str.extract(r"^([0-9]{3})\s*(?:,|$)")
        )
        absorbed = chunk.height - lines.height
        if not begun and lines.height:
            _check_header(lines["raw"][0], version=version)
            begun, lines, absorbed = True, lines.slice(1), absorbed + 1
        late = lines if ended else lines.clear()
        ends = (lines["record"] == "900").arg_true()
        if ended:
            lines = lines.clear()
        elif len(ends):
            ended, late, lines = True, lines.slice(ends[0] + 1), lines.head(ends[0])
            absorbed += 1
        found = found or bool(lines.height)
        rejects = reject_lines(late, reason=Reason.AFTER_END)
        yield Records(lines, rejects, absorbed)
    if not begun:
        raise NotMeterFile(version=version)
    if not ended:
        whole = pl.DataFrame([{"line": 0, "raw": ""}], schema=LINES)
        rejects = reject_lines(whole, reason=Reason.END_MISSING)
        yield Records(pl.DataFrame(schema={**LINES, "record": pl.String()}), rejects, 0)
    if not found:
        raise NoReads(version=version)


def _check_header(raw: str, *, version: str) -> None:
    fields = raw.split(",")
    if [field.strip() for field in fields[:2]] != ["100", version]:
        raise NotMeterFile(version=version, first=raw[:40])


def field(at: int | pl.Expr) -> pl.Expr:
    """The field of a record by its position, trimmed; null when empty or absent."""
    text = pl.col("fields").list.get(at, null_on_oob=True).str.strip_chars()
    return pl.when(text != "").then(text)


def market_instant(local: pl.Expr, *, offset: timedelta) -> pl.Expr:
    """The instant in UTC of a time of the market's clock."""
    return (local - pl.lit(offset)).dt.replace_time_zone("UTC")


def is_sensible(local: pl.Expr) -> pl.Expr:
    """True for times that a meter may have been read at."""
    earliest, latest = EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None)
    return local.is_between(earliest, latest).fill_null(False)
