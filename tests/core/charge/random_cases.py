"""Random price lists, as text, and random usage that lands on their edges."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import yaml
from polars.testing import assert_frame_equal

from tallystick.core.charge.buckets import add_sizes, sized_offers
from tallystick.core.charge.frames import (
    CHARGE_IN,
    COUNTERS,
    FIRST_USES,
    GRANTS,
    NEVER_RESETS,
    Rated,
)
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.charge.rate_exact import rate_exact
from tallystick.core.tariff.nodes import Catalogue, UsagePrice
from tallystick.core.tariff.own_prices import (
    Variant,
    variant_components,
    variant_ids,
    with_variants,
)
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_members import members, periods_of

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
CONVERSIONS = ("1", "2.5", "0.3", "0.000007")
KINDS = {"voice": "s", "data": "B", "import": "kWh", "sms": "msg", "pay": "EUR"}
VALID = ("1 day", "30 days", "5 min", "3 h", "200 days")
CONNECTS = ("", " always", " unless included")
COUNTS = {
    "voice": ("charge as EUR", "s x 0.5 as s", "min x factor / 7 as s"),
    "data": ("kB x factor as B", "charge as EUR"),
    "import": ("kWh x 1.02264 x factor / 3.6 as kWh", "factor x charge as kWh", "Wh x 3 as kWh"),
    "sms": ("factor as msg", "charge as EUR"),
    "pay": ("EUR x factor as EUR", "charge as EUR"),
}
SIZES = {
    "EUR": ("EUR",),
    "s": ("min", "s", "h"),
    "B": ("MB", "kB", "B"),
    "kWh": ("kWh", "Wh"),
    "msg": ("msg",),
}
SHARES = ("account", "organisation", "pool")
BANDS = (
    "{day: mon-sun 07:00-23:00, night: else}",
    "{peak: mon-fri 08:00-20:00 except holidays(DE), off: else}",
    "{winter: nov-mar 00:30-02:30, hot: 15 jun-15 sep 12:00-18:00, rest: else}",
    "{early: 00:00-02:15, late: 02:15-24:00}",
    "{week: mon-fri, weekend: sat-sun}",
    "{free: holidays(DE) weight 2, hot: 15 jun-15 sep 12:00-18:00 weight 1, rest: 00:00-24:00}",
    "{spring: mar-apr 01:00-05:00 weight 1, week: mon-fri 00:00-24:00, end: else}",
)
INSTANTS = (
    "2026-03-29T00:58:30", "2026-03-29T00:00:00", "2026-10-25T00:10:00", "2026-10-25T01:20:00",
    "2026-11-01T05:30:00", "2026-03-08T06:59:59", "2026-04-04T14:45:00", "2026-10-03T15:29:00",
    "2026-12-24T22:59:30", "2026-12-25T06:00:00", "2026-06-30T22:00:00", "2026-01-31T23:30:00",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A price list and how to make usage for it."""

    text: str
    files: dict[str, bytes]
    plan: Plan


def words_of(text: str) -> set[str]:
    """The words that the components of a price list say, and those of their tiers."""
    written = yaml.load(text, Loader=yaml.BaseLoader)
    tables = [part for offer in written["offers"].values() for part in offer["components"].values()]
    tables += [part["tiers"] for part in tables if "tiers" in part]
    return {word for table in tables for word in table}


def pick(rng: Random, options: Sequence[Any]) -> Any:
    return options[rng.randrange(len(options))]


def sometimes(rng: Random, text: str, *, one_in: int = 3) -> list[str]:
    return [text] if rng.randrange(one_in) == 0 else []


