"""A utility tariff of the OpenEI rate database (URDB) as a price list of ours.

Energy and demand are priced period by period: each period of the 12 x 24 schedules is a calendar
and a price of its own, with its own tiers, which start again each month. What the schema says and
we cannot is told, and so is every field that is not read; see docs/concepts/urdb.md.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from tallystick.base.money import plain
from tallystick.base.refusal import Refusal
from tallystick.gates.files.urdb_peaks import peak_phrases

Rate = dict[str, Any]

MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WITHOUT_END: Final = Decimal(10) ** 12
"""A limit above this is how the files say that there is none."""

FLOAT_ERROR: Final = Decimal("0.00000007")
"""How far a number may be off, in parts of itself, that went through 32 bits of binary."""

DOUBLE_ERROR: Final = Decimal("0.000000000000001")
"""The same of 64 bits, which is not worth a word."""

DECIMALS: Final = 12
DEMAND_UNITS: Final = ("kW", "kVA")
KVARH: Final = "kvarh: {of: reactive_import, price: 0 per kvarh}"
LIMITS: Final = {
    "kWh": "",
    "kWh daily": "per day",
    "kWh/kW": "per kW of demand",
    "kWh/kW daily": "per kW of demand and per day",
}
FIXED: Final = {"$/month": "month", "$/day": "day", "$/year": "year"}
READ: Final = {
    "energyratestructure", "energyweekdayschedule", "energyweekendschedule",
    "demandratestructure", "demandweekdayschedule", "demandweekendschedule", "demandwindow",
    "flatdemandstructure", "flatdemandmonths", "fixedmonthlycharge", "fixedchargefirstmeter",
    "fixedchargeunits", "minmonthlycharge", "mincharge", "minchargeunits", "startdate", "name",
    "demandunits", "flatdemandunit", "demandrateunit", "lookbackpercent", "lookbackrange",
    "lookbackmonths", "fueladjustmentsmonthly", "annualmincharge", "coincidentratestructure",
    "coincidentrateunit", "coincidentschedule",
}  # fmt: skip
ABOUT: Final = {
    "label", "uri", "sector", "utility", "eiaid", "source", "sourceparent", "approved",
    "revisions", "country", "description", "is_default", "servicetype", "supersedes",
    "basicinformationcomments", "energycomments", "demandcomments", "voltagecategory",
    "phasewiring", "version",
}  # fmt: skip
"""What is about the tariff, not of it; names and remarks become comments."""

REMARKS: Final = (
    "name", "utility", "sector", "description", "basicinformationcomments", "energycomments",
    "demandcomments", "source", "uri",
)  # fmt: skip


@dataclass
class RateUnreadable(Refusal):
    code = "rate_unreadable"
    file: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """What the file does not say: the zone of its clock, names of ours, the network's peaks."""

    zone: str
    currency: str = "USD"
    offer: str | None = None
    window_minutes: int | None = None
    peaks: tuple[datetime, ...] = ()  # the hours of the network's own peaks, by that clock


@dataclass(frozen=True, slots=True)
class ImportedRate:
    """A price list; what was assumed, and what of the rate is not in it."""

    text: str
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


def import_rate(content: bytes, *, file: str, terms: ImportTerms) -> ImportedRate:
    """The one rate in that file as a price list.

    :raises RateUnreadable: when the file does not hold one rate of the schema
    """
    return _Import(_one_rate(content, file), file, terms).made()


