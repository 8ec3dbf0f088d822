"""What a catalogue says when it cannot be read: every fault, its line, and how to mend it."""

from decimal import Decimal

import pytest

from tallystick.core.tariff.nodes import (
    Alignment,
    Allowance,
    Catalogue,
    IntervalUnit,
    Recurring,
    Scope,
    Timing,
    UsagePrice,
)
from tallystick.core.tariff.proration import ProrationBasis, ProrationPolicy
from tallystick.core.tariff.read import read_catalogue
from tallystick.core.tariff.source import CatalogueRefused

HEAD = "currency: EUR\nzone: Europe/Berlin\noffers:\n  demo:\n    components:\n"


def read(components: str, *, head: str = HEAD, files: dict[str, bytes] | None = None) -> Catalogue:
    body = "\n".join("      " + line for line in components.strip().splitlines())
    return read_catalogue(head + body, name="demo.yaml", files=files or {})


def sentences(text: str, files: dict[str, bytes] | None = None) -> list[str]:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(text, name="demo.yaml", files=files or {})
    return [error.sentence() for error in refused.value.errors]


COMPONENTS = """
a: {every: moth, price: 1}
> a.every: 'moth' is not an interval; write day, week, month, quarter, year, 3 months
a: {every: month, prise: 1}
> a: 'price' is missing; write it
> a: 'prise' is not a word here; did you mean 'price'?
a: {every: month, price: 1,5}
> a: '5' is not a word here; known here: every, in, align, price, trial, instalments,
    proration, quantity from, tax, revenue
a: {every: month, price: 1.5e3}
> a.price: '1.5e3' is not a number; write it as 12.50, without separators
a: {every: month, price: 1, in: arears}
> a.in: 'arears' is not one of: advance, arrears
a: {price: 1}
> a: has no kind; 'every' makes it recurring, 'include' an allowance, 'of' a price of usage
a: {of: voice, price: 0.09}
> a.price: '0.09' does not say what it is for; write 0.09 per min, per GB ...
a: {of: voice, price: 0.09 per mni}
> a.price: unit 'mni' is not known; did you mean 'min'?
a: {of: voice, price: 99999999999999999999 per min}
> a.price: 99999999999999999999 has more than 15 digits before the point
a: {of: voice, price: 0.09 per Min}
> a.price: unit 'Min' is not known; did you mean 'min'?
a: {of: voice, price: 0.09 per min, bill by: 1 MB}
> a: mixes units (s in 'price', B in 'bill by'); use one
a: {of: voice, price: 0.09 per min, bill by: 30 s for 100 s then 6 s}
> a.bill by: '30 s for 100 s': 100 is not a whole number of increments
a: {of: voice, price: 0.09 per min, bill by: 60}
> a.bill by: '60' needs a number and a unit, such as 300 min
a: {of: voice, price: 0.09 per min, where: zone = national or zone = eu}
> a.where: 'zone = national or zone = eu': join terms with 'and'
a: {of: voice, price: 0.09 per min, where: zone}
> a.where: 'zone' ends too early; write field = value
a: {of: voice, price: 0.09 per min, where: zone = a and zone = b}
> a: its 'where' can never hold; drop one term
a: {of: voice, price: 0.09 per min, where: kind = data}
> a: its 'where' wants another kind than it is of; drop that term
a: {of: voice, price: 0.09 per min, where: band = day}
> a: a filter is asked before the band is known; use 'during' instead
a: {of: voice, deck: world}
> a.deck: 'world' is not a deck of this catalogue; known: none yet
a: {of: voice}
> a: has no 'price' and no 'deck'; write one
a: {of: voice, price: {to 10 min: 1, to 5 min: 2, above: 3}}
> a: tier 'to 5 min' is never reached after 'to 10 min'; order by limit
a: {of: voice, price: {to 10 min: 1}}
> a: its tiers do not end; close them with one 'above' at the end
a: {of: import, bands: {day: 07:00-23:00, night: mon-fri 23:00-07:00}, price: 1 per kWh}
> a.bands.night: 'mon-fri 23:00-07:00' runs past midnight, so its days are ambiguous; write
    23:00-24:00 for the evening and, joined by 'or', 00:00-07:00 for the morning after
a: {of: import, bands: {day: 07:00-23:00, late: sat 22:00-24:00}, price: 1 per kWh}
> a: its bands day and late both hold 22:00-23:00 on sat; cut one with 'except' or 'weight'
> a: its bands leave 00:00-07:00 without a band on every day; write 'else'
> a: its bands leave 23:00-24:00 without a band on mon, tue, wed, thu, fri, sun; write 'else'
a: {of: import, bands: {day: 07:00-23:00, night: else}, price: {day: 1 per kWh, nigth: 2 per kWh}}
> a: band 'night' has no price; write one
> a: price 'nigth' is not one of its bands (day, night)
a: {of: import, bands: {x: holidays(QQ), y: else}, price: 1 per kWh}
> a.bands.x: holidays(QQ) are not known; write a country such as DE or DE-BY
a: {of: import, bands: {x: mon-fry, y: else}, price: 1 per kWh}
> a.bands.x: 'mon-fry' is not a part of the week; write mon-fri, 08:00-20:00 or holidays(DE)
a: {of: import, bands: {x: 08:00-25:00, y: else}, price: 1 per kWh}
> a.bands.x: '08:00-25:00' are not hours of a day; write them as 08:00-20:00
a: {of: import, bands: {x: 08:00-20:00, y: else}, split: true, price: 1 per kWh}
> a: only durations split, and this is counted in kWh; drop 'split'
a: {of: voice, price: 1 per min, split: true}
> a: 'split' needs 'bands', 'during' or a series to cut at
a: {of: voice, price: 1 per min, charge at least: 2, charge at most: 1}
> a: charges at least 2 and at most 1; swap them
a: {of: voice, price: 1234567890123.123456789 per s}
> a: price 1234567890123.123456789 has too many digits for exact rating
m: {include: 5 min, of: voice}
> m: covers no price: write a price 'of: voice' in this offer, or say what happens 'then'
m: {include: 5 min, of: voice, roll over: forever, then: stop}
> m.roll over: 'forever' is not a roll-over; write '1 cycle', '3 cycles up to 5
    GB' or 'all'
m: {include: 5 min, of: voice, roll over: 1 cycle up to 5 GB, then: stop}
> m.roll over: '1 cycle up to 5 GB': the cap is in B, the allowance in s
m: {include: 5 min, of: voice, in blocks of: 2 min, then: stop}
> m.in blocks of: is not a part of what is included; write a size that divides it, in s
m: {include: 5 unit, of: voice, converts: {voice: 1 per min}, then: stop}
> m.converts: names what is converted; leave out 'of'
m: {include: 5 unit, converts: {voice: -1 per min}, then: stop}
> m.converts.voice: is a number above 0 per quantity
a: {of: import, measure: median, price: 1 per kWh}
> a.measure: 'median' is not one of: sum, count, maximum, latest, unique, time-weighted, percentile,
    highest, net
a: {of: import, measure: highest 7 min, price: 1 per kW}
> a.measure: '7 min' is not a window; write one that fits into a day, such as 30 min
a: {of: import, measure: time-weighted, price: 1 per kWh}
> a.price: 'time-weighted' needs a price per kWh-month or per kWh-h
a: {of: import, measure: count, price: 1 per kWh}
> a.price: 'count' counts, so its price is per unit or per event, not kWh
a: {of: import, ratchet: 80 % of 11 months, price: 1 per kWh}
> a: a ratchet needs 'measure: highest' or 'maximum'
a: {of: import, tiers: {limits: per day}, price: 1 per kWh}
> a: its limits are per day, but it has no tiers; write 'to ...' and 'above'
a: {of: import, bands: {x: 07:00-23:00, y: else}, price: {x: {to 5 kWh: 1, above: 2}, y: 1 per
    kWh}}
> a: has bands and tiers; say 'tiers: {allocate: chronological}' (all bands climb one ladder, in the
    order of time) or 'tiers: {allocate: pro rata}' (the tiers of their total, each shared as they
    share the total) or 'tiers: {allocate: by band}' (each band climbs its own ladder)
a: {of: import, bands: {x: 07:00-23:00, y: else}, measure: highest 30 min, price: {x: {to 5 kW: 1,
    above: 2}, y: 1 per kW}}
> a: has bands and tiers; say 'tiers: {allocate: pro rata}' (the tiers of their total, each shared
    as they share the total) or 'tiers: {allocate: by band}' (each band climbs its own ladder)
a: {of: import, bands: {x: 07:00-23:00, y: else}, tiers: {allocate: chronological, limits: per day},
    price: {x: {to 5 kWh: 3 flat + 1, above: 2}, y: 1 per kWh}}
> a: is priced by the period, which has no order of time; say 'tiers: {allocate: by band}' (each
    band climbs its own ladder)
a: {of: import, bands: {x: 07:00-23:00, y: else}, tiers: {allocate: by band}, price: 1 per kWh}
> a: 'allocate: by band' gives each band its own tiers; write 'bands' and their prices
a: {of: import, bands: {x: 07:00-23:00, y: else}, tiers: {allocate: sideways}, price: {x: 1 per kWh,
    y: {to 5 kWh: 1, above: 2}}}
> a.tiers.allocate: 'sideways' is not one of: chronological, pro rata, by band
a: {of: import, tiers: {allocate: pro rata}, price: {to 5 kWh: 1, above: 2}}
> a: 'allocate: pro rata' shares tiers among bands; write 'bands' and a price for each
a: {of: import, tiers: {kind: volume, reset: never}, price: {to 5 kWh: 1, above: 2}}
> a: is priced by the period, so its tiers start again each cycle; drop 'reset: never'
a: {of: import, counts: m3 x 1.02264, price: 1 per kWh}
> a.counts: 'm3 x 1.02264' does not say what it makes; write 'm3 x 1.02264 as kWh'
a: {of: import, counts: m3 / calorific as kWh, price: 1 per kWh}
> a.counts: 'm3 / calorific as kWh' divides by 'calorific'; divide by numbers only
a: {of: import, counts: m3 as kWh, price: 1 per m3}
> a: mixes units (kWh in 'counts', m3 in 'price'); use one
a: {of: pay, price: 2.9 per USD}
> a: USD is neither a unit nor this catalogue's currency
a: {of: import, price: {to 5 kWh: spot + 1, above: 1.1 x spot + 1}}
> a: its prices carry different things; split it into one price of each
a: {of: import, measure: sum, price: spot per kWh}
> a: is priced by the period, when no event carries a price; write the price
a: {of: import, times: 0.7, capped at: 3 m3, price: 1 per kWh}
> a: is capped in m3 but priced in kWh; use one unit
a: {of: import, bands: {day: mon-fri weight 1, late: mon-sun 20:00-24:00 weight 1, night: else},
    price: 1 per kWh}
> a: its bands day and late both hold 20:00-24:00 on mon, tue, wed, thu, fri; cut one with 'except'
    or 'weight'
a: {of: import, bands: {day: mon, week: mon-fri weight 1, rest: else}, price: 1 per kWh}
> a: its bands never come to day: others of more weight hold all its hours
a: {of: import, less: b, price: 1 per kWh}
> a: 'less' names 'b', no other price of usage here (none)
a: {of: import, measure: net 15 min, price: 1 per kWh}
> a: 'net' needs what is set against it; write 'less: export'
a: {of: import, less: b, share: account, price: 1 per kWh}, b: {of: out, price: 1 per kWh}
> a: 'less' names b, which is not shared alike; write the same 'share'
a: {of: import, less: b, price: 1 per kWh}, b: {of: out, price: 1 per m3}
> a: is in kWh but less b in m3; use one unit
a: {of: import, tiers: {limits: per kW of b}, price: {to 5 kWh: 1, above: 2}}, b: {of: import,
    price: 1 per kWh}
> a: its limits are per kW, which b does not measure
a: {of: import, tiers: {limits: per MW of b}, price: {to 5 kWh: 1, above: 2}}
> a.tiers.limits: 'per MW of b': write it per kW
a: {of: import, reactive: b, measure: highest 15 min, price: 1 per kW}, b: {of: q,
    price: 1 per kvarh}
> a.price: 'reactive' makes apparent power, so its price is per kVA, not kW
a: {of: import, reactive: b, measure: highest 15 min, price: 1 per kVA}, b: {of: q, price: 1
    per kWh}
> a: 'reactive' names b, which is in kWh and not in kvarh
a: {of: import, reactive: b, measure: highest 15 min, price: 1 per kVA}
> a: 'reactive' names 'b', no other price of usage here (none)
a: {of: import, reactive: b, price: 1 per kWh}, b: {of: q, price: 1 per kvarh}
> a: 'reactive' is for 'highest 15 min' or a percentile, not for 'sum'
a: {of: import, surplus: settled after 12 cycles, less: b, price: 1 per kWh}, b: {of: o,
    price: 1 per kWh}
> a.surplus: 'settled after 12 cycles' is not a settlement; write 'settled after 12 cycles at 0.06
    per kWh' or 'lost after 12 cycles'
a: {of: import, surplus: settled after 12 cycles at 1 per m3, less: b, price: 1 per kWh}, b: {of: o,
    price: 1 per kWh}
> a: is in kWh but its surplus is settled in m3; use one unit
a: {of: import, surplus: lost after 12 cycles, price: 1 per kWh}
> a: 'surplus' is what is more than a sum is 'less'; write 'less: export'
a: {of: import, capped at: 5 per day, price: 1 per kWh}
> a.capped at: '5' needs a number and a unit, such as 300 min
a: {of: voice, price: 1 per min, connect: 0.05 unless}
> a.connect: '0.05 unless' is no fee; write 0.05, '0.05 always' or '0.05 unless included'
a: {of: voice, price: 1 per min, no rate: deck world}
> a.no rate: 'world' is not a deck of this catalogue; known: none yet
m: {include: 5 EUR, of: voice}, a: {of: voice, price: 1 per min}
> m: is in EUR but a is in s; use one unit, or 'include: 5' of what it costs
m: {include: 5, of: voice, then: stop}
> m: covers no price: write a price 'of: voice' in this offer, or say what happens 'then'
m: {include: 5}, a: {of: voice, price: 1 per min}
> m: 'of' is missing; write it
m: {include: 5.0000000001, of: voice}, a: {of: voice, price: 1 per min}
> m.include: 5.0000000001 has more than 9 decimals
m: {include: 5, of: voice, in blocks of: 1 min}, a: {of: voice, price: 1 per min}
> m.in blocks of: is for quantities, and this includes money; leave it out
m: {include: 5, of: import}, a: {of: import, measure: sum, price: 1 per kWh}
> m: is of money but a is priced by the period; use a discount in money
m: {include: 5, of: voice, where: band = day}, a: {of: voice, price: 1 per min}
> m: is of what a whole event costs, in whichever bands; drop 'band'
m: {include: 5 min, of: voice, where: band = nigth}, a: {of: voice, bands: {day: 07:00-23:00, night:
    else}, price: 1 per min}
> m: its 'where' names the band nigth, and the bands of a are: day, night
m: {include: 5 min, of: voice, valid: 30 days, then: stop}
> m.valid: '30 days' is no validity; write 'cycle' or '7 days from first use'
m: {include: 5 min, of: voice, valid: 7 days from first use, roll over: 1 cycle, then: stop}
> m.roll over: is for what is included each cycle; leave it out, or 'valid'
a: {of: voice, bands: {included: 07:00-23:00, night: else}, price: 1 per min}
> a: band 'included' is a word of bills; call it something else
m: {include: 5 min, of: voice, share: country, then: stop}
> m.share: 'country' is not one of: contract, account, organisation, pool
m: {include: 5 min per member, of: voice, then: stop}
> m.include: has no members to count; write 'share: pool', 'organisation' or 'account'
m: {include: 5 min, of: voice, proration: half, then: stop}
> m.proration: 'half' is not one of: full, prorate
m: {include: 5 min, of: voice, proration: {upgrade: prorate}, then: stop}
> m.proration: 'upgrade' is not a word here; known here: start, end
m: {include: 0 min, of: voice, then: stop}
> m.include: includes nothing; include more than 0
m: {include: 5 GB, of: voice, covers: [a]}, a: {of: voice, price: 1 per min}
> m: is in B but a is in s; use one unit
m: {include: 5 min, of: voice, covers: [b]}, a: {of: voice, price: 1 per min}
> m: covers 'b', which is not a price of usage here (a)
m: {include: 5 min, of: voice}, a: {of: voice, price: 1 per min}, b: {of: voice, during: sat-sun,
    price: 1 per min}
> m: would be drawn twice by usage that fits both a and b; write what it covers, such as 'covers:
    [a]'
"""


