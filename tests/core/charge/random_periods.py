"""Random prices by the period, and the periods to price."""

import re
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import polars as pl

from tallystick.core.charge.frames import LEVELS, MEASURED, PERIODS
from tallystick.core.charge.surplus import CYCLES_CARRIED
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_cases import (
    BANDS,
    CONNECTS,
    KINDS,
    SHARES,
    SIZES,
    ZONES,
    filter_words,
    pick,
    sometimes,
)
from tests.core.charge.random_members import members

CHANGES = tuple(date(2026, month, day) for month in (3, 4) for day in (1, 2, 15, 28, 30))
DOUBLED = ("new prices: next cycle, new prices: next cycle", "new prices: next cycle")
CYCLES = (date(2026, 3, 1), date(2026, 4, 1))
METERED = tuple(kind for kind in KINDS if kind != "pay")
DURING = "mon-fri 08:00-20:00 except holidays(DE)"
BY_BAND = "tiers: {allocate: by band}"
POWERS = {"import": ("kW", "kWh"), "data": ("Mbit/s", "kB"), "voice": ("s", "min")}


def make_period_plan(rng: Random) -> Plan:
    """A catalogue of one or two offers whose prices mostly need the whole period."""
    return compile_plan(read_catalogue(period_text(rng), name="case.yaml", files={}))


def make_period_versions(rng: Random, *, alike: bool = False) -> tuple[DatedPlan, ...]:
    """One to three versions, most of them a change of prices; or the same prices again."""
    days = [date(2026, 1, 1), *sorted(rng.sample(CHANGES, rng.randint(0, 2)))]
    text = period_text(rng)
    plans = []
    for day in days:
        plans.append(DatedPlan(len(plans) + 5, day, None, _compile(text)))
        if not alike:
            text = _change(rng, text)
    return tuple(plans)


def _change(rng: Random, text: str) -> str:
    if rng.randrange(5) == 0:
        zone = text.splitlines()[1]
        return (
            text if rng.randrange(3) else f"currency: EUR\n{zone}\n" + period_text(rng, head=False)
        )
    lines = []
    for line in text.splitlines():
        if re.match(r" +c[1-9]", line) and rng.randrange(6) == 0 and "less: " not in text:
            continue
        if re.match(r" +[cd]\d", line) and rng.randrange(2):
            line = re.sub(r"(\d)\.(\d)", lambda m: f"{m[1]}.{rng.randrange(10)}{m[2]}", line)
        if re.match(r" +c\d", line) and rng.randrange(4) == 0:
            line = line.removesuffix("}") + ", new prices: next cycle}"
        lines.append(line.replace(*DOUBLED))
    return "\n".join(lines)


def _compile(text: str) -> Plan:
    offers = {f"offer-{n}": n + 1 for n in range(2)}
    components = {
        (offer, f"{letter}{n}"): at * 100 + 10 * place + n
        for offer, at in offers.items()
        for place, letter in enumerate("cxda")
        for n in range(5)
    }
    catalogue = read_catalogue(text, name="case.yaml", files={})
    return compile_plan(catalogue, offer_ids=offers, component_ids=components)


def period_text(rng: Random, *, head: bool = True) -> str:
    lines = ["currency: EUR", f"zone: {pick(rng, ZONES)}"] if head else []
    lines += ["offers:"]
    for offer in range(rng.randint(1, 2)):
        lines += [f"  offer-{offer}:", "    components:"]
        kinds = [pick(rng, METERED) for _ in range(rng.randint(1, 4))]
        for number, kind in enumerate(kinds):
            words = _price(rng, kind)
            words, partners = _with_partners(rng, words, kind, number)
            lines += [f"      c{number}: {{{', '.join(words)}}}", *partners]
        first = next(line for line in reversed(lines) if line.startswith("      c0: "))
        if rng.randrange(2) and "measure: count" not in first and "unique" not in first:
            words = f"include: {rng.randint(1, 5000)} {KINDS[kinds[0]]}, of: {kinds[0]}"
            lines.append(f"      a0: {{{words}, covers: [c0]}}")
    return "\n".join(lines)


