"""The usage that Larkspur Mobile's host operator sends: a CSV file for each day.

Wrong on purpose, once in every month: a number that nobody holds, a negative duration, a broken
date, a record that comes again the next day, and a whole file that is delivered twice.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tallystick.packs.pack import RehearsedCustomer, UsageFile

SOURCE = "kestrel-host"
FORMAT = "mapping:host-daily.yaml"
HEADER = "record_id,msisdn,event,started,duration_s,volume_b,called,destination,cell"

LONDON = ZoneInfo("Europe/London")
GIGABYTE = 1_000_000_000

AT_HOME = ("07700900{:03}", "02079460{:03}", "01134960{:03}", "01632960{:03}")
ABROAD = (
    "+4930231250{:02}", "+331990001{:02}", "+336399801{:02}", "+468465004{:02}",
    "+467017406{:02}", "00121255501{:02}", "00187655501{:02}", "+612555001{:02}",
)  # fmt: skip
"""Numbers that their regulators keep for films and books."""

DELIVERED_TWICE, BROKEN = 9, 17
"""Days of the month."""


def usage_of_month(
    month: date, *, customers: tuple[RehearsedCustomer, ...]
) -> tuple[UsageFile, ...]:
    """The files of the month that begins on that day, in the order they arrive."""
    files: list[UsageFile] = []
    yesterday: list[str] = []
    for number in range(1, monthrange(month.year, month.month)[1] + 1):
        day = month.replace(day=number)
        lines = [line for customer in customers for line in _lines_of(customer, day)]
        sent = lines + (yesterday[:1] + _faults(day) if number == BROKEN else [])
        text = "\n".join([HEADER, *sent]) + "\n"
        file = UsageFile(
            f"host-{day:%Y%m%d}.csv", FORMAT, SOURCE, text.encode(), day + timedelta(days=1)
        )
        files += [file, file] if number == DELIVERED_TWICE else [file]
        yesterday = lines
    return tuple(files)


def _lines_of(customer: RehearsedCustomer, day: date) -> list[str]:
    if day < customer.starts_on or (customer.ends_on and day >= customer.ends_on):
        return []
    msisdn = dict(customer.identifiers)["msisdn"]
    chance = Random(f"{msisdn} {day}")
    talkative = 2 + Random(msisdn).randrange(9)
    lines = []
    for number in range(chance.randrange(talkative + 1) + chance.randrange(4) + 1):
        started = _moment(chance, day)
        event = chance.choice(("MOC", "MOC", "MOC", "SMO", "GPRS", "GPRS"))
        duration = volume = called = destination = ""
        if event == "GPRS":
            volume = str(chance.randrange(GIGABYTE // 5))
        else:
            away = chance.randrange(12) == 0 and event == "MOC"
            called = chance.choice(ABROAD if away else AT_HOME).format(chance.randrange(100))
            destination = "international" if away else "national"
        if event == "MOC":
            duration = str(chance.choice((0, 35, 60, 61, chance.randrange(1, 1500))))
        record = f"{day:%Y%m%d}-{msisdn[-3:]}-{number:02}"
        fields = (record, msisdn, event, started, duration, volume, called, destination)
        lines.append(",".join((*fields, f"c{chance.randrange(40):02}")))
    return lines


def _moment(chance: Random, day: date) -> str:
    """A second between 06:00 and 23:00 by the local clock, as the host writes it."""
    six = datetime(day.year, day.month, day.day, 6, tzinfo=LONDON).astimezone(UTC)
    at = six + timedelta(seconds=chance.randrange(17 * 3600))
    return f"{at.astimezone(LONDON):%d/%m/%Y %H:%M:%S}"


def _faults(day: date) -> list[str]:
    """A number that nobody holds, a call that ends before it starts, a day that does not exist."""
    noon = f"{day:%d/%m/%Y} 12:00:00"
    call = "02079460001,national,c00"
    return [
        f"{day:%Y%m%d}-bad-1,447700900999,MOC,{noon},60,,{call}",
        f"{day:%Y%m%d}-bad-2,447700900001,MOC,{noon},-60,,{call}",
        f"{day:%Y%m%d}-bad-3,447700900001,MOC,31/02/{day:%Y} 12:00:00,60,,{call}",
    ]
