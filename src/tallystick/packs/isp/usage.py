"""RADIUS accounting of Copperbeech Broadband: JSON Lines, a file for each day.

A line reconnects at night. Wrong on purpose, in every month: a session that never stops, records
that come twice, and a user name that nobody holds.
"""

import json
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.packs.pack import RehearsedCustomer, UsageFile

FORMAT = "radius"
SOURCE = "access-east"
NAS = "192.0.2.10"  # an address kept for documentation

BERLIN = ZoneInfo("Europe/Berlin")
GIGABYTE = 1_000_000_000
GIGAWORD = 2**32
"""Octet counters are 32 bits wide; how often they began again is counted in gigawords."""

HEAVY_USERS = ("cb-0001@copperbeech.example", "cb-0010@copperbeech.example")
NOBODY = "cb-9999@copperbeech.example"
NEVER_STOPS, SENT_TWICE, STRANGER = 11, 19, 23
"""Days of the month."""

Record = tuple[datetime, dict[str, object]]


def usage_of_month(
    month: date, *, customers: tuple[RehearsedCustomer, ...]
) -> tuple[UsageFile, ...]:
    """The files of the month that begins on that day: what each day's sessions reported."""
    return tuple(
        _file_of(month.replace(day=number), customers)
        for number in range(1, monthrange(month.year, month.month)[1] + 1)
    )


def _file_of(day: date, customers: tuple[RehearsedCustomer, ...]) -> UsageFile:
    users = [dict(one.identifiers)["username"] for one in customers if _is_served(one, day)]
    users += [NOBODY] if day.day == STRANGER else []
    records = sorted(
        (record for user in users for record in _session(user, day)), key=lambda record: record[0]
    )
    if day.day == SENT_TWICE:
        records += records[:3]
    text = "".join(json.dumps(fields) + "\n" for _, fields in records)
    return UsageFile(
        f"radius-{day:%Y%m%d}.jsonl", FORMAT, SOURCE, text.encode(), day + timedelta(days=1)
    )


def _is_served(customer: RehearsedCustomer, day: date) -> bool:
    return customer.starts_on <= day and (customer.ends_on is None or day < customer.ends_on)


def _session(user: str, day: date) -> Iterator[Record]:
    """The session of that day: a start after midnight, a report every six hours, and a stop."""
    chance = Random(f"{user} {day}")
    start = day_start(day, BERLIN).astimezone(UTC) + timedelta(seconds=chance.randrange(3600))
    daily = GIGABYTE * (45 if user in HEAVY_USERS else 6)
    session = f"{day:%Y%m%d}{chance.randrange(2**32):08X}"
    down = up = 0
    for hours, status in ((0, "Start"), (6, "Interim-Update"), (12, "Interim-Update"),
                          (18, "Interim-Update"), (22, "Stop")):  # fmt: skip
        if status == "Stop" and day.day == NEVER_STOPS and user.startswith("cb-0002"):
            return
        at = start + timedelta(hours=hours)
        fields: dict[str, object] = {
            "Acct-Status-Type": status,
            "Acct-Session-Id": session,
            "User-Name": user,
            "NAS-IP-Address": NAS,
            "Event-Timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "Acct-Session-Time": hours * 3600,
        }
        if hours:
            down += chance.randrange(daily // 2)
            up += chance.randrange(daily // 10)
            fields |= _counted("Input", up) | _counted("Output", down)
        yield at, fields


def _counted(direction: str, octets: int) -> dict[str, object]:
    return {
        f"Acct-{direction}-Octets": octets % GIGAWORD,
        f"Acct-{direction}-Gigawords": octets // GIGAWORD,
    }