def _with_partners(
    rng: Random, words: list[str], kind: str, number: int
) -> tuple[list[str], list[str]]:
    """The words, some of them looking at a component that is written besides."""
    share = [word for word in words if word.startswith("share: ")]
    bands = [word for word in words if word.startswith(("bands: ", "during: "))]
    tiers = [word for word in words if word.startswith("tiers: ")]
    partners = []
    if "measure: sum" in words and rng.randrange(2):
        words = [
            f"less: x{number}",
            *words,
            *sometimes(rng, f"surplus: {_surplus(rng, kind)}", one_in=2),
        ]
        if rng.randrange(2):
            words[words.index("measure: sum")] = "measure: net 30 min"
            words = [word for word in words if word != "split: true" and " after " not in word]
        less = [f"of: {kind}", f"where: plan = {pick(rng, 'ab')}", *bands, *share]
        partners.append(f"      x{number}: {{{', '.join(less)}, price: 0 per {KINDS[kind]}}}")
    powerful = any(word.startswith(("measure: highest", "measure: percentile")) for word in words)
    if kind == "import" and powerful and rng.randrange(2):
        words = [f"reactive: x{number}", *(re.sub(r"\bkW\b", "kVA", word) for word in words)]
        other = [f"of: {kind}", "counts: kWh x 0.7 as kvarh", *bands, *share]
        partners.append(f"      x{number}: {{{', '.join(other)}, price: 0 per kvarh}}")
    many = any("above" in word for word in words if word.startswith("price: "))
    if kind == "import" and many and tiers in ([], [BY_BAND]) and rng.randrange(2):
        scale = pick(rng, ("", " and per day", " and pro rata"))
        banded = ", allocate: by band" if tiers else ""
        words = [word for word in words if word not in tiers]
        words = [*words, f"tiers: {{limits: per kW of d{number}{scale}{banded}}}"]
        demand = [f"of: {kind}", "measure: highest 30 min", "price: 3 per kW", *share]
        partners.append(f"      d{number}: {{{', '.join([*demand, *bands[:1]])}}}")
    return words, partners


def _surplus(rng: Random, kind: str) -> str:
    price = f"0.{rng.randrange(1000):03} per {KINDS[kind]}"
    return pick(
        rng, ("lost", "lost after 1 cycle", f"settled after {rng.randint(1, 3)} cycles at {price}")
    )


def _price(rng: Random, kind: str) -> list[str]:
    measure = pick(
        rng,
        ("sum", "sum", "sum", "count", "maximum", "latest", "unique plan", "time-weighted by plan",
         "time-weighted", "highest 30 min", "highest 1 h", "percentile 99 of 5 min",
         "percentile 97.5 of 12 h"),
    )  # fmt: skip
    unit, limit = KINDS[kind], pick(rng, SIZES[KINDS[kind]])
    word = measure.split()[0]
    if word in ("count", "unique"):
        limit = "event" if word == "count" else "unit"
    elif word == "time-weighted":
        limit = f"{limit}-{pick(rng, ('month', 'h'))}"
    elif word in ("highest", "percentile") and kind in POWERS:
        limit = POWERS[kind][0]
    words = [f"of: {kind}", f"measure: {measure}", *sometimes(rng, f"share: {pick(rng, SHARES)}")]
    words += sometimes(rng, filter_words(rng), one_in=4)
    counted = f"counts: {unit} x 1.02264 as {unit}"
    if word == "sum" and rng.randrange(5) == 0:
        words += [counted, *sometimes(rng, f"during: {DURING}", one_in=2)]
    elif word not in ("latest", "time-weighted") and rng.randrange(6) == 0:
        words += [f"during: {DURING}"]
    elif word == "sum" and unit == "s" and rng.randrange(2):
        words += [f"bands: {pick(rng, BANDS[:2])}", "split: true"]
    elif word not in ("latest", "time-weighted") and rng.randrange(3) == 0:
        words += [f"bands: {pick(rng, BANDS[:2])}"]
    words += _amounts(rng, words, limit)
    if word in ("highest", "maximum") and rng.randrange(2):
        words += [f"ratchet: {rng.randint(1, 100)} % of {rng.randint(1, 12)} months"]
    words += sometimes(rng, f"times: 0.{rng.randint(1, 99):02}")
    scale = pick(rng, ("", "", " per day", " pro rata"))
    words += sometimes(rng, f"capped at: {rng.randint(1, 3000)} {limit}{scale}", one_in=4)
    if word not in ("latest", "time-weighted"):
        words += sometimes(rng, f"bill by: 7 {unit} then 1 {unit}", one_in=5)
        words += sometimes(rng, f"minimum: {rng.randint(1, 40)} {unit}", one_in=5)
        words += sometimes(rng, f"free first: {rng.randint(1, 20)} {unit}", one_in=5)
    words += sometimes(rng, f"connect: 0.{rng.randrange(100):02}{pick(rng, CONNECTS)}", one_in=5)
    words += sometimes(rng, f"charge at least: {rng.randrange(9)}.5")
    return [*words, *sometimes(rng, f"charge at most: {rng.randrange(10, 99)}.5")]