def make_case(rng: Random, *, kinds: Sequence[str] = tuple(KINDS), sized: bool = False) -> Case:
    """A catalogue of one to three offers that the reader takes.

    `sized`: the size of some allowances depends on who shares them (`per member`).
    """
    files = {}
    decks = []
    for name, keys in (
        ("flat", "prefix(called)"),
        ("wide", "zone, prefix(called), plan"),
        ("plans", "plan, zone"),
        ("hours", "prefix(called), band"),
    ):
        files[f"{name}.csv"] = _deck_file(rng, keys)
        decks.append(f"  {name}: {{file: {name}.csv, key: '{keys}', per: min}}")
    series = [
        "  fine: {file: fine.csv, every: 30 min}",
        "  coarse: {file: coarse.csv, every: 24 h}",
    ]
    files["fine.csv"] = _series_file(rng, "2026-03-28T13:15Z", 100, timedelta(minutes=30))
    files["coarse.csv"] = _series_file(rng, "2026-03-01T00:00+01:00", 280, timedelta(days=1))
    lines = ["currency: EUR", f"zone: {pick(rng, ZONES)}", "decks:", *decks]
    lines += ["series:", *series, "offers:"]
    for offer in range(rng.randint(1, 3)):
        lines += [f"  offer-{offer}:"]
        lines += sometimes(rng, "    from: 2026-03-01", one_in=4)
        lines += ["    components:", *_components(rng, kinds, sized=sized)]
    text = "\n".join(lines)
    catalogue = read_catalogue(text, name="case.yaml", files=files)
    return Case(text, files, _compile(catalogue, _variants(rng, catalogue)))


def _variants(rng: Random, catalogue: Catalogue) -> list[Variant]:
    """Own prices of some contracts: a flat price or tiers in place of a price list or deck."""
    made = set()
    for offer in catalogue.offers if rng.randrange(2) else ():
        usages = [part for part in offer.components if isinstance(part, UsagePrice)]
        chosen = [part for part in usages if rng.randrange(2) and part.unit in SIZES]
        prices = [(part.code, _own_price(rng, part)) for part in chosen]
        if prices:
            made.add(Variant(offer.code, tuple(sorted(prices))))
    return sorted(made)


def _own_price(rng: Random, part: UsagePrice) -> str:
    size = pick(rng, SIZES[str(part.unit)])
    price = f"0.{rng.randrange(10**6):06}"
    names = [band.name for band in part.bands if band.charged]
    if len(names) > 1 and rng.randrange(2):
        return _banded(rng, names, size)[0]
    return pick(
        rng, (f"{price} per {size}", f"{{to {rng.randint(1, 30)} {size}: {price}, above: 1}}")
    )


def _compile(catalogue: Catalogue, variants: list[Variant]) -> Plan:
    pairs = [(offer.code, part.code) for offer in catalogue.offers for part in offer.components]
    ids = {pair: number for number, pair in enumerate(pairs, 1)}
    return compile_plan(
        with_variants(catalogue, variants=variants),
        offer_ids={offer.code: n for n, offer in enumerate(catalogue.offers, 1)}
        | variant_ids(variants),
        component_ids=ids | variant_components(variants, ids=ids),
    )


def _deck_file(rng: Random, keys: str) -> bytes:
    names = [key.strip().replace("prefix(called)", "prefix") for key in keys.split(",")]
    own_steps = rng.randrange(2) and "band" not in names
    values = {
        "prefix": ("4", "44", "4420", "442079", "49", "491", "1", "*", "7", "9"),
        "zone": ("national", "eu", "*", "*"),
        "plan": ("a", "b", "*", "*"),
        "band": ("day", "peak", "*", "*"),
    }
    rows = {}
    for _ in range(rng.randint(1, 25)):
        match = ",".join(pick(rng, values[name]) for name in names)
        price, connect = f"{rng.randrange(4)}.{rng.randrange(10**6):06}", pick(rng, ("", "0.07"))
        steps = f",{pick(rng, ('60/1 s', '30 s', ''))}" if own_steps else ""
        middle = pick(rng, ("", "2026-03-29", "2026-06-01"))
        rows[match] = [f"{match},{price},{connect},,{middle}{steps}"]
        if middle and rng.randrange(2):
            rows[match].append(f"{match},0.5,,{middle},{pick(rng, ('', '2026-12-01'))}{steps}")
    head = ",".join([*names, "price", "connect", "valid from", "valid to"])
    head += ",bill by" if own_steps else ""
    return "\n".join([head, *(row for group in rows.values() for row in group)]).encode()