def component_cases() -> list[tuple[str, list[str]]]:
    cases: list[tuple[str, list[str]]] = []
    for line in COMPONENTS.replace("\n    ", " ").strip().splitlines():
        if line.startswith("> "):
            cases[-1][1].append(line[2:])
        else:
            cases.append((line, []))
    return cases


@pytest.mark.parametrize(("components", "wanted"), component_cases())
def test_components_are_refused_with_advice(components: str, wanted: list[str]) -> None:
    text = HEAD.rstrip() + f" {{{components}}}"
    told = sentences(text)
    assert [line.removeprefix("demo.yaml:5: demo.") for line in told] == wanted


def test_all_errors_come_at_once_with_their_lines() -> None:
    text = """currency: Euro
zone: Europe/Nowhere
decks:
  world: {file: world.csv, key: prefix(called), per: min}
  lost: {file: lost.csv, key: prefix(called)}
ofers: {}
offers:
  demo:
    from: 2026-02-30
    components:
      line: {every: month, price: twelve}
      call: {of: voice, deck: world, conect: 1}
"""
    files = {"world.csv": b"prefix,price,cost\n44,0.02,1\n"}
    assert sentences(text, files) == [
        "demo.yaml:1: currency: 'Euro' is not a currency code; write three capital letters such"
        " as EUR",
        "demo.yaml:2: zone: 'Europe/Nowhere' is not a zone; write one such as Europe/Berlin",
        "demo.yaml:5: lost: file 'lost.csv' is not beside the catalogue; there: world.csv",
        "demo.yaml:6: 'ofers' is not a word here; did you mean 'offers'?",
        "demo.yaml:9: demo.from: '2026-02-30' is not a day; write it as 2026-01-31",
        "demo.yaml:11: demo.line.price: 'twelve' is not a number; write it as 12.50, without"
        " separators",
        "demo.yaml:12: demo.call: 'conect' is not a word here; did you mean 'connect'?",
        "world.csv:1: decks.world: has a column 'cost' that nothing reads; name it as a key or"
        " call it 'note'",
    ]


