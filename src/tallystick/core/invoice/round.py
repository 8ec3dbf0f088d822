"""Rounding a ratio of integers to an integer, once, in the four modes, for one and for many.

Money is held as scaled integers here, so that a half cent is a half cent.
"""

from collections.abc import Sequence
from fractions import Fraction

import polars as pl

from tallystick.base.money import RoundingMode


def round_whole(amount: Fraction, *, mode: RoundingMode) -> int:
    """The amount rounded once to a whole number; ties and direction are by magnitude."""
    whole, rest = divmod(abs(amount.numerator), amount.denominator)
    if _goes_up(whole, 2 * rest - amount.denominator, bool(rest), mode):
        whole += 1
    return -whole if amount < 0 else whole


def _goes_up(whole: int, past_half: int, has_rest: bool, mode: RoundingMode) -> bool:
    match mode:
        case RoundingMode.HALF_UP:
            return past_half >= 0
        case RoundingMode.HALF_EVEN:
            return past_half > 0 or (past_half == 0 and whole % 2 == 1)
        case RoundingMode.UP:
            return has_rest
        case RoundingMode.DOWN:
            return False


def round_ratio(numerator: pl.Expr, denominator: pl.Expr, *, mode: RoundingMode) -> pl.Expr:
    """The same on columns: Int128 numerator over a positive Int128 denominator, to an integer."""
    size = numerator.abs()
    whole, rest = size // denominator, size % denominator
    match mode:
        case RoundingMode.HALF_UP:
            up = 2 * rest >= denominator
        case RoundingMode.HALF_EVEN:
            up = (2 * rest > denominator) | ((2 * rest == denominator) & (whole % 2 == 1))
        case RoundingMode.UP:
            up = rest > 0
        case RoundingMode.DOWN:
            up = pl.lit(value=False)
    return numerator.sign() * (whole + up.cast(pl.Int128))


def share_out(total: int, *, exact: Sequence[Fraction]) -> tuple[int, ...]:
    """The total cut into whole parts near the exact ones: largest remainder, first line on ties.

    Each part starts at the floor of its exact share; what is missing goes, one by one, to the parts
    with the largest remainders. The parts always add up to the total.
    """
    if not exact:
        assert total == 0
        return ()
    floors = [share.numerator // share.denominator for share in exact]
    each, extra = divmod(total - sum(floors), len(exact))
    order = sorted(range(len(exact)), key=lambda n: (floors[n] - exact[n], n))
    winners = set(order[:extra])
    return tuple(floor + each + (n in winners) for n, floor in enumerate(floors))
