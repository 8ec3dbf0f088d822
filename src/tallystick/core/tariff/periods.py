"""Prices that need the whole period: what is measured in it, and the terms of its tiers."""

import re
from decimal import Decimal
from typing import Final

from tallystick.core.tariff.nodes import (
    Allocation,
    Demand,
    LimitScale,
    Measure,
    MeasureKind,
    NewPrices,
    PeriodTerms,
    Ratchet,
    Reset,
    Settlement,
    Surplus,
    TierKind,
)
from tallystick.core.tariff.page import Page
from tallystick.core.tariff.source import Table
from tallystick.core.tariff.words import (
    Mistake,
    read_count,
    read_flag,
    read_name,
    read_number,
    read_percent,
    read_price,
    read_quantity,
    read_unit,
    read_word,
)

TERM_WORDS: Final = (
    "measure", "ratchet", "times", "capped at", "less", "surplus",
    "reactive", "new prices",
)  # fmt: skip
TIER_WORDS: Final = ("reset", "kind", "limits", "allocate", "due at zero")

POWER: Final = {"kW": "kWh", "kVA": "kVAh", "bit/s": "B"}
"""What is measured in a window, by the unit of its price: the quantity that flows in it."""

POWERFUL: Final = (MeasureKind.HIGHEST, MeasureKind.PERCENTILE)
"""Measures of what flows in a window, which may be priced as power."""

PER_HOUR: Final = 3600
COUNTED: Final = ("event", "unit", "msg")


def read_measure(text: str) -> Measure:
    """`sum`, `unique device`, `time-weighted by volume`, `highest 30 min`,
    `percentile 95 of 5 min`, `net 15 min`.
    """
    word, _, rest = text.partition(" ")
    kind = read_word(word, words=MeasureKind)
    rest = rest.strip()
    match kind:
        case MeasureKind.UNIQUE:
            return Measure(kind, field=read_name(rest))
        case MeasureKind.TIME_WEIGHTED if rest:
            return Measure(kind, field=read_name(rest.removeprefix("by ").strip()))
        case MeasureKind.HIGHEST | MeasureKind.NET:
            return Measure(kind, window_s=_window(rest))
        case MeasureKind.PERCENTILE:
            percent_text, _, window = rest.partition(" of ")
            percent = read_number(percent_text.strip().removesuffix("th"), decimals=3)
            if not 0 < percent <= 100:
                raise Mistake(f"{text!r}: a percentile is above 0 and at most 100")
            return Measure(kind, window_s=_window(window.strip()), percent=percent)
        case _ if rest:
            raise Mistake(f"{text!r}: '{kind}' stands alone")
    return Measure(kind)


def _window(text: str) -> int:
    size, unit = read_quantity(text)
    if unit != "s" or size < 60 or 86_400 % size:
        raise Mistake(f"{text!r} is not a window; write one that fits into a day, such as 30 min")
    return int(size)


def read_ratchet(text: str) -> Ratchet:
    """`80 % of 11 months`."""
    match = re.fullmatch(r"(.+%) of (\d+) months?", text)
    if not match or not 1 <= int(match[2]) <= 60:
        raise Mistake(f"{text!r} is not a ratchet; write 80 % of 11 months")
    return Ratchet(read_percent(match[1]), read_count(match[2]))


def read_limits(text: str) -> tuple[LimitScale, Demand | None]:
    """`per day`, `pro rata`, `per kW of demand`, `per kW of demand and pro rata`."""
    scale, demand = LimitScale.FIXED, None
    for part in text.split(" and "):
        if match := re.fullmatch(r"per (\S+) of (\S+)", part.strip()):
            unit = read_unit(match[1])
            if unit.factor != 1:
                raise Mistake(f"{text!r}: write it per {unit.canonical}")
            demand = Demand(read_name(match[2]), unit.canonical)
        else:
            scale = read_word(part.strip(), words=LimitScale)
    return scale, demand


def read_cap(text: str) -> tuple[Decimal, str, LimitScale]:
    """`30 m3`, `30 m3 pro rata` by the part of the period served, `1 m3 per day` served."""
    for scale in (LimitScale.DAY, LimitScale.PART):
        if text.endswith(f" {scale}"):
            return *read_quantity(text.removesuffix(scale).strip()), scale
    return *read_quantity(text), LimitScale.FIXED


def read_surplus(text: str) -> tuple[Surplus, Settlement | None]:
    """`carried`, `lost`, `lost after 12 cycles`, `settled after 12 cycles at 0.06 per kWh`."""
    said = r"(?:lost|(settled)) after (\d{1,3}) cycles?(?: at (.+))?"
    match = re.fullmatch(said, text)
    if not match:
        return read_word(text, words=Surplus), None
    if bool(match[1]) != bool(match[3]) or not int(match[2]):
        raise Mistake(
            f"{text!r} is not a settlement; write 'settled after 12 cycles at 0.06 per kWh' or"
            " 'lost after 12 cycles'"
        )
    price = read_price(match[3]) if match[3] else None
    if price is not None and (price.flat or price.started or price.carried):
        raise Mistake(f"{text!r}: write what a unit of the surplus is worth, such as 0.06 per kWh")
    return Surplus.CARRIED, Settlement(int(match[2]), price)


