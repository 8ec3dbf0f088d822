"""What a catalogue says, as immutable nodes: one class a word of the price language.

Quantities are decimals in canonical units, prices decimals in the catalogue's currency. Every node
that an error may point at carries the `line` it was written on.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from tallystick.core.tariff.bill_terms import NO_TERMS, BillTerms
from tallystick.core.tariff.proration import Proration
from tallystick.core.tariff.term import MinimumTerm, Trial

if TYPE_CHECKING:
    from tallystick.core.tariff.deck_rows import DeckRows


class Scope(StrEnum):
    """Whose usage shares one counter."""

    CONTRACT = "contract"
    ACCOUNT = "account"
    ORGANISATION = "organisation"  # the whole hierarchy of accounts
    POOL = "pool"  # contracts of an organisation that name the same pool


class Reset(StrEnum):
    """When a tier counter starts again at zero."""

    CYCLE = "cycle"
    NEVER = "never"


class MeasureKind(StrEnum):
    """What is made of a period's usage."""

    SUM = "sum"
    COUNT = "count"
    MAXIMUM = "maximum"
    LATEST = "latest"
    UNIQUE = "unique"
    TIME_WEIGHTED = "time-weighted"
    PERCENTILE = "percentile"
    HIGHEST = "highest"
    NET = "net"


class TierKind(StrEnum):
    """Whether each unit costs what its own tier says, or all units what the tier reached says."""

    GRADUATED = "graduated"
    VOLUME = "volume"


class LimitScale(StrEnum):
    """What a tier's limit, or what a value is capped at, is multiplied with."""

    FIXED = "fixed"
    DAY = "per day"  # days served in the period
    PART = "pro rata"  # the part of the period served


class FeeDue(StrEnum):
    """When the connect fee of an event is due."""

    USED = "used"  # when it is of more than nothing
    ALWAYS = "always"
    UNLESS_INCLUDED = "unless included"  # and no allowance gives to its first line


class Surplus(StrEnum):
    """What becomes of what is more than the usage it is set against."""

    CARRIED = "carried"  # set against the next period
    LOST = "lost"


class NewPrices(StrEnum):
    """When a new version's price of a period counts."""

    AT_ONCE = "at once"  # each part of the period by its own version
    NEXT_CYCLE = "next cycle"  # the whole period by the version it began with


class Late(StrEnum):
    """What becomes of usage that is first charged after its cycle was billed."""

    DIFFERENCE = "difference"  # its cycle is rated again, the next bill has the difference
    NEXT_BILL = "next bill"  # it counts in the cycle that is not billed yet
    HOLD = "hold"  # it waits until somebody releases it
    REFUSE = "refuse"  # it is not charged, unless somebody releases it


class Allocation(StrEnum):
    """How the bands of a price climb its tiers."""

    CHRONOLOGICAL = "chronological"  # one ladder, in the order of time: event by event
    PRO_RATA = "pro rata"  # one ladder of their total, each tier shared as they share the total
    BY_BAND = "by band"  # each its own; what prices by the period did before they had to say


class IntervalUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Timing(StrEnum):
    ADVANCE = "advance"
    ARREARS = "arrears"


class Alignment(StrEnum):
    CALENDAR = "calendar"
    ANNIVERSARY = "anniversary"


@dataclass(frozen=True, slots=True)
class Interval:
    """Every `count` units: `3 months` is three of MONTH."""

    count: int
    unit: IntervalUnit


@dataclass(frozen=True, slots=True)
class Recurring:
    """A price that returns by the calendar; billed by the invoice, not by usage."""

    code: str
    line: int
    every: Interval
    timing: Timing
    align: Alignment
    price: Decimal
    proration: Proration
    quantity_from: str | None  # the contract attribute that counts it, e.g. seats; None = 1
    tax: str
    revenue: str
    trial: Trial | None = None
    instalments: int | None = None  # how often it is due in all; None = without end


