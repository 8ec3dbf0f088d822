"""Which accounts late usage has rated again; no database is needed to know."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from tallystick.core.charge.frames import CHARGE_IN, MEMBERS
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.domain.usage.charge_tables import TERMS
from tallystick.flows.charge import late_accounts

PRICES = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    components:
      calls: {of: voice, where: zone = national, price: 0.12 per min}
"""
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


def late(*calls: tuple[int, int, str | None]) -> list[tuple[int, date]]:
    """What is rated again for calls of (account, month, zone), where January is billed."""
    plan = compile_plan(read_catalogue(PRICES, name="talk.yaml", files={}))
    rows = [
        (number, account, account * 10, 1, date(2026, month, 1), "voice",
         datetime(2026, month, 5, 10, tzinfo=UTC), Decimal(60), "s", None, zone, None, account,
         None)
        for number, (account, month, zone) in enumerate(calls, 1)
    ]  # fmt: skip
    terms = [
        (
            account,
            account * 10,
            "Europe/Berlin",
            1,
            None,
            None,
            1,
            JANUARY,
            None,
            None,
            FEBRUARY,
            account,
            None,
        )
        for account in (1, 2, 3)
    ]
    return late_accounts(
        pl.DataFrame(rows, schema={**CHARGE_IN, **MEMBERS}, orient="row"),
        terms=pl.DataFrame(terms, schema=TERMS, orient="row"),
        plans=[DatedPlan(1, date(2025, 1, 1), None, plan)],
    ).sort("account_id").rows()  # fmt: skip


def test_late_usage_has_its_account_rated_again() -> None:
    assert late((1, 1, "national"), (2, 2, "national")) == [(1, JANUARY)]


def test_late_usage_without_a_price_has_nobody_rated_again() -> None:
    """It waits in suspense and is tried by each run, which need not rate all else each time."""
    assert late((1, 1, "abroad"), (2, 1, None)) == []
    assert late((1, 1, "abroad"), (3, 1, "national")) == [(3, JANUARY)]
