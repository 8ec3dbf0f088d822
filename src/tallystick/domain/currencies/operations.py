"""Writes around rates between currencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tallystick.base.money import AMOUNT_DECIMALS, EXACT, minor_decimals, plain
from tallystick.base.refusal import Refusal
from tallystick.domain.currencies.models import ExchangeRate

DAYS: Final = 7
"""How long a rate holds that says no last day of its own: over weekends and holidays."""


@dataclass(frozen=True, slots=True)
class RateWish:
    """A rate as somebody gives it: one `base` is worth `rate` of `quote` from `on` to `until`,
    both included.
    """

    base: str
    quote: str
    rate: Decimal
    on: date
    source: str
    until: date | None = None

    @property
    def valid_to(self) -> date:
        """The first day on which it holds no more."""
        last = self.until or self.on + timedelta(days=DAYS - 1)
        return last + timedelta(days=1)


@dataclass
class RateNotSound(Refusal):
    code = "rate_not_sound"
    problem: str = ""

    def sentence(self) -> str:
        return self.problem


@dataclass
class RateDiffers(Refusal):
    code = "rate_differs"
    said: str = ""
    source: str = ""

    def sentence(self) -> str:
        return (
            f"{self.source} said {self.said} before; money may have been exchanged at it. If "
            "that was wrong, give the rate again with --correct: it counts from then on"
        )


def check_rate(wish: RateWish) -> None:
    """Whether the rate can be one.

    :raises InvalidCurrency: when a currency is not three capital letters
    :raises RateNotSound: when it is of one currency, not above zero, too fine, or of no day
    """
    minor_decimals(wish.base)
    minor_decimals(wish.quote)
    problem = ""
    exponent = wish.rate.as_tuple().exponent
    if wish.base == wish.quote:
        problem = f"a rate is between two currencies, not from {wish.base} to itself"
    elif wish.rate <= 0:
        problem = f"{plain(wish.rate)} is no rate; write what one {wish.base} is worth, above zero"
    elif not isinstance(exponent, int) or -exponent > AMOUNT_DECIMALS:
        problem = f"{plain(wish.rate)} is too fine; a rate has at most {AMOUNT_DECIMALS} decimals"
    elif wish.rate >= Decimal(10) ** 20:
        problem = f"{plain(wish.rate)} is no rate between money of this world"
    elif wish.until is not None and wish.until < wish.on:
        problem = f"a rate that begins on {wish.on} cannot have ended on {wish.until}"
    elif not wish.source.strip():
        problem = "a rate without a source proves nothing; say whose it is, such as `ECB`"
    if problem:
        raise RateNotSound(problem)


def record_rates(
    wishes: Sequence[RateWish],
    *,
    tenant_id: int,
    at: datetime,
    correct: bool = False,
    keep: bool = True,
) -> int:
    """Adds rates, all or none; gives how many are new. The same rate again changes nothing.

    Without `keep` it only says so.

    :raises RateNotSound: when one cannot be a rate
    :raises RateDiffers: when its source has said another for that day and `correct` is off
    """
    for wish in wishes:
        check_rate(wish)
    known: dict[tuple[str, str, date, str], ExchangeRate] = {}
    days = {wish.on for wish in wishes}
    for row in ExchangeRate.objects.filter(valid_from__in=days).order_by("revision"):
        known[row.base, row.quote, row.valid_from, row.source] = row
    added = []
    for wish in wishes:
        key = (wish.base, wish.quote, wish.on, wish.source)
        before = known.get(key)
        if before is not None and _same(before, wish):
            continue
        if before is not None and not correct:
            said = f"1 {wish.base} = {plain(before.rate)} {wish.quote} for {wish.on}"
            raise RateDiffers(said=said, source=wish.source)
        known[key] = ExchangeRate(
            tenant_id=tenant_id, base=wish.base, quote=wish.quote, rate=wish.rate,
            valid_from=wish.on, valid_to=wish.valid_to, source=wish.source,
            revision=before.revision + 1 if before else 1, recorded_at=at,
        )  # fmt: skip
        added.append(known[key])
    if keep:
        ExchangeRate.objects.bulk_create(added)
    return len(added)


def _same(row: ExchangeRate, wish: RateWish) -> bool:
    return not EXACT.compare(row.rate, wish.rate) and row.valid_to == wish.valid_to