def _amounts(rng: Random, words: list[str], limit: str) -> list[str]:
    """The price list: one for all, or one a band, with tiers and how they work."""
    bands = [part for part in words if part.startswith("bands: ")]
    if not bands or rng.randrange(3) == 0:
        tiers = _tiers(rng, limit, flat=True)
        return [f"price: {tiers}", *_how(rng, tiers)]
    names = [part.split(":")[0].strip() for part in bands[0][8:-1].split(", ")]
    if rng.randrange(2):
        prices = ", ".join(f"{n}: {_tiers(rng, limit, flat=True)}" for n in names)
        return [f"price: {{{prices}}}", *([BY_BAND] if "above" in prices else [])]
    state = rng.getstate()
    tiers = []
    for name in names:
        rng.setstate(state)
        tiers.append(f"{name}: {_tiers(rng, limit, flat=False)}")
    if "above" not in tiers[0]:
        return [f"price: {{{', '.join(tiers)}}}"]
    how = f"tiers: {{allocate: pro rata, kind: {pick(rng, ('graduated', 'volume'))}}}"
    return [f"price: {{{', '.join(tiers)}}}", how]


def _how(rng: Random, tiers: str) -> list[str]:
    limits = pick(rng, ("fixed", "per day", "pro rata")) if "above" in tiers else "fixed"
    kind, zero = pick(rng, ("graduated", "volume")), pick(rng, ("true", "false"))
    return sometimes(
        rng, f"tiers: {{kind: {kind}, limits: {limits}, due at zero: {zero}}}", one_in=2
    )


def _tiers(rng: Random, limit: str, *, flat: bool) -> str:
    def price() -> str:
        fee = f"{rng.randrange(9)}.5 flat + " if flat and rng.randrange(3) == 0 else ""
        started = "started " if rng.randrange(5) == 0 else ""
        return f"{fee}{rng.randrange(3)}.{rng.randrange(1000):03} per {started}{limit}"

    if rng.randrange(3) == 0:
        return price()
    limits = sorted(rng.sample(range(1, 900), rng.randint(1, 3)))
    tiers = [f"to {size} {limit}: {price()}" for size in limits]
    return f"{{{', '.join([*tiers, f'above: {price()}'])}}}"


def make_periods(rng: Random, *, plan: Plan, accounts: int) -> pl.DataFrame:
    """PERIODS of most contracts, some of them served in part."""
    rows = []
    for account in range(1, accounts + 1):
        for contract in (account * 10, account * 10 + 1):
            for offer in plan.offers:
                for start in CYCLES:
                    end = date(2026, start.month + 1, 1)
                    first = start + timedelta(days=rng.choice((0, 0, rng.randint(0, 20))))
                    last = end - timedelta(days=rng.choice((0, 0, rng.randint(0, 8))))
                    if rng.randrange(6):
                        rows.append((account, contract, offer, start, end, first, last))
    rng.shuffle(rows)
    return pl.DataFrame(rows, schema=PERIODS, orient="row").with_columns(members())


def make_past(rng: Random, *, plan: Plan, accounts: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """MEASURED values and LEVELS of before."""
    keys = [
        (account, contract, usage)
        for account in range(1, accounts + 1)
        for contract in (0, account * 10, account * 10 + 1)
        for usage in plan.usages.values()
        if usage.period is not None
    ]
    values, levels = [], []
    for account, contract, usage in keys:
        ladders = usage.period.ladders if usage.period else ()
        for back in range(1, 14):
            year, month = (2026, 3 - back) if back < 3 else (2025, 15 - back)
            if month >= 1 and rng.randrange(4) == 0:
                band = pick(rng, ladders).band or ""
                value = Decimal(rng.randrange(10**7)).scaleb(-rng.randrange(5))
                values.append((account, contract, usage.id, date(year, month, 1), band, value))
        for series in rng.sample(("", "a", "b", "z"), rng.randrange(3)):
            levels.append((account, contract, usage.id, series, Decimal(rng.randrange(900))))
        if usage.period is not None and usage.period.terms.settlement and rng.randrange(2):
            levels.append((account, contract, usage.id, CYCLES_CARRIED, Decimal(rng.randrange(3))))
    return (
        pl.DataFrame(values, schema=MEASURED, orient="row"),
        pl.DataFrame(levels, schema=LEVELS, orient="row"),
    )