DECKS = """
prefix,price / 44,x            > 2 'x' is not a number; write it as 12.50, without separators
prefix,price / 44,1 / 44,2     > 3 repeats the key of line 2 for the same days; keep one
prefix,price / 44              > 2 has 1 cells under 2 headings
prefix,cost / 44,1             > 1 has no column 'price'; its first line must name the columns
prefix,price,price / 44,1,1    > 1 has the column 'price' twice
prefix,price / 44,1 per GB / 4,1 per s > 0 mixes units
prefix,price,valid from,valid to / 44,1,2026-02-01,2026-02-01 > 2 is valid to 2026-02-01, not after
prefix,price,bill by / 44,1,60 > 2 '60' needs a number and a unit, such as 300 min
"""


@pytest.mark.parametrize("case", DECKS.strip().splitlines())
def test_decks_are_refused_with_advice(case: str) -> None:
    rows, _, wanted = case.partition(" > ")
    line, _, message = wanted.partition(" ")
    text = HEAD.replace(
        "offers:", "decks:\n  world: {file: world.csv, key: prefix(called), per: min}\noffers:"
    )
    files = {"world.csv": rows.replace(" / ", "\n").strip().encode()}
    told = "\n".join(sentences(text + "      call: {of: voice, deck: world}", files))
    assert message.strip() in told
    assert line == "0" or f"world.csv:{line}: " in told


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: &x 1\nb: *x", "demo.yaml:1: anchors and aliases are not used here"),
        ("a: !!python/object:os.system ls", "demo.yaml:1: tag tag:yaml.org,2002:python/object"),
        ("a: 1\na: 2", "demo.yaml:2: 'a' is already written on line 1"),
        ("a: b: c", "demo.yaml:1: not readable"),
        ("a: [[[[[[[[[[1]]]]]]]]]]", "demo.yaml:1: nested deeper than 8 levels"),
        ("- a", "demo.yaml:1: a catalogue is one table"),
        ("a: 1\n---\nb: 2", "demo.yaml:1: a catalogue is one table"),
        ("? [a]\n: 1", "demo.yaml:1: a key is a plain word"),
        ("", "demo.yaml:1: is empty; begin with a line such as"),
        ("a: 1\nb: \x00", "demo.yaml:2: holds the character U+0000, which is no text"),
        ("a:\n\tb: 1", "demo.yaml:2: is indented with a tab; indent with spaces"),
        ("a: [1, 2\nb: 3", "demo.yaml:2: not readable: did not find expected"),
        ("#" * 1_000_001, "demo.yaml:1: longer than 1000000 characters"),
    ],
)
def test_only_plain_yaml_is_read(text: str, wanted: str) -> None:
    assert sentences(text)[0].startswith(wanted)


