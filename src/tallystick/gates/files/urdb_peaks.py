"""The hours in which a network had its own peaks, which no tariff and no customer's usage tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tallystick.base.refusal import Refusal

PEAKS_MAX = 1_000


@dataclass
class PeaksUnreadable(Refusal):
    code = "peaks_unreadable"
    file: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.file}: {self.problem}; write an hour a line, such as 2026-01-14 17:00"


def read_peaks(content: bytes, *, file: str) -> tuple[datetime, ...]:
    """The first instants of those hours by the utility's clock, in order, each once.

    A line is an hour, or nothing, or a remark that begins with `#`.

    :raises PeaksUnreadable: with the first line that is none
    """
    peaks: set[datetime] = set()
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            at = datetime.strptime(text, "%Y-%m-%d %H:%M")
        except ValueError:
            problem = f"line {number} is {text[:40]!r}, which is no hour"
            raise PeaksUnreadable(file=file, problem=problem) from None
        if at.minute:
            raise PeaksUnreadable(file=file, problem=f"line {number} begins within an hour")
        peaks.add(at)
    if not 0 < len(peaks) <= PEAKS_MAX:
        raise PeaksUnreadable(file=file, problem=f"it holds {len(peaks)} hours")
    return tuple(sorted(peaks))


def peak_phrases(peaks: Sequence[datetime]) -> list[str]:
    """Those hours as phrases of a calendar: `2026-01-14 17:00-18:00`."""
    return [f"{at:%Y-%m-%d} {at.hour:02}:00-{at.hour + 1:02}:00" for at in peaks]
