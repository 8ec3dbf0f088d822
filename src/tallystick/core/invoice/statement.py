"""An account's statement: what it owed, what was charged and paid, what it owes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tallystick.base.money import EXACT
from tallystick.core.invoice.document import Buyer, Language, NumberFormat, Seller


@dataclass(frozen=True, slots=True)
class Movement:
    """A fact that changed what the account owes, in the order of the books."""

    on: date
    kind: str
    text: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A movement with what the account owed after it."""

    movement: Movement
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """An account's days [since, until]: opening, charged, credited, closing; credit is negative."""

    seller: Seller
    buyer: Buyer
    account_number: str
    currency: str
    language: Language
    since: date
    until: date
    opening: Decimal
    rows: tuple[StatementRow, ...]
    number_format: NumberFormat | None = None

    @property
    def closing(self) -> Decimal:
        return self.rows[-1].balance if self.rows else self.opening

    @property
    def charged(self) -> Decimal:
        """What was added to the debt."""
        return _sum(row.movement.amount for row in self.rows if row.movement.amount > 0)

    @property
    def credited(self) -> Decimal:
        """What was taken off it: payments, credit notes."""
        return _sum(row.movement.amount for row in self.rows if row.movement.amount < 0)


def run_balance(*, opening: Decimal, movements: Iterable[Movement]) -> tuple[StatementRow, ...]:
    """The movements, each with the balance after it."""
    rows, balance = [], opening
    for movement in movements:
        balance = EXACT.add(balance, movement.amount)
        rows.append(StatementRow(movement, balance))
    return tuple(rows)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