@dataclass(frozen=True, slots=True)
class Term:
    """`field = a`, `field in (a, b)`, or the same negated; a missing value equals nothing."""

    field: str
    values: tuple[str, ...]  # sorted, unique
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """All terms hold; no terms = always."""

    terms: tuple[Term, ...] = ()


ALWAYS = Filter()


@dataclass(frozen=True, slots=True)
class Price:
    """`amount` for each `per` canonical units of `unit`, or for each started `per`.

    `flat` is due once for the tier, however much lies in it. Where the usage carries its price,
    `amount` is the margin on `factor` times the attribute `carried`, or the series of that name.
    """

    amount: Decimal
    per: Decimal
    unit: str
    started: bool = False
    flat: Decimal = Decimal(0)
    carried: str | None = None
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Step:
    """Bill by `increment` for the first `span` of what is left; the last step has no span."""

    increment: Decimal
    span: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """How a measured quantity becomes a billed one; no steps = exactly as measured."""

    steps: tuple[Step, ...] = ()
    minimum: Decimal = Decimal(0)
    free_first: Decimal = Decimal(0)
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """A set of days: any listed weekday, holiday or date, and inside the season if one is given."""

    weekdays: tuple[int, ...] = ()  # 0 = Monday
    holidays: tuple[str, ...] = ()  # country or country-subdivision, e.g. DE-BY
    dates: tuple[date, ...] = ()
    season: tuple[tuple[int, int], tuple[int, int]] | None = None  # (month, day), both belong


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the local day `[start, end)`; 1440 is the next midnight."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WeekRule:
    """Some hours of some days, without the excepted days."""

    days: Days
    hours: tuple[Hours, ...]
    excepting: Days | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The instants that any of its rules names, by the local clock."""

    rules: tuple[WeekRule, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A named part of the week; `calendar` None is `else`; an uncharged band rates nothing.

    Where several hold, the one of most weight does.
    """

    name: str
    calendar: Calendar | None
    charged: bool = True
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """A price up to a cumulative limit; the last tier has none."""

    limit: Decimal | None
    price: Price


@dataclass(frozen=True, slots=True)
class BandPrice:
    """The price list of one band, or of every instant when `band` is None."""

    band: str | None
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Usage's quantity (if `source` names its unit) x attributes x `times` / `over`, in `unit`."""

    source: str | None
    fields: tuple[str, ...]
    times: Decimal
    over: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What is made of a period's usage before it is priced.

    `field` tells series or values apart; `window_s` cuts the period; `percent` is a percentile's.
    """

    kind: MeasureKind
    field: str | None = None
    window_s: int | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ratchet:
    """Billed is at least `percent` of the highest value of so many months before."""

    percent: Decimal
    months: int


@dataclass(frozen=True, slots=True)
class Demand:
    """The component whose billed value, in that unit, multiplies tier limits besides."""

    component: str
    unit: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """After so many cycles a carried surplus is settled at a price, or lost without one."""

    cycles: int
    price: Price | None


@dataclass(frozen=True, slots=True)
class PeriodTerms:
    """How a price that needs the whole period treats what was measured in it.

    The value is the measure `times` a factor, no more than `cap`, no less than the ratchet.
    """

    measure: Measure = Measure(MeasureKind.SUM)
    tier_kind: TierKind = TierKind.GRADUATED
    limits: LimitScale = LimitScale.FIXED
    allocation: Allocation = Allocation.BY_BAND
    due_at_zero: bool = True
    ratchet: Ratchet | None = None
    times: Decimal = Decimal(1)
    cap: Decimal | None = None
    cap_scale: LimitScale = LimitScale.FIXED
    cap_unit: str | None = None
    demand: Demand | None = None
    less: str | None = None  # the component whose usage is set against this one's
    surplus: Surplus = Surplus.CARRIED
    settlement: Settlement | None = None
    reactive: str | None = None  # the component whose kvarh make apparent power of this one's kWh
    new_prices: NewPrices = NewPrices.AT_ONCE


@dataclass(frozen=True, slots=True)
class DeckKey:
    """A column that must fit the usage's field: exactly (or `*`), or as its longest prefix."""

    field: str
    prefix: bool
    column: str