def _series_file(rng: Random, first: str, points: int, step: timedelta) -> bytes:
    at = datetime.fromisoformat(first)
    rows = [
        f"{(at + n * step).isoformat()},{rng.randint(-2, 3)}.{rng.randrange(10**4)}"
        for n in range(points)
    ]
    return "\n".join(["at,price", *rows]).encode()


def _components(rng: Random, kinds: Sequence[str], *, sized: bool) -> list[str]:
    """Usage prices of some kinds, then allowances that name what they cover."""
    made, lines = {}, []
    for number in range(rng.randint(1, 5)):
        kind = pick(rng, kinds)
        words = _usage(rng, kind)
        counted = [word.rpartition(" as ")[2] for word in words if word.startswith("counts: ")]
        if not counted or counted == [KINDS[kind]]:
            made.setdefault(kind, []).append(f"c{number}")
        lines.append(f"      c{number}: {{{', '.join(words)}}}")
    for number in range(rng.randint(0, 3) if made else 0):
        kind = pick(rng, tuple(made))
        unit = pick(rng, SIZES[KINDS[kind]])
        covers = [code for code in made[kind] if rng.randrange(3)] or made[kind][:1]
        included, first = rng.randint(1, 60), f"of: {kind}"
        if rng.randrange(3) == 0:
            first, unit = f"converts: {{{kind}: {pick(rng, CONVERSIONS)} per {unit}}}", "unit"
        share, members = _shared(rng, sized=sized)
        words = [
            f"include: {included} {unit}{members}",
            first,
            f"covers: [{', '.join(covers)}]",
            *sometimes(rng, f"in blocks of: {pick(rng, (included, '1'))} {unit}"),
            *sometimes(rng, "blocks: true", one_in=4),
            *sometimes(rng, f"priority: {rng.randrange(3)}"),
            *share,
            *(
                sometimes(rng, filter_words(rng))
                or sometimes(rng, _band_filter(lines, covers), one_in=2)
            ),
            *sometimes(rng, f"valid: {pick(rng, VALID)} from first use", one_in=4),
        ]
        lines.append(f"      a{number}: {{{', '.join(words)}}}")
    for number in range(rng.randint(0, 2) if rng.randrange(2) else 0):
        lines.append(f"      m{number}: {{{', '.join(_money(rng, lines, sized=sized))}}}")
    return lines


def _shared(rng: Random, *, sized: bool) -> tuple[list[str], str]:
    """Who shares an allowance, and whether it is as large as they are many."""
    share = sometimes(rng, f"share: {pick(rng, SHARES)}", one_in=2)
    return share, pick(rng, ("", " per member")) if share and sized else ""


def _band_filter(lines: Sequence[str], covers: Sequence[str]) -> str:
    """A band that all covered prices have, or what always holds."""
    held = [line for line in lines if any(line.startswith(f"      {code}:") for code in covers)]
    for band in ("day", "night", "week", "rest"):
        if all(re.search(rf"bands: {{[^}}]*\b{band}: ", line) for line in held):
            return f"where: band = {band}"
    return "where: plan != z"


def _money(rng: Random, lines: Sequence[str], *, sized: bool) -> list[str]:
    """An allowance of money over prices of one or more kinds."""
    codes = {line.split(":")[0].strip(): line for line in lines if line.startswith("      c")}
    covers = [code for code in codes if rng.randrange(2)] or list(codes)[:1]
    kinds = sorted({kind for code in covers for kind in re.findall(r"{of: (\w+)", codes[code])})
    share, members = _shared(rng, sized=sized)
    return [
        f"include: {rng.randint(0, 40)}.{rng.randint(1, 10**6):06}{members}",
        f"of: [{', '.join(kinds)}]",
        f"covers: [{', '.join(covers)}]",
        *sometimes(rng, "blocks: true", one_in=4),
        *sometimes(rng, f"priority: {rng.randrange(3)}"),
        *share,
        *sometimes(rng, filter_words(rng)),
        *sometimes(rng, f"valid: {pick(rng, VALID)} from first use", one_in=4),
    ]