def test_scalars_stay_what_was_written() -> None:
    """Neither `no` nor `1_000` nor 08:30 becomes something else on the way."""
    catalogue = read("calls: {of: voice, where: 'zone in (no, 010, 1e3)', price: 0.10 per min}")
    usage = catalogue.offers[0].components[0]
    assert isinstance(usage, UsagePrice)
    assert usage.where.terms[0].values == ("010", "1e3", "no")
    assert usage.prices[0].tiers[0].price.amount == Decimal("0.10")


def test_recurring_is_read_whole() -> None:
    catalogue = read(
        """
line: {every: month, price: 12.00}
seats:
  every: 3 months
  in: arrears
  align: anniversary
  price: 5
  proration: {else: full, end: none, quantity change: next period, by: 30 days}
  quantity from: seats
  tax: reduced
  revenue: licences
"""
    )
    line, seats = catalogue.offers[0].components
    assert isinstance(line, Recurring)
    assert isinstance(seats, Recurring)
    assert (line.timing, line.align) == (Timing.ADVANCE, Alignment.CALENDAR)
    assert (line.tax, line.revenue) == ("standard", "demo")
    assert (seats.every.count, seats.every.unit) == (3, IntervalUnit.MONTH)
    assert seats.proration.basis is ProrationBasis.FIXED_30
    assert seats.proration.start is ProrationPolicy.FULL
    assert seats.proration.end is ProrationPolicy.NONE
    assert seats.proration.quantity_change is ProrationPolicy.NEXT_PERIOD
    assert (seats.quantity_from, seats.tax, seats.revenue) == ("seats", "reduced", "licences")