def read_terms(page: Page) -> tuple[Reset, Allocation | None, PeriodTerms | None]:
    """When tiers start again, how bands share them if that is said, and the period's terms if any
    of their words is written.
    """
    measure = page.read("measure", read_measure, Measure(MeasureKind.SUM))
    ratchet = page.read("ratchet", read_ratchet, None)
    times = page.read("times", lambda text: read_number(text, decimals=9), Decimal(1))
    no_cap: tuple[Decimal | None, str | None, LimitScale] = (None, None, LimitScale.FIXED)
    cap, cap_unit, cap_scale = page.read("capped at", read_cap, no_cap)
    carried: tuple[Surplus, Settlement | None] = (Surplus.CARRIED, None)
    surplus, settlement = page.read("surplus", read_surplus, carried)
    reset, kind, limits = Reset.CYCLE, TierKind.GRADUATED, LimitScale.FIXED
    allocation: Allocation | None = None
    due_at_zero = True
    demand: Demand | None = None
    node = page.node("tiers")
    if isinstance(node, Table):
        inner = Page(node, file=page.file, path=f"{page.path}.tiers", errors=page.errors)
        reset = inner.read("reset", lambda t: read_word(t, words=Reset), reset)
        kind = inner.read("kind", lambda t: read_word(t, words=TierKind), kind)
        limits, demand = inner.read("limits", read_limits, (limits, demand))
        allocation = inner.read("allocate", lambda t: read_word(t, words=Allocation), None)
        due_at_zero = inner.read("due at zero", read_flag, due_at_zero)
        inner.close(TIER_WORDS)
    elif node is not None:
        page.complain(node.line, "is a table such as {reset: cycle}", word="tiers")
    terms = PeriodTerms(
        measure=measure,
        tier_kind=kind,
        limits=limits,
        allocation=Allocation.PRO_RATA if allocation is Allocation.PRO_RATA else Allocation.BY_BAND,
        due_at_zero=due_at_zero,
        ratchet=ratchet,
        times=times,
        cap=cap,
        cap_unit=cap_unit,
        cap_scale=cap_scale,
        demand=demand,
        less=page.read("less", read_name, None),
        surplus=surplus,
        settlement=settlement,
        reactive=page.read("reactive", read_name, None),
        new_prices=page.read(
            "new prices", lambda t: read_word(t, words=NewPrices), NewPrices.AT_ONCE
        ),
    )
    written = any(page.has(word) for word in TERM_WORDS) or allocation is Allocation.BY_BAND
    return reset, allocation, terms if written or terms != PeriodTerms() else None


def default_price_unit(terms: PeriodTerms | None) -> str | None:
    """What a price of counts is for when it does not say."""
    counts = (MeasureKind.COUNT, MeasureKind.UNIQUE)
    return "unit" if terms is not None and terms.measure.kind in counts else None


def usage_unit(terms: PeriodTerms | None, *, price_unit: str) -> str | None:
    """The unit that usage must have for a price of that unit; None = any.

    :raises Mistake: when the measure makes no such unit
    """
    kind = MeasureKind.SUM if terms is None else terms.measure.kind
    base = price_unit.rpartition("-")[0]
    if kind in (MeasureKind.COUNT, MeasureKind.UNIQUE):
        if price_unit in COUNTED:
            return None
        raise Mistake(f"'{kind}' counts, so its price is per unit or per event, not {price_unit}")
    if kind is MeasureKind.TIME_WEIGHTED:
        if base:
            return base
        raise Mistake(f"'{kind}' needs a price per {price_unit}-month or per {price_unit}-h")
    if kind in POWERFUL and terms is not None and terms.reactive is not None:
        if price_unit == "kVA":
            return "kWh"
        raise Mistake(f"'reactive' makes apparent power, so its price is per kVA, not {price_unit}")
    if kind in POWERFUL:
        return POWER.get(price_unit, price_unit)
    if base or price_unit == "bit/s":
        raise Mistake(f"{price_unit} needs a measure that makes it, such as 'time-weighted'")
    return price_unit


def measure_gain(measure: Measure, *, price_unit: str | None) -> tuple[int, int]:
    """What a raw measure is multiplied with and divided by, to be in the unit of its price.

    Time-weighted quantities are raw in microseconds; an average over the period is divided by the
    period's own length besides, when that is known.
    """
    if measure.kind is MeasureKind.TIME_WEIGHTED:
        hours = price_unit is not None and price_unit.endswith("-h")
        return 1, PER_HOUR * 10**6 if hours else 1
    if measure.kind in POWERFUL and price_unit in POWER:
        assert measure.window_s is not None
        return (8 if price_unit == "bit/s" else PER_HOUR), measure.window_s
    return 1, 1
