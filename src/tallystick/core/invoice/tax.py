"""Taxes: which rates and levies a line bears, for whom, where and when.

Rates are rows of a table by jurisdiction, category and customer kind, with a validity.
Jurisdictions lie in one another: a customer in `US-NY/Kings` bears the taxes of `US`, `US-NY` and
`US-NY/Kings`, in that order. A category may bear several taxes, the later of which may tax the
earlier; a levy is a fixed amount for each unit of a line's quantity, whatever the line costs.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

import polars as pl

from tallystick.base.frames import AMOUNT
from tallystick.base.money import EXACT, RoundingMode
from tallystick.base.refusal import Refusal

PERCENT_DECIMALS: Final = 6
PERCENT: Final = pl.Decimal(20, PERCENT_DECIMALS)

ANY: Final = "*"
"""In a table row: every customer kind."""


EACH: Final = "each"
"""The unit of a levy on each piece of a line's quantity, whatever it is counted in."""

ADJUSTMENT: Final = "adjustment"
"""The unit of lines that only adjust what others cost; no levy counts them."""


PLACE: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3}(/[A-Za-z0-9 ._-]+)*)?")
"""A country, a region (ISO 3166-2), or places within it: `US`, `US-NY`, `US-NY/Kings`."""


class TaxCode(StrEnum):
    """EN 16931 (UNCL 5305) codes of a VAT category."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    OUTSIDE = "O"


class TaxRounding(StrEnum):
    """Where a tax is rounded to the currency."""

    PER_RATE = "per_rate"  # once per rate, on the exact sum of the invoice
    PER_RATE_PRINTED = "per_rate_printed"  # once per rate, on the sum of the printed lines
    PER_LINE = "per_line"  # on every line


class Nearness(StrEnum):
    """Which customers a row is for, by the operator's own region and theirs."""

    ANY = "any"
    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Rounding:
    """How an operator rounds and whether its prices include tax."""

    mode: RoundingMode = RoundingMode.HALF_UP
    tax: TaxRounding = TaxRounding.PER_RATE
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A rate in force in `[valid_from, valid_until)`; rows of one category apply in table order."""

    jurisdiction: str
    category: str
    customer_kind: str
    tax: str
    percent: Decimal
    valid_from: date
    valid_until: date | None = None
    code: TaxCode = TaxCode.STANDARD
    compound: bool = False
    seller_region: Nearness = Nearness.ANY
    levy: Decimal = Decimal(0)  # for each `levy_unit` of the line's quantity
    levy_unit: str = ""


@dataclass(frozen=True, slots=True)
class Exemption:
    """A certificate that frees a customer from tax on some categories (empty: on all)."""

    certificate: str
    valid_from: date
    valid_until: date | None = None
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TaxPosition:
    """Everything about a customer that decides its tax; many accounts share one."""

    name: str
    jurisdiction: str
    customer_kind: str
    reverse_charge: bool = False
    exemptions: tuple[Exemption, ...] = ()
    seller_region: str = ""

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Where it lies, the widest first: `US`, `US-NY`, `US-NY/Kings`."""
        ends = [at for at, mark in enumerate(self.jurisdiction) if mark in "-/"]
        return (*(self.jurisdiction[:end] for end in ends), self.jurisdiction)

    @property
    def nearness(self) -> Nearness:
        """Whether the operator's region is the customer's."""
        near = self.jurisdiction == self.seller_region or self.jurisdiction.startswith(
            f"{self.seller_region}/"
        )
        return Nearness.SAME if near else Nearness.OTHER


@dataclass(frozen=True, slots=True, order=True)
class Tax:
    """A tax as borne by a line: the percent is of the line's net, whatever it compounds on.

    A levy has no percent: it is an amount for each `levy_unit` of the line's quantity. `place` is
    where the line is taxed, `jurisdiction` whose tax it is: that place or one that it lies in.
    """

    tax: str
    code: str
    percent: Decimal
    levy: Decimal = Decimal(0)
    levy_unit: str = ""
    place: str = ""
    jurisdiction: str = ""


@dataclass
class NoTaxRate(Refusal):
    code = "no_tax_rate"
    jurisdiction: str = ""
    category: str = ""
    customer_kind: str = ""
    on: str = ""

    def sentence(self) -> str:
        return (
            f"no tax rate for category {self.category!r} and customer kind {self.customer_kind!r}"
            f" in {self.jurisdiction!r} on {self.on}; add a row to the tax table"
        )


@dataclass
class InvalidTaxRate(Refusal):
    code = "invalid_tax_rate"
    percent: str = ""

    def sentence(self) -> str:
        return (
            f"{self.percent} % is not a tax rate: rates are 0 or more and, where they compound,"
            f" still have at most {PERCENT_DECIMALS} decimals"
        )