def filter_words(rng: Random) -> str:
    return pick(
        rng,
        (
            "where: zone = national",
            "where: zone != national",
            "where: plan = a",
            "where: 'plan not in (a, b) and zone != eu'",
            "where: 'zone in (national, eu)'",
        ),
    )


def _usage(rng: Random, kind: str) -> list[str]:
    unit, tiered = KINDS[kind], False
    words = [f"of: {kind}", *sometimes(rng, filter_words(rng))]
    if rng.randrange(5) == 0:
        counts = pick(rng, COUNTS[kind])
        unit = counts.rpartition(" as ")[2]
        words += [f"counts: {counts}"]
    size = pick(rng, SIZES[unit])
    bands = pick(rng, BANDS) if rng.randrange(2) else ""
    whole = unit == KINDS[kind] and "counts" not in words[-1]
    deck = unit == "s" and rng.randrange(2)
    own_steps = not deck
    if deck:
        names = ("flat", "wide", "plans", "hours") if bands else ("flat", "wide", "plans")
        name = pick(rng, names)
        own_steps = name == "hours"
        words += [f"deck: {name}", *sometimes(rng, f"no rate: {_no_rate(rng, name)}", one_in=2)]
    elif rng.randrange(6) == 0:
        margin = pick(rng, ("", " + 0.02", " - 0.5", " + 1.000001"))
        index = pick(rng, ("index", "fine", "coarse", "coarse"))
        words += [f"price: {pick(rng, ('', '1.15 x ', '0.333333 x '))}{index}{margin} per {size}"]
    elif unit == "EUR" and rng.randrange(2):
        words += [f"price: {rng.randrange(200)}.{rng.randrange(100):02} %"]
    elif rng.randrange(6) == 0:
        words += ["by: plan", f"price: {{a: 0.012 per {size}, b: 1.5 per {size}}}"]
        words += sometimes(rng, f"no rate: 2 per {size}")
    elif bands and rng.randrange(2):
        names = [part.split(":")[0].strip() for part in bands.strip("{}").split(", ")]
        prices, tiered = _banded(rng, names, size)
        words += [f"price: {prices}"]
    elif rng.randrange(6) == 0:
        words += [f"price: 0.{rng.randrange(10**6):06}", f"per: {size}"]
    else:
        words += [f"price: {_tiers(rng, size)}"]
    if bands and rng.randrange(4) == 0 and "price: {" not in words[-1] and not deck:
        words += ["during: mon-fri 08:00-20:00 except holidays(DE)"]
        words += sometimes(rng, "split: true", one_in=2) if unit == "s" and whole else []
    elif bands:
        words += [f"bands: {bands}"]
        split = unit == "s" and whole and own_steps
        words += ["split: true"] if split and rng.randrange(2) else []
    if own_steps:
        steps = {
            "s": ("60 s then 1 s", "60 s", "30 s for 90 s then 6 s", "1 s", "7 s then 0.5 s"),
            "B": ("1 kB", "10 B then 1 B"), "kWh": ("0.001 kWh",), "msg": ("1 msg",),
            "EUR": ("0.01 EUR",),
        }  # fmt: skip
        words += sometimes(rng, f"bill by: {pick(rng, steps[unit])}", one_in=2)
        words += sometimes(rng, f"minimum: {rng.randint(1, 40)} {unit}")
        words += sometimes(rng, f"free first: {rng.randint(1, 20)} {unit}")
    words += sometimes(rng, f"connect: 0.{rng.randrange(100):02}{pick(rng, CONNECTS)}")
    words += sometimes(rng, f"charge at least: 0.{rng.randrange(50):02}")
    words += sometimes(rng, f"charge at most: {rng.randrange(1, 4)}.5")
    reset = f"reset: {pick(rng, ('cycle', 'never'))}"
    if tiered:
        words += [f"tiers: {{{', '.join(['allocate: chronological', *sometimes(rng, reset)])}}}"]
    else:
        words += sometimes(rng, f"tiers: {{{reset}}}")
    return [*words, *sometimes(rng, f"share: {pick(rng, SHARES)}")]


