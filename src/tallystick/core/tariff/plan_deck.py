"""Rate tables of a plan: their rows stay columns, a rate is made when somebody asks for it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from tallystick.core.tariff.deck_rows import DeckRows
from tallystick.core.tariff.nodes import DeckKey
from tallystick.core.tariff.plan_terms import Rate


@dataclass(frozen=True, slots=True)
class PlanDeck:
    """A rate table; row n has the rate `first_rate + n`, which is that of its terms with its key.

    `names` are the rows' keys as one text, `said` the positions of their terms.
    """

    code: str
    keys: tuple[DeckKey, ...]
    rows: DeckRows
    rates: tuple[Rate, ...]  # of each of the rows' terms
    first_rate: int
    names: pl.Series = field(repr=False, compare=False)
    said: pl.Series = field(repr=False, compare=False)

    def rate(self, row: int) -> Rate:
        """The rate of that row."""
        said = self.rates[self.said[row]]
        return Rate(
            said.unit_price, said.per, said.numerator, said.denominator, said.connect, said.steps,
            self.names[row],
        )  # fmt: skip

    def match(self, row: int) -> tuple[str | None, ...]:
        """What the row's keys are; None fits everything."""
        return self.rows[row].match

    def is_valid(self, row: int, *, day: date) -> bool:
        """Whether the row is valid on that day."""
        terms = self.rows.terms[self.said[row]]
        return (terms.valid_from or date.min) <= day < (terms.valid_to or date.max)

    def find_row(self, name: str | None, *, unit_price: int) -> int | None:
        """The first row of that name and price."""
        for row in (self.names == name).arg_true() if name is not None else ():
            if self.rate(row).unit_price == unit_price:
                return int(row)
        return None


@dataclass(frozen=True, slots=True)
class PlanRates(Sequence[Rate]):
    """All rates of a plan by number: those of the decks' rows come first."""

    decks: tuple[PlanDeck, ...]
    others: tuple[Rate, ...]
    firsts: tuple[int, ...]
    """The first number of each deck, and of the others."""

    def __len__(self) -> int:
        return self.firsts[-1] + len(self.others)

    def __getitem__(self, number: int) -> Rate:  # type: ignore[override]
        if number >= self.firsts[-1]:
            return self.others[number - self.firsts[-1]]
        deck = self.decks[bisect_right(self.firsts, number) - 1]
        return deck.rate(number - deck.first_rate)
