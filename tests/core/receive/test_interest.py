"""Interest by the day, rounded once."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.core.receive.interest import interest_on

# amount | rate | held on | ended on | currency | interest
ROWS = """
100.00  | 2.5    | 2026-01-10 | 2026-03-02 | EUR | 0.35
100.00  | 3.65   | 2026-01-01 | 2026-01-01 | EUR | 0.00
100.00  | 3.65   | 2026-01-01 | 2026-01-02 | EUR | 0.01
50.00   | 3.65   | 2026-01-01 | 2026-01-02 | EUR | 0.01
49.99   | 3.65   | 2026-01-01 | 2026-01-02 | EUR | 0.00
36500   | 1      | 2024-02-01 | 2024-03-01 | JPY | 29
100.000 | 1.825  | 2026-01-01 | 2026-01-11 | KWD | 0.050
100.00  | 0      | 2020-01-01 | 2026-01-01 | EUR | 0.00
"""


@pytest.mark.parametrize("row", ROWS.strip().splitlines())
def test_interest_is_by_the_day_over_365_and_rounded_once(row: str) -> None:
    amount, rate, held_on, ended_on, currency, interest = (part.strip() for part in row.split("|"))
    found = interest_on(
        Decimal(amount),
        rate=Decimal(rate),
        held_on=date.fromisoformat(held_on),
        ended_on=date.fromisoformat(ended_on),
        currency=currency,
    )
    assert str(found) == interest
