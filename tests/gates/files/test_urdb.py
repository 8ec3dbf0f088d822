"""Real utility tariffs of the OpenEI database, priced by us and by their own schedules alike."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, LEVELS, MEASURED, PERIODS
from tallystick.core.charge.period_versions import rate_period_versions
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tallystick.core.price.price import Executor, price_usage
from tallystick.core.tariff.nodes import Recurring
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.gates.files.urdb import ImportTerms, RateUnreadable, import_rate
from tallystick.gates.files.urdb_peaks import PeaksUnreadable, read_peaks

SAMPLES = Path(__file__).parents[2] / "samples/urdb"
ZONE = ZoneInfo("America/Chicago")
TERMS = ImportTerms(ZONE.key, window_minutes=60)
LARGE, TIMES = "urdb_rate_539f6a23ec4f024411ec8beb.json", "urdb_v7.json"
DAILY = {
    "name": "Daily blocks",
    "energyratestructure": [
        [{"max": 10, "rate": 0.1, "adj": 0.01, "unit": "kWh daily"},
         {"max": 30, "rate": 0.2, "unit": "kWh daily"}, {"rate": 0.3, "unit": "kWh daily"}],
        [{"rate": 0.05}],
    ],
    "energyweekdayschedule": [[1] * 6 + [0] * 17 + [1]] * 12,
    "energyweekendschedule": [[1] * 24] * 12,
}  # fmt: skip


def read(content: bytes, file: str = "rate.json"):
    return import_rate(content, file=file, terms=TERMS)


def raw(content: bytes) -> dict[str, Any]:
    held = json.loads(content)
    held = json.loads(held) if isinstance(held, str) else held
    return held["items"][0] if "items" in held else held


def load_profile(seed: int) -> list[tuple[datetime, Decimal]]:
    """A year of hours, local midnight to local midnight, from next to nothing to 180 kW."""
    rng = Random(seed)
    at, end = (datetime(year, 1, 1, tzinfo=ZONE).astimezone(UTC) for year in (2026, 2027))
    hours = []
    while at < end:
        busy = 60 if 8 <= at.astimezone(ZONE).hour < 20 else 5
        hours.append((at, Decimal(rng.randint(0, 1000)) * (busy + rng.randint(0, 120)) / 1000))
        at += timedelta(hours=1)
    return hours


def priced_by_us(plan: Plan, hours: list[tuple[datetime, Decimal]]) -> dict[int, Decimal]:
    firsts = [date(2026, month, 1) for month in range(1, 13)] + [date(2027, 1, 1)]
    rows = [
        (n, 1, 1, 1, at.astimezone(ZONE).date().replace(day=1), "import", at, kwh, "kWh", None,
         None, None)
        for n, (at, kwh) in enumerate(hours)
    ]  # fmt: skip
    usage = pl.DataFrame(rows, schema=CHARGE_IN, orient="row")
    cycles = [(1, 1, 1, first, end, first, end) for first, end in pairwise(firsts)]
    periods = pl.DataFrame(cycles, schema=PERIODS, orient="row")
    plans = (DatedPlan(1, date(1971, 1, 1), None, plan),)
    rated = rate_versions(usage, plans=plans, counters=COUNTERS.to_frame())
    assert rated.suspense.is_empty()
    costs = rate_period_versions(
        rated.lines, periods=periods, plans=plans, measured=MEASURED.to_frame(),
        levels=LEVELS.to_frame(),
    )  # fmt: skip
    total: dict[int, Decimal] = defaultdict(Decimal)
    for lines in (rated.lines, costs.lines):
        for cycle, amount in lines.select("cycle_start", "amount").iter_rows():
            total[cycle.month] += amount
    return {month: cents(amount) for month, amount in total.items()}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def priced_by_schedule(rate: dict[str, Any], hours: list[tuple[datetime, Decimal]]):
    """The same from the tariff itself, hour by hour, in the plainest way."""
    energy: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    peaks: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    highest: dict[int, Decimal] = defaultdict(Decimal)
    for at, kwh in hours:
        local = at.astimezone(ZONE)
        month, part = local.month, "weekday" if local.weekday() < 5 else "weekend"
        energy[month, period(rate, "energy", part, local)] += kwh
        highest[month] = max(highest[month], kwh)
        if rate.get("demandratestructure"):
            key = month, period(rate, "demand", part, local)
            peaks[key] = max(peaks[key], kwh)
    total: dict[int, Decimal] = defaultdict(Decimal)
    for (month, number), kwh in energy.items():
        days = (date(2026 + month // 12, month % 12 + 1, 1) - date(2026, month, 1)).days
        tiers = rate["energyratestructure"][number]
        unit = tiers[0].get("unit", "kWh")
        scale = highest[month] if "kWh/kW" in unit else Decimal(1)
        total[month] += climb(tiers, kwh, scale * days if "daily" in unit else scale)
    for (month, number), kw in peaks.items():
        total[month] += climb(rate["demandratestructure"][number], kw, Decimal(1))
    for month, kw in highest.items():
        if rate.get("flatdemandstructure"):
            number = int(rate["flatdemandmonths"][month - 1])
            total[month] += climb(rate["flatdemandstructure"][number], kw, Decimal(1))
    return {month: cents(amount) for month, amount in total.items()}


def period(rate: dict[str, Any], noun: str, part: str, local: datetime) -> int:
    return int(rate[f"{noun}{part}schedule"][local.month - 1][local.hour])


def climb(tiers: list[dict[str, Any]], quantity: Decimal, scale: Decimal) -> Decimal:
    amount, low = Decimal(0), Decimal(0)
    for tier in tiers:
        high = min(quantity, Decimal(str(tier.get("max", "1e38"))) * scale)
        # One sample's prices went through 32 bits: 19.538999557495117 is 19.539.
        price = round(Decimal(str(tier["rate"])), 6) + Decimal(str(tier.get("adj", 0)))
        amount += max(high - low, Decimal(0)) * price
        low = max(low, high)
    return amount


@pytest.mark.parametrize("name", [LARGE, TIMES, "daily"])
def test_a_year_of_hours_costs_what_the_tariff_says_to_the_cent(name: str) -> None:
    content = json.dumps(DAILY).encode() if name == "daily" else (SAMPLES / name).read_bytes()
    made = read(content, name)
    plan = compile_plan(read_catalogue(made.text, name=name, files={}))
    hours = load_profile(len(name))
    ours = priced_by_us(plan, hours)
    assert ours == priced_by_schedule(raw(content), hours)
    assert len(ours) == 12
    assert min(ours.values()) > 1000


def test_fixed_and_least_charges_are_read_and_the_rest_is_told() -> None:
    made = read((SAMPLES / TIMES).read_bytes())
    (offer,) = read_catalogue(made.text, name="rate.yaml", files={}).offers
    (fixed,) = (part for part in offer.components if isinstance(part, Recurring))
    assert (fixed.price, offer.bill.at_least) == (Decimal("35.28"), Decimal(1))
    assert made.left_out == (
        "the least of a year is 12; 'charge at least' is of a cycle",
        "'dgrules' is not read: \"Net Metering\"",
    )
    assert "demandratestructure 1.1 rate: 19.538999557495117 is read as 19.539" in made.notes


def test_what_is_bought_back_is_an_own_price() -> None:
    held = DAILY | {"energyratestructure": [[{"rate": 0.1, "sell": 0.04}], [{"rate": 0.05}]]}
    text = read(json.dumps(held).encode()).text
    assert "feed-in-1: {of: export, during: energy-period-1, price: -0.04 per kWh}" in text


def test_fuel_by_the_month_and_demand_in_kva_are_priced() -> None:
    flat = {"flatdemandstructure": [[{"rate": 5}]], "flatdemandmonths": [0] * 12}
    fuel = {"fueladjustmentsmonthly": [0.01] * 3 + [0] * 6 + [0.02] * 2 + [0.01]}
    text = read(json.dumps(DAILY | flat | {"flatdemandunit": "kVA"} | fuel).encode()).text
    usage = [
        {"at": "2026-03-02 10:00", "of": "import", "usage": "3 kWh"},
        {"at": "2026-03-02 10:00", "of": "reactive_import", "usage": "4 kvarh"},
        {"at": "2026-10-02 10:00", "of": "import", "usage": "3 kWh"},
        {"at": "2026-06-02 10:00", "of": "import", "usage": "3 kWh"},
    ]
    priced = price_usage(usage, prices=text, executor=Executor.BOTH)
    costs = {
        (one.start.month, one.component): one.amount
        for one in priced.bills()
        if one.component.startswith(("fuel", "flat")) and one.amount
    }
    # 3 kWh and 4 kvarh of one window of an hour are 5 kVA
    assert costs == {
        (3, "fuel-1"): Decimal("0.03"), (3, "flat-peak-1"): 25, (6, "flat-peak-1"): 15,
        (10, "fuel-2"): Decimal("0.06"), (10, "flat-peak-1"): 15,
    }  # fmt: skip


PEAKS = b"""# of 2026
2026-01-14 17:00
2026-07-09 15:00

