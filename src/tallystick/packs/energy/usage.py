"""The interval reads of Wattle Creek Energy: real NEM12 files, and invented ones for other days.

Market time is UTC+10 all year. Wrong on purpose: the week from the 8th is sent twice, one day of
each month lacks an interval, and one meter belongs to nobody.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tallystick.packs.pack import UsageFile

FORMAT = "nem12"
SOURCE, REAL_SOURCE = "saltbush-metering", "market-samples"
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Sample:
    """A real file of the pack and the days of one meter it holds, first and last."""

    name: str
    nmi: str
    first: date
    last: date


SAMPLES = (
    Sample("NEM12_SCENARIO1_UNITEDDP_NEMMCO.zip", "NEM1201009",
           date(2005, 3, 1), date(2005, 3, 4)),
    Sample("NEM12_01010_05030502_WBAYM_NEMMCO.zip", "NEM1201010",
           date(2005, 3, 5), date(2005, 3, 8)),
    Sample("NEM12_02030_05030501_WBAYM_NEMMCO.zip", "NEM1202030",
           date(2005, 3, 5), date(2005, 3, 8)),
    Sample("NEM12_000000000000009_CNRGYMDP_NEMMCO.zip", "NEM1209162",
           date(2005, 3, 10), date(2005, 3, 16)),
    Sample("NEM12_000000000000001_CNRGYMDP_NEMMCO.zip", "NEM1201002",
           date(2005, 3, 15), date(2005, 3, 18)),
    Sample("NEM12_SCENARIO305032701_ENERGEXM_NEMMCO.zip", "NEM1203044",
           date(2005, 3, 27), date(2005, 3, 30)),
    Sample("NEM12_000000000000002_CNRGYMDP_NEMMCO.zip", "NEM1202022",
           date(2005, 4, 1), date(2005, 4, 4)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as it is simulated: its energy channels with the usual Wh of an interval."""

    nmi: str
    serial: str
    minutes: int
    channels: tuple[tuple[str, int], ...]  # E what the customer takes, B what it gives


METERS = (
    Meter("NEM1201009", "01009", 30, (("E1", 650), ("E2", 650))),
    Meter("NEM12WCE01", "WCE01", 30, (("E1", 310), ("B1", 240))),
    Meter("NEM12WCE02", "WCE02", 30, (("E1", 280),)),
    Meter("NEM12WCE03", "WCE03", 30, (("E1", 190),)),
    Meter("NEM12WCE04", "WCE04", 30, (("E1", 260),)),
    Meter("NEM12WCE05", "WCE05", 30, (("E1", 340),)),
    Meter("NEM12WCE06", "WCE06", 30, (("E1", 150), ("B1", 410))),
    Meter("NEM1201002", "01002", 30, (("E1", 380_000), ("E2", 210_000))),
    Meter("NEM1202022", "02022", 30, (("B1", 0), ("E1", 1_850_000))),
    Meter("NEM1209162", "09162", 30, (("E1", 350_000),)),
    Meter("NEM1201010", "01010", 30, (("E1", 1_800_000), ("E2", 1_450_000))),
    Meter("NEM1202030", "02030", 30, (("B1", 0), ("E1", 600_000))),
    Meter("NEM1203044", "03044", 15, (("E1", 4_800),)),
)
NOBODYS_METER = Meter("NEM12WCE99", "WCE99", 30, (("E1", 200),))

TAKEN_BY_HOUR = (
    45, 40, 38, 38, 40, 55, 95, 130, 125, 100, 90, 90, 95, 90, 90, 105, 130, 165, 190, 185, 160,
    130, 95, 65,
)  # fmt: skip
GIVEN_BY_HOUR = (
    0, 0, 0, 0, 0, 0, 15, 60, 130, 210, 280, 320, 330, 310, 265, 200, 130, 55, 10, 0, 0, 0, 0, 0,
)  # fmt: skip
"""Percent of the usual interval, by the hour of market time."""

FIRST_DAYS = (1, 8, 15, 22, 29)
SENT_TWICE, SHORT_DAY, STRANGE_WEEK = 8, 20, 15
SHORT_METER = "NEM12WCE02"


def usage_of_month(month: date, *, content: Callable[[str], bytes]) -> tuple[UsageFile, ...]:
    """The files of the month that begins on that day: invented weeks, then real samples."""
    files: list[UsageFile] = []
    days = monthrange(month.year, month.month)[1]
    for number in FIRST_DAYS:
        if number > days:
            break
        first = month.replace(day=number)
        until = month.replace(day=min(number + 6, days))
        week = [first + timedelta(days=at) for at in range((until - first).days + 1)]
        name = f"NEM12_{first:%Y%m%d}_SALTBUSH_WATTLECK.csv"
        arrives = until + timedelta(days=1)
        file = UsageFile(name, FORMAT, SOURCE, _file_of(week).encode(), arrives)
        files += [file, file] if number == SENT_TWICE else [file]
    files += [
        UsageFile(
            sample.name,
            FORMAT,
            REAL_SOURCE,
            content(f"samples/{sample.name}"),
            sample.last + timedelta(days=1),
        )
        for sample in SAMPLES
        if (sample.first.year, sample.first.month) == (month.year, month.month)
    ]
    return tuple(files)


def _file_of(week: list[date]) -> str:
    """One NEM12 file: every meter on the days that no sample holds."""
    sent = week[-1] + timedelta(days=1)
    lines = [f"100,NEM12,{sent:%Y%m%d}0600,SALTBUSH,WATTLECK"]
    meters = [*METERS, NOBODYS_METER] if week[0].day == STRANGE_WEEK else METERS
    for meter in meters:
        days = [day for day in week if not is_sampled(meter.nmi, day)]
        lines += _lines_of(meter, days, stamp=f"{sent:%Y%m%d}050000") if days else []
    return "\n".join([*lines, "900", ""])


def is_sampled(nmi: str, day: date) -> bool:
    """Whether a real file holds that meter's day."""
    return any(s.nmi == nmi and s.first <= day <= s.last for s in SAMPLES)


def _lines_of(meter: Meter, days: list[date], *, stamp: str) -> Iterator[str]:
    suffixes = "".join(suffix for suffix, _ in meter.channels)
    for suffix, usual_wh in meter.channels:
        head = f"200,{meter.nmi},{suffixes},,{suffix},N{suffix[1]},{meter.serial}"
        yield f"{head},kWh,{meter.minutes},"
        for day in days:
            values = list(_values(meter, suffix, usual_wh, day))
            if meter.nmi == SHORT_METER and day.day == SHORT_DAY:
                values.pop()
            yield f"300,{day:%Y%m%d},{','.join(values)},A,,,{stamp},"


def _values(meter: Meter, suffix: str, usual_wh: int, day: date) -> Iterator[str]:
    """The day's intervals in kWh, as the meter's own chance and the hour make them."""
    chance = Random(f"{meter.nmi} {suffix} {day}")
    by_hour = GIVEN_BY_HOUR if suffix.startswith("B") else TAKEN_BY_HOUR
    for start in range(0, DAY_MINUTES, meter.minutes):
        wh = usual_wh * by_hour[start // 60] * chance.randrange(80, 121) // 10_000
        yield f"{wh // 1000}.{wh % 1000:03}"