@dataclass(frozen=True, slots=True)
class DeckRow:
    """One row of a rate table; None in `match` is the wildcard, `[valid_from, valid_to)`."""

    line: int
    match: tuple[str | None, ...]
    price: Price
    connect: Decimal | None = None
    steps: Steps | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Deck:
    """A rate table: keys in order of weight, rows in written order."""

    code: str
    line: int
    keys: tuple[DeckKey, ...]
    rows: "DeckRows"
    file: str | None = None


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """What a unit costs from an instant, in microseconds, until the next."""

    line: int
    at_us: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """A price that changes every `step_s` seconds: for `per` of `unit`, or the margin's own."""

    code: str
    line: int
    step_s: int
    per: Decimal | None
    unit: str | None
    points: tuple[SeriesPoint, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """`amount` of an allowance's own unit for each `per` canonical units of one kind of usage."""

    of: str
    amount: Decimal
    per: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class RollOver:
    """What is left of a bucket stays for so many cycles more, up to a cap."""

    cycles: int
    cap: Decimal | None = None
    used_last: bool = False  # after the cycle's own quantity


@dataclass(frozen=True, slots=True)
class Allowance:
    """An amount of usage that is included: drawn before anything is charged."""

    code: str
    line: int
    quantity: Decimal
    money: bool  # of what usage costs, else of usage
    per_member: bool  # for each contract that shares it, else once for all of them
    unit: str  # the currency where it is money
    valid_s: int | None  # seconds from its first use; None = as long as its cycle
    of: tuple[str, ...]
    conversions: tuple[Conversion, ...]  # of each kind that is not counted in `unit`
    block: Decimal  # drawn in whole blocks; 0 = exactly
    blocks: bool  # where it applies, allowances after it are not drawn, even when it is empty
    roll_over: RollOver | None
    where: Filter
    priority: int
    scope: Scope
    prorated: tuple[bool, bool]  # less for days before the start, after the end of the service
    covers: tuple[str, ...] | None  # component codes; None until the rewrite names them
    named: bool  # whether the author wrote what is covered
    beyond: str | None  # what happens to the service afterwards, e.g. throttle to 256 kbit/s
    tax: str
    revenue: str


@dataclass(frozen=True, slots=True)
class UsagePrice:
    """A price of usage: which usage, how it is counted, what it costs."""

    code: str
    line: int
    of: str
    where: Filter
    unit: str | None  # canonical; None = any, when nothing is charged by quantity
    prices: tuple[BandPrice, ...]  # empty when a deck says the price
    deck: str | None
    fallback: str | None  # the deck that is asked when the first has no row
    no_rate: Price | None  # the price when no deck has a row; None = refuse
    steps: Steps
    connect: Decimal
    connect_due: FeeDue
    charge_at_least: Decimal | None
    charge_at_most: Decimal | None
    bands: tuple[Band, ...]
    split: bool
    counts: Counts | None  # None = the usage's own quantity
    period: PeriodTerms | None  # None = rated event by event
    price_unit: str | None  # canonical; of what is priced, which a measure may have changed
    reset: Reset
    scope: Scope
    tax: str
    revenue: str
    late: Late = Late.DIFFERENCE
    allocation: Allocation | None = None  # as it is written; None = it does not say


Component = Recurring | Allowance | UsagePrice


@dataclass(frozen=True, slots=True)
class Offer:
    """What a contract can be of: its components in written order, from a day on."""

    code: str
    line: int
    valid_from: date | None
    revenue: str
    components: tuple[Component, ...]
    bill: BillTerms = NO_TERMS
    term: MinimumTerm | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A price list as it was written, complete and checked once it has passed `read_catalogue`."""

    name: str
    currency: str
    zone: str
    calendars: dict[str, Calendar] = field(default_factory=dict)
    decks: dict[str, Deck] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