2026-01-14 17:00
2026-02-03 23:00   # late
"""


def test_demand_in_the_hours_of_the_networks_peaks_is_priced_where_they_are_given() -> None:
    schedule = [[0] * 24] * 6 + [[1] * 24] * 2 + [[0] * 24] * 4
    rate = DAILY | {
        "coincidentratestructure": [[{"rate": 9.5}], [{"rate": 14, "adj": 0.5}]],
        "coincidentrateunit": "kW",
        "coincidentschedule": schedule,
    }
    terms = ImportTerms("America/New_York", peaks=read_peaks(PEAKS, file="peaks.txt"))
    made = import_rate(json.dumps(rate).encode(), file="rate.json", terms=terms)
    assert made.left_out == ()
    assert "    - 2026-02-03 23:00-24:00" in made.text
    usage = [
        {"at": at, "of": "import", "usage": f"{kwh} kWh"}
        for at, kwh in (
            ("2026-01-14 17:00", 30), ("2026-01-14 17:30", 20), ("2026-01-14 18:00", 90),
            ("2026-02-03 17:00", 80), ("2026-07-09 15:45", 4), ("2026-08-01 15:00", 70),
        )
    ]  # fmt: skip
    priced = price_usage(usage, prices=made.text, executor=Executor.BOTH)
    costs = {
        (one.start.month, one.component): one.amount
        for one in priced.bills()
        if one.component.startswith("coincident") and one.amount
    }
    # 50 kW in January's hour; nothing in February's; 4 kW at 14.50 in July's
    assert costs == {(1, "coincident-1"): 475, (7, "coincident-2"): 58}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"2026-01-14 17:30", "line 1 begins within an hour"),
        (b"\n14.01.2026 17:00", "line 2 is '14.01.2026 17:00', which is no hour"),
        (b"\xff\xfe", "line 1 is"),
        (b"# none", "it holds 0 hours"),
    ],
)
def test_peaks_that_are_no_hours_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(PeaksUnreadable, match="write an hour a line, such as") as refused:
        read_peaks(content, file="peaks.txt")
    assert f"peaks.txt: {said}" in refused.value.sentence()


@pytest.mark.parametrize("fuel", [[1] * 11, "x", [1] * 11 + ["x"]])
def test_fuel_that_is_no_year_is_refused(fuel: object) -> None:
    with pytest.raises(RateUnreadable, match="fueladjustmentsmonthly"):
        read(json.dumps(DAILY | {"fueladjustmentsmonthly": fuel}).encode())


@pytest.mark.parametrize(
    ("change", "left_out"),
    [
        ({"coincidentratestructure": [[{"rate": 3}]]}, "demand in the hours of the network's own"),
        ({"fixedchargefirstmeter": 9, "fixedchargeunits": "$/meter"}, "the fixed charge is per"),
        ({"mincharge": 9, "minchargeunits": "$/year"}, "the minimum charge is per '$/year'"),
        ({"energyratestructure": [[{"rate": 0.1, "max": 9, "sell": 0.1}, {"rate": 0.2}],
          [{"rate": 1, "odd": 3}]]}, "energyratestructure 2.1: 'odd' is not read: 3"),
    ],
)  # fmt: skip
def test_nothing_is_dropped_in_silence(change: dict[str, Any], left_out: str) -> None:
    made = read(json.dumps(DAILY | change).encode())
    assert any(told.startswith(left_out) for told in made.left_out)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff", "is not JSON in UTF-8"),
        (b"[" * 100_000, "is not JSON in UTF-8"),
        (b'"\\"x\\""', "does not hold one rate"),
        (b'{"items": []}', "does not hold one rate"),
        (json.dumps(DAILY | {"energyweekdayschedule": [[0] * 24] * 11}).encode(),
         "'energyweekdayschedule' is not 12 months of 24 hours"),
        (json.dumps(DAILY | {"energyweekdayschedule": [[7] * 24] * 12}).encode(),
         "'energyweekdayschedule' names period 7; there are 2 from 0"),
        (json.dumps(DAILY | {"energyratestructure": [[{"rate": "x"}], [{"rate": 1}]]}).encode(),
         "energyratestructure 1.1 rate: 'x' is not a number"),
        (json.dumps(DAILY | {"energyratestructure": [[{"rate": 1, "unit": "kVAh"}]] * 2}).encode(),
         "energy period 1 has the units ['kVAh']"),
        (json.dumps(DAILY | {"flatdemandstructure": [[{"rate": 1}]], "flatdemandunit": "hp"})
         .encode(), "'flatdemandunit' is 'hp'; only kW and kVA are read"),
    ],
)  # fmt: skip
def test_what_is_no_rate_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(RateUnreadable) as refused:
        read(content)
    assert sentence in refused.value.sentence()