def _banded(rng: Random, names: Sequence[str], size: str) -> tuple[str, bool]:
    """A price for each band, those with tiers at the same limits; and whether there are any."""
    limits = sorted(rng.sample(range(1, 40), rng.randint(1, 3))) if rng.randrange(2) else []
    heads = [*(f"to {limit} {size}" for limit in limits), "above"]
    told = []
    for name in names:
        if limits and rng.randrange(3):
            tiers = ", ".join(f"{head}: {_price(rng, size)}" for head in heads)
            told.append(f"{name}: {{{tiers}}}")
        else:
            told.append(f"{name}: {_price(rng, size)}")
    prices = f"{{{', '.join(told)}}}"
    return prices, "above" in prices


def _no_rate(rng: Random, deck: str) -> str:
    others = [f"deck {name}" for name in ("flat", "wide", "plans") if name != deck != "hours"]
    return pick(rng, ("zero", "1 per h", *others))


def _price(rng: Random, size: str) -> str:
    sign = "-" if rng.randrange(8) == 0 else ""
    return f"{sign}{rng.randrange(3)}.{rng.randrange(10 ** rng.randint(1, 7))} per {size}"


def _tiers(rng: Random, size: str) -> str:
    if rng.randrange(2):
        return _price(rng, size)
    limits = sorted(rng.sample(range(1, 40), rng.randint(1, 3)))
    tiers = [f"to {limit} {size}: {_price(rng, size)}" for limit in limits]
    return f"{{{', '.join([*tiers, f'above: {_price(rng, size)}'])}}}"


def make_usage(rng: Random, *, plan: Plan, events: int, accounts: int) -> pl.DataFrame:
    """CHARGE_IN on and around edges, most of it for offers and kinds of the plan."""
    known = [(part.offer_id, part.kind) for offer in plan.offers.values() for part in offer.usages]
    rows = [_event(rng, number, accounts, known) for number in range(1, events + 1)]
    rng.shuffle(rows)
    return pl.DataFrame(rows, schema=CHARGE_IN, orient="row").with_columns(members())


def _event(
    rng: Random, number: int, accounts: int, known: list[tuple[int, str]]
) -> tuple[Any, ...]:
    offer, kind = pick(rng, known) if rng.randrange(20) else (1, pick(rng, tuple(KINDS)))
    account = rng.randint(1, accounts)
    around = rng.choice((0, rng.randint(-120, 120), rng.randint(-90_000, 90_000)))
    start = datetime.fromisoformat(pick(rng, INSTANTS)).replace(tzinfo=UTC)
    start += timedelta(seconds=around, microseconds=rng.choice((0, 1, 999_999, 500)))
    quantity = Decimal(
        rng.choice(
            (0, 1, 59, 60, 61, 127, 3_600, rng.randint(1, 9_000), rng.randint(80_000, 300_000))
        )
    )
    if rng.randrange(3) == 0:
        quantity += Decimal(rng.randrange(10**9)).scaleb(-9)
    unit = KINDS[kind]
    called = rng.choice(("4420791234", "44207", "49151234", "1", "7999", "3312", "*100#", "", None))
    attributes = rng.choice((None, *[_numbers(rng) for _ in range(6)], _odd(rng)))
    if rng.randrange(25) == 0:
        quantity = rng.choice((Decimal("-1"), Decimal(10**15 + 1), Decimal(10**8), None))
    if rng.randrange(25) == 0:
        unit, offer = rng.choice((unit, "kg", "kg", None)), rng.choice((offer, offer, 9, None))
        start = rng.choice((start, start, datetime(1950, 1, 1, tzinfo=UTC), None))
    return (
        number, account, account * 10 + rng.randint(0, 1), offer, date(2026, rng.randint(3, 4), 1),
        kind, start, quantity, unit, called, rng.choice(("national", "eu", "far", None)),
        attributes,
    )  # fmt: skip