def _one_rate(content: bytes, file: str) -> Rate:
    try:
        held: Any = content.decode("utf-8-sig")
        for _ in range(2):  # some exports are JSON within a JSON string
            if isinstance(held, str):
                held = json.loads(held, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        raise RateUnreadable(file=file, problem="is not JSON in UTF-8") from None
    if isinstance(held, dict) and isinstance(held.get("items"), list):
        held = held["items"][0] if len(held["items"]) == 1 else held["items"]
    if not isinstance(held, dict) or "energyratestructure" not in held:
        raise RateUnreadable(
            file=file, problem="does not hold one rate with an 'energyratestructure'"
        )
    return {str(key).lower(): value for key, value in held.items()}


@dataclass(frozen=True, slots=True)
class _Tier:
    limit: Decimal | None
    rate: Decimal
    sell: Decimal
    unit: str


@dataclass(slots=True)
class _Import:
    """Gathers calendars and components while the rate is read."""

    rate: Rate
    file: str
    terms: ImportTerms
    calendars: dict[str, list[str]] = field(default_factory=dict)
    components: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def made(self) -> ImportedRate:
        offer = self.terms.offer or _name(str(self.rate.get("name", "rate")))
        self._fixed()
        self._energy()
        self._fuel()
        self._demand()
        self._coincident()
        least = self._least()
        for key in sorted(set(self.rate) - READ - ABOUT):
            if self.rate[key] not in (None, "", [], {}, False):
                shown = json.dumps(self.rate[key], default=str)
                self.left_out.append(f"'{key}' is not read: {shown[:200]}")
        if any(self.rate.get(key) for key in REMARKS if "comments" in key or key == "description"):
            self.notes.append("its remarks may tell of charges in words; read them in the comments")
        lines = [*self._remarks(), f"currency: {self.terms.currency}", f"zone: {self.terms.zone}"]
        if self.calendars:
            lines += ["", "calendars:"]
            for name, phrases in self.calendars.items():
                lines += [f"  {name}:", *(f"    - {phrase}" for phrase in phrases)]
        lines += ["", "offers:", f"  {offer}:"]
        if start := self._start():
            lines.append(f"    from: {start}")
        lines += [f"    charge at least: {least}"] if least else []
        lines += ["    components:", *(f"      {line}" for line in self.components)]
        text = "\n".join(lines) + "\n"
        return ImportedRate(text, tuple(self.notes), tuple(self.left_out))

    def _remarks(self) -> Iterator[str]:
        for key in REMARKS:
            if text := self.rate.get(key):
                yield f"# {key}: {' '.join(str(text).split())}"

    def _start(self) -> str | None:
        try:
            seconds = int(self.rate["startdate"])
            at = datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(self.terms.zone))
        except (KeyError, TypeError, ValueError, OverflowError, OSError, InvalidOperation):
            return None
        return at.date().isoformat()

    def _refuse(self, problem: str) -> RateUnreadable:
        return RateUnreadable(file=self.file, problem=problem)

    def _number(self, value: object, where: str) -> Decimal:
        """A number, freed of what 32 bits of binary did to it."""
        try:
            number = Decimal(str(value))
            if not number.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            raise self._refuse(f"{where}: {value!r} is not a number") from None
        if number >= WITHOUT_END or -int(number.as_tuple().exponent) <= 6:
            return number
        for decimals in range(7):
            short = round(number, decimals)
            if abs(short - number) <= abs(number) * FLOAT_ERROR:
                if abs(short - number) > abs(number) * DOUBLE_ERROR:
                    self.notes.append(f"{where}: {number} is read as {plain(short)}")
                return short
        return round(number, DECIMALS)

    def _fixed(self) -> None:
        unit = "$/month"
        value = self.rate.get("fixedmonthlycharge")
        if (first := self.rate.get("fixedchargefirstmeter")) is not None:
            value, unit = first, str(self.rate.get("fixedchargeunits") or unit)
        if not value:
            return
        if unit not in FIXED:
            self.left_out.append(f"the fixed charge is per {unit!r}: {value}")
            return
        price = plain(self._number(value, "the fixed charge"))
        self.components.append(f"fixed: {{every: {FIXED[unit]}, in: arrears, price: {price}}}")

    def _least(self) -> str | None:
        value, unit = self.rate.get("minmonthlycharge"), "$/month"
        if (new := self.rate.get("mincharge")) is not None:
            value, unit = new, str(self.rate.get("minchargeunits") or unit)
        if yearly := self.rate.get("annualmincharge"):
            told = plain(self._number(yearly, "'annualmincharge'"))
            self.left_out.append(f"the least of a year is {told}; 'charge at least' is of a cycle")
        if value and unit != "$/month":
            self.left_out.append(f"the minimum charge is per {unit!r}: {value}")
            return None
        return plain(self._number(value, "the minimum charge")) if value else None

    def _energy(self) -> None:
        periods = self._periods("energyratestructure")
        used = self._schedule("energy", len(periods))
        for number, tiers in enumerate(periods):
            if number not in used:
                continue
            during = f"during: {used[number]}, " if used[number] else ""
            head = f"energy-{number + 1}: {{of: import, {during}"
            units = {tier.unit for tier in tiers}
            if len(units) > 1 or not units <= set(LIMITS):
                raise self._refuse(f"energy period {number + 1} has the units {sorted(units)}")
            scale = LIMITS[units.pop()] if len(tiers) > 1 else ""
            if "demand" in scale:
                self._billing_demand()
            scaled = f"tiers: {{limits: {scale}}}, " if scale else ""
            self.components.append(f"{head}{scaled}price: {_ladder(tiers, 'kWh')}}}")
            sells = {tier.sell for tier in tiers}
            if len(sells) > 1:
                told = ", ".join(plain(sell) for sell in sorted(sells))
                self.left_out.append(f"energy period {number + 1} buys back by tiers: {told}")
            elif any(sells):
                price = plain(-sells.pop())
                name = f"feed-in-{number + 1}"
                self.components.append(f"{name}: {{of: export, {during}price: {price} per kWh}}")

    def _fuel(self) -> None:
        """What each month's fuel adds to every kWh, months that add the same together."""
        if not (said := self.rate.get("fueladjustmentsmonthly")):
            return
        if not isinstance(said, list) or len(said) != len(MONTHS):
            raise self._refuse("'fueladjustmentsmonthly' is not a row of 12 numbers")
        amounts = [self._number(value, "'fueladjustmentsmonthly'") for value in said]
        for number, amount in enumerate(sorted({*amounts} - {Decimal(0)}), 1):
            phrases = [_season(run) for run in _runs([one == amount for one in amounts])]
            during = ""
            if phrases != [""]:
                self.calendars[f"fuel-{number}"] = [f"{phrase} mon-sun" for phrase in phrases]
                during = f"during: fuel-{number}, "
            price = f"price: {plain(amount)} per kWh"
            self.components.append(f"fuel-{number}: {{of: import, {during}{price}}}")

    def _billing_demand(self) -> None:
        line = f"demand: {{of: import, {self._measure()}, price: 0 per kW}}"
        if line not in self.components:
            self.components.append(line)

    def _demand(self) -> None:
        if self.rate.get("demandratestructure"):
            periods = self._periods("demandratestructure")
            used = self._schedule("demand", len(periods))
            self._peaks("peak", periods, used, unit=self._unit("demandrateunit", "demandunits"))
        if self.rate.get("flatdemandstructure"):
            unit = self._unit("flatdemandunit")
            periods = self._periods("flatdemandstructure")
            months = self._row("flatdemandmonths", self.rate.get("flatdemandmonths"), 12)
            self._check_range("flatdemandmonths", months, len(periods))
            used = {}
            for number in sorted(set(months)):
                name = f"flat-{number + 1}"
                phrases = [_season(run) for run in _runs([m == number for m in months])]
                used[number] = "" if phrases == [""] else name
                if used[number]:
                    self.calendars[name] = [f"{phrase} mon-sun" for phrase in phrases]
            self._peaks("flat-peak", periods, used, unit=unit)

    def _coincident(self) -> None:
        """What is taken in the hours of the network's own peaks, where those are given."""
        if not self.rate.get("coincidentratestructure"):
            return
        if not self.terms.peaks:
            self.left_out.append(
                "demand in the hours of the network's own peaks ('coincidentratestructure'); give"
                " them with --peaks once they are published"
            )
            return
        periods = self._periods("coincidentratestructure")
        schedule = self.rate.get("coincidentschedule") or [[0] * 24] * 12
        if not isinstance(schedule, list) or len(schedule) != 12:
            raise self._refuse("'coincidentschedule' is not 12 months of 24 hours")
        grid = [self._row("coincidentschedule", row, 24) for row in schedule]
        for row in grid:
            self._check_range("coincidentschedule", row, len(periods))
        used = {}
        for number in range(len(periods)):
            own = [at for at in self.terms.peaks if grid[at.month - 1][at.hour] == number]
            if own:
                used[number] = f"network-peaks-{number + 1}"
                self.calendars[used[number]] = peak_phrases(own)
        unit = self._unit("coincidentrateunit")
        self._peaks("coincident", periods, used, unit=unit, measure="measure: highest 60 min")

    def _peaks(
        self,
        noun: str,
        periods: Sequence[Sequence[_Tier]],
        used: dict[int, str],
        *,
        unit: str,
        measure: str | None = None,
    ) -> None:
        for number, tiers in enumerate(periods):
            if number not in used or not any(tier.rate for tier in tiers):
                continue
            during = f"during: {used[number]}, " if used[number] else ""
            price = _ladder(tiers, unit)
            apparent = "reactive: kvarh, " if unit == "kVA" else ""
            if apparent and KVARH not in self.components:
                self.components.append(KVARH)
            head = f"{noun}-{number + 1}: {{of: import, {during}{apparent}"
            self.components.append(f"{head}{measure or self._measure()}, price: {price}}}")

    def _measure(self) -> str:
        minutes = self.terms.window_minutes
        if minutes is None:
            said = self.rate.get("demandwindow")
            minutes = int(self._number(said, "'demandwindow'")) if said else 15
            note = "demand is measured in windows of 15 min, as the file does not say"
            if not said and note not in self.notes:
                self.notes.append(note)
        percent, months = self.rate.get("lookbackpercent"), self.rate.get("lookbackrange")
        if any(self._number(n, "'lookbackmonths'") for n in self.rate.get("lookbackmonths") or ()):
            self._leave_out("the look-back of demand is to months of the year: lookbackmonths")
        if not percent or not months:
            return f"measure: highest {minutes} min"
        share = plain(self._number(percent, "'lookbackpercent'") * 100)
        back = int(self._number(months, "'lookbackrange'"))
        return f"measure: highest {minutes} min, ratchet: {share} % of {back} months"

    def _leave_out(self, told: str) -> None:
        if told not in self.left_out:
            self.left_out.append(told)

    def _unit(self, *keys: str) -> str:
        """What demand is measured in: power, or apparent power of kWh and kvarh."""
        said = [str(self.rate[key]) for key in keys if self.rate.get(key) is not None]
        for key, unit in zip(keys, said, strict=False):
            if unit not in DEMAND_UNITS:
                raise self._refuse(
                    f"'{key}' is {unit!r}; only {' and '.join(DEMAND_UNITS)} are read"
                )
        return said[0] if said else "kW"

    def _periods(self, key: str) -> list[list[_Tier]]:
        held = self.rate[key]
        if not isinstance(held, list) or not all(isinstance(p, list) and p for p in held):
            raise self._refuse(f"'{key}' is not a list of periods with tiers")
        return [
            [self._tier(tier, f"{key} {p + 1}.{t + 1}") for t, tier in enumerate(period)]
            for p, period in enumerate(held)
        ]

    def _tier(self, tier: object, where: str) -> _Tier:
        if not isinstance(tier, dict):
            raise self._refuse(f"{where} is not a tier")
        for key in sorted(set(tier) - {"max", "rate", "unit", "adj", "sell"}):
            self.left_out.append(f"{where}: '{key}' is not read: {tier[key]}")
        limit = None
        if tier.get("max") is not None:
            limit = self._number(tier["max"], f"{where} max")
        rate = self._number(tier.get("rate", 0), f"{where} rate")
        rate += self._number(tier.get("adj", 0), f"{where} adj")
        sell = self._number(tier.get("sell", 0), f"{where} sell")
        unit = str(tier.get("unit") or "kWh")
        return _Tier(None if limit is None or limit >= WITHOUT_END else limit, rate, sell, unit)

    def _schedule(self, noun: str, periods: int) -> dict[int, str]:
        """The periods that the schedule comes to, each with its calendar or, if always, none."""
        grids = []
        for part in ("weekday", "weekend"):
            key = f"{noun}{part}schedule"
            rows = self.rate.get(key)
            if not isinstance(rows, list) or len(rows) != 12:
                raise self._refuse(f"'{key}' is not 12 months of 24 hours")
            grids.append([self._row(key, row, 24) for row in rows])
            for row in grids[-1]:
                self._check_range(key, row, periods)
        used = {}
        for number in sorted({n for grid in grids for row in grid for n in row}):
            phrases = _phrases(grids, number)
            used[number] = "" if phrases == ["mon-sun"] else f"{noun}-period-{number + 1}"
            if used[number]:
                self.calendars[used[number]] = phrases
        return used

    def _row(self, key: str, row: object, length: int) -> list[int]:
        if not isinstance(row, list) or len(row) != length:
            raise self._refuse(f"'{key}' is not a row of {length} numbers")
        return [int(self._number(value, f"'{key}'")) for value in row]

    def _check_range(self, key: str, numbers: Sequence[int], periods: int) -> None:
        for number in numbers:
            if not 0 <= number < periods:
                raise self._refuse(f"'{key}' names period {number}; there are {periods} from 0")