def taxes_on(
    category: str, *, position: TaxPosition, table: Sequence[TaxRow], on: date
) -> tuple[Tax, ...]:
    """The taxes that a line of the category bears on that day, those of wider places first.

    In each place, rows for the customer's kind go before rows for any kind. Exemption goes before
    reverse charge; both keep the taxes' names and set their percent to zero, and levies fall away.

    :raises NoTaxRate: when no row is in force
    :raises InvalidTaxRate: when a percent is negative or too fine
    """
    near = (Nearness.ANY, position.nearness)
    fitting = [
        row
        for row in table
        if row.category == category
        and row.seller_region in near
        and in_force(on, valid_from=row.valid_from, valid_until=row.valid_until)
    ]
    rows = [row for place in position.jurisdictions for row in _of_place(fitting, place, position)]
    if not rows:
        raise NoTaxRate(
            jurisdiction=position.jurisdiction,
            category=category,
            customer_kind=position.customer_kind,
            on=on.isoformat(),
        )
    rates = [row for row in rows if not row.levy] or rows[:1]
    free = TaxCode.REVERSE_CHARGE if position.reverse_charge else None
    if _exempt(category, position, on):
        free = TaxCode.EXEMPT
    if free is not None:
        return tuple(_tax(row, position, Decimal(0), code=free) for row in rates)
    taxes: list[Tax] = []
    for row in rows:
        if row.levy:
            taxes.append(_tax(row, position, Decimal(0), levy=row.levy, levy_unit=row.levy_unit))
            continue
        base = Decimal(100) + (sum(t.percent for t in taxes) if row.compound else Decimal(0))
        taxes.append(_tax(row, position, _percent(row.percent * base / 100)))
    return tuple(taxes)


def _tax(
    row: TaxRow,
    position: TaxPosition,
    percent: Decimal,
    *,
    code: str = "",
    levy: Decimal = Decimal(0),
    levy_unit: str = "",
) -> Tax:
    return Tax(
        row.tax, code or row.code, percent, levy, levy_unit, position.jurisdiction, row.jurisdiction
    )


def _of_place(rows: Sequence[TaxRow], place: str, position: TaxPosition) -> list[TaxRow]:
    here = [row for row in rows if row.jurisdiction == place]
    named = [row for row in here if row.customer_kind == position.customer_kind]
    return named or [row for row in here if row.customer_kind == ANY]


def _percent(exact: Decimal) -> Decimal:
    rounded = exact.quantize(Decimal(1).scaleb(-PERCENT_DECIMALS), context=EXACT)
    if exact < 0 or rounded != exact:
        raise InvalidTaxRate(percent=str(exact))
    return rounded


def _exempt(category: str, position: TaxPosition, on: date) -> bool:
    return any(
        in_force(on, valid_from=one.valid_from, valid_until=one.valid_until)
        and (not one.categories or category in one.categories)
        for one in position.exemptions
    )


def in_force(on: date, *, valid_from: date, valid_until: date | None) -> bool:
    """Whether the day lies in `[valid_from, valid_until)`."""
    return valid_from <= on and (valid_until is None or on < valid_until)


RATES: Final = pl.Schema(
    {
        "tax_position": pl.String(),
        "tax_category": pl.String(),
        "tax": pl.String(),
        "code": pl.String(),
        "percent": PERCENT,
        "levy": AMOUNT,  # for each `levy_unit` of a line's quantity
        "levy_unit": pl.String(),
        "place": pl.String(),  # where the line is taxed
        "jurisdiction": pl.String(),  # whose tax it is
    }
)
"""The taxes of every category for every tax position, on one day."""


class TaxRates(Protocol):
    """Says what taxes are due: our table, or an outside engine behind the same call."""

    def __call__(
        self, *, positions: Sequence[TaxPosition], categories: Sequence[str], on: date
    ) -> pl.DataFrame:
        """RATES of every category for every position; a category without a rate has no row."""
        ...


def rates_frame(
    *,
    positions: Iterable[TaxPosition],
    categories: Iterable[str],
    table: Sequence[TaxRow],
    on: date,
) -> pl.DataFrame:
    """The RATES that hold on that day; a category without a rate has no row and is rejected later.

    :raises InvalidTaxRate: when a percent is negative or too fine
    """
    wanted = sorted(set(categories))
    rows = []
    for position in positions:
        for category in wanted:
            try:
                taxes = taxes_on(category, position=position, table=table, on=on)
            except NoTaxRate:
                continue
            rows += [
                (
                    position.name, category, t.tax, t.code, t.percent, t.levy, t.levy_unit,
                    t.place, t.jurisdiction,
                )
                for t in taxes
            ]  # fmt: skip
    return pl.DataFrame(rows, schema=RATES, orient="row")