def _numbers(rng: Random) -> str:
    """Attributes that carry numbers, now and then none."""
    good = (f"{rng.randrange(99)}.{rng.randrange(10**6):06}", str(rng.randint(-3, 60)))
    wild = ("999999999999999.999999999", "1e3", "", "-0.0", "1.2345678901", "07.5", "\u0663")
    held = {"plan": rng.choice("ab")}
    for name in ("charge", "factor", "index"):
        held[name] = rng.choice(wild) if rng.randrange(8) == 0 else rng.choice(good)
    return json.dumps(held)


def _odd(rng: Random) -> str:
    """Attributes off the beaten track: escapes, numbers, nested values, no object at all."""
    value = rng.choice(("a", 'q"', "\u00e4", 1, 2.50, True, None, {"z": "a"}, ["a"]))
    text = json.dumps({"plan": value, "other": rng.randrange(3)}, ensure_ascii=bool(value))
    return rng.choice((text, text, text, "[]", "{", '"a"')) if rng.randrange(9) == 0 else text


def make_counters(rng: Random, *, plan: Plan, accounts: int) -> pl.DataFrame:
    """COUNTERS that some allowances and tiers already stand at."""
    rows = {
        (account, rng.choice((0, -7, account * 10)), component, date(2026, rng.randint(3, 4), 1)): (
            Decimal(rng.randint(0, 40_000_000)).scaleb(-rng.randint(0, 6))
        )
        for account in range(1, accounts + 1)
        for component in plan.components
        if rng.randrange(4) == 0
    }
    opened = {
        (account, rng.choice((0, account * 10)), part.id): _second(rng)
        for account in range(1, accounts + 1)
        for offer in plan.offers.values()
        for part in offer.allowances
        if part.valid_us is not None and rng.randrange(3) == 0
    }
    for key, second in opened.items():
        rows[*key, FIRST_USES] = second
        rows[*key, NEVER_RESETS] = Decimal(rng.randint(0, 40_000_000)).scaleb(-rng.randint(0, 6))
    return pl.DataFrame([(*key, used) for key, used in rows.items()], schema=COUNTERS, orient="row")


def _second(rng: Random) -> Decimal:
    """When a bucket was first used: about when usage comes, in seconds since 1970."""
    first = datetime.fromisoformat(pick(rng, INSTANTS)).replace(tzinfo=UTC)
    first -= timedelta(seconds=rng.choice((0, 300, 86_400, rng.randint(-9_000, 200_000))))
    return Decimal(first.timestamp()).quantize(Decimal(1))


def make_grants(rng: Random, *, plan: Plan, accounts: int) -> pl.DataFrame:
    """GRANTS for some buckets."""
    rows = [
        (account, rng.choice((0, -7, account * 10)), part.id, date(2026, 3, 1), lives,
         Decimal(rng.randint(1, 4_000)).scaleb(-rng.randint(0, 3)))
        for account in range(1, accounts + 1)
        for offer in plan.offers.values()
        for part in offer.allowances
        for lives in range(1, rng.randint(1, 3))
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=GRANTS, orient="row")


def rate_both(
    usage: pl.DataFrame,
    *,
    plan: Plan,
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
    periods: pl.DataFrame | None = None,
) -> Rated:
    """What both executors say, having checked that they say the same to the last digit.

    `periods` name who shares allowances whose size depends on it; else whoever has usage does.
    """
    if sized_offers(plan):
        shared = periods_of(usage) if periods is None else periods
        grants = add_sizes(grants, periods=shared, plan=plan)
    rows = usage.iter_rows(named=True)
    exact = rate_exact(rows, plan=plan, counters=counters, grants=grants)
    batch = rate_batch(usage, plan=plan, counters=counters, grants=grants)
    assert_same(exact, batch)
    return batch


def assert_same(one: Rated, other: Rated) -> None:
    for name in ("suspense", "lines", "draws"):
        assert_frame_equal(getattr(one, name), getattr(other, name))