def test_what_is_left_unsaid_is_filled_in() -> None:
    catalogue = read(
        """
data:    {include: 10 GB, of: data, share: account, then: throttle to 256 kbit/s}
minutes: {include: 5 min, of: voice, where: zone = national}
home:    {of: voice, where: zone = national, price: 1 per min}
abroad:  {of: voice, where: zone != national, price: 2 per min}
"""
    )
    data, minutes, *_, beyond = catalogue.offers[0].components
    assert isinstance(data, Allowance)
    assert isinstance(minutes, Allowance)
    assert isinstance(beyond, UsagePrice)
    assert (beyond.code, data.covers, data.scope) == (
        "data-beyond",
        ("data-beyond",),
        Scope.ACCOUNT,
    )
    assert minutes.covers == ("home",)  # abroad can never fit the allowance's own filter


SERIES = """
currency: EUR
zone: Europe/Berlin
series:
  spot: {file: spot.csv, every: 1 h, per: MWh}
offers:
  demo:
    components:
      a: {of: import, price: spot per kWh}
"""


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("", "1: series.spot: has no prices; add a row"),
        ("2026-03-01T00:00,1", "2: series.spot: 2026-03-01T00:00 does not say its distance from"
         " UTC; write 2026-03-01T00:00Z or +01:00"),
        ("noon,1", "2: series.spot: 'noon' is not an instant; write 2026-03-01T00:00Z"),
        ("2026-03-01T00:00Z,a", "2: series.spot: 'a' is not a number; write it as 12.50, without"
         " separators"),
        ("2026-03-01T00:00Z,1\n2026-03-01T02:00Z,1", "3: series.spot: leaves a gap: after line 2"
         " the price of 2026-03-01T01:00:00Z is missing"),
        ("2026-03-01T00:00Z,1\n2026-03-01T01:00+01:00,1", "3: series.spot: is not after line 2;"
         " the next instant is 2026-03-01T01:00:00Z"),
    ],
)  # fmt: skip
def test_a_series_is_whole(rows: str, told: str) -> None:
    files = {"spot.csv": f"at,price\n{rows}".encode()}
    assert f"spot.csv:{told}" in sentences(SERIES, files)


def test_a_series_is_for_the_unit_of_its_price() -> None:
    files = {"spot.csv": b"at,price\n2026-03-01T00:00Z,1"}
    text = SERIES.replace("spot per kWh", "spot per min").replace("of: import", "of: voice")
    assert sentences(text, files) == [
        "demo.yaml:9: demo.a: series spot is per kWh, this price per s"
    ]