def _ladder(tiers: Sequence[_Tier], unit: str) -> str:
    """`0.05 per kWh`, or `{to 100 kWh: 0.05 per kWh, above: 0.06 per kWh}`."""
    last = next((n for n, tier in enumerate(tiers) if tier.limit is None), len(tiers) - 1)
    prices = [f"{plain(tier.rate)} per {unit}" for tier in tiers[: last + 1]]
    if len(prices) == 1:
        return prices[0]
    heads = [f"to {plain(tier.limit)} {unit}" for tier in tiers[:last] if tier.limit is not None]
    parts = zip([*heads, "above"], prices, strict=True)
    return "{" + ", ".join(f"{head}: {price}" for head, price in parts) + "}"


def _phrases(grids: Sequence[Sequence[Sequence[int]]], number: int) -> list[str]:
    """When a period is: months with the same hours together, weekdays and weekends alike if so."""
    hours = [[tuple(n == number for n in row) for row in grid] for grid in grids]
    if hours[0] == hours[1]:
        return list(_season_hours("mon-sun", hours[0]))
    return [*_season_hours("mon-fri", hours[0]), *_season_hours("sat-sun", hours[1])]


def _season_hours(days: str, hours: Sequence[tuple[bool, ...]]) -> Iterator[str]:
    for _, group in groupby(enumerate(hours), key=lambda month: month[1]):
        months = list(group)
        spans = [f"{a:02}:00-{b:02}:00" for a, b in _runs(months[0][1])]
        if spans:
            season = _season((months[0][0], months[-1][0] + 1))
            told = "" if spans == ["00:00-24:00"] else " ".join(spans)
            yield " ".join(part for part in (season, days, told) if part)


def _runs(held: Sequence[bool]) -> list[tuple[int, int]]:
    """Where it holds, as `[from, to)`."""
    runs, at = [], 0
    for holds, group in groupby(held):
        length = len(list(group))
        if holds:
            runs.append((at, at + length))
        at += length
    return runs


def _season(run: tuple[int, int]) -> str:
    first, last = run[0], run[1] - 1
    if (first, last) == (0, 11):
        return ""
    return MONTHS[first] if first == last else f"{MONTHS[first]}-{MONTHS[last]}"


def _name(text: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
    return name if name[:1].isalpha() else f"rate-{name}".strip("-")
