"""How many invoices a second the pure part of a bill run gives."""

from datetime import date
from decimal import Decimal
from time import perf_counter
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.core.invoice.assemble_batch import DUE_LINES, assemble_batch
from tallystick.core.invoice.cycle import CycleRule, Every
from tallystick.core.invoice.prorate import Change
from tallystick.core.invoice.recur import Rate, RateChange, RecurringPrice, Timing, due_lines
from tallystick.core.invoice.tax import RATES, Rounding


def bench_recur(*, accounts: int = 20_000, lines: int = 5) -> float:
    """Accounts a second whose recurring lines are found one by one, a tenth of them prorated."""
    rule, zone = CycleRule(Every.MONTH), ZoneInfo("Europe/Berlin")
    full, late = date(2025, 6, 1), date(2026, 2, 11)
    price = RecurringPrice(
        "C", "line", "Line", "month", "standard", "4000", rule, Timing.ARREARS, zone
    )
    rate = Rate(Decimal(1), Decimal("9.99"))
    found, begun = 0, perf_counter()
    for n in range(accounts * lines):
        changes = (RateChange(late if n % 10 == 0 else full, Change.START, rate),)
        due = due_lines(price, changes=changes, on=date(2026, 3, 1), since=date(2026, 2, 1))
        found += len(due)
    seconds = perf_counter() - begun
    assert found == accounts * lines
    return accounts / seconds


def bench_assemble(*, accounts: int = 100_000, lines: int = 5, inclusive: bool = False) -> float:
    """Invoices a second rounded, taxed and totalled in one batch."""
    size = accounts * lines
    frame = pl.DataFrame({"n": pl.int_range(size, eager=True)}).select(
        account_id=pl.format("A-{}", pl.col("n") // lines),
        tax_position=pl.lit("home"),
        contract_id=pl.format("C-{}", pl.col("n") // lines),
        component_id=pl.format("line-{}", pl.col("n") % lines),
        purpose=pl.lit("recurring"),
        period_from=pl.lit(date(2026, 2, 1)),
        period_to=pl.lit(date(2026, 3, 1)),
        description=pl.lit("Line"),
        quantity=pl.lit(Decimal(1)),
        unit=pl.lit("month"),
        unit_price=pl.lit(Decimal("9.99")),
        amount=(pl.col("n") % 1000).cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.012345678901")),
        tax_category=pl.when(pl.col("n") % 5 == 0).then(pl.lit("reduced")).otherwise(
            pl.lit("standard")
        ),
        revenue_account=pl.lit("4000"),
    ).cast(DUE_LINES)  # fmt: skip
    percents = {"standard": Decimal(19), "reduced": Decimal(7)}
    rates = pl.DataFrame(
        [("home", name, "VAT", "S", percent) for name, percent in percents.items()],
        schema=RATES,
        orient="row",
    )
    begun = perf_counter()
    batch = assemble_batch(
        frame, rates=rates, currency="EUR", rounding=Rounding(inclusive=inclusive)
    )
    seconds = perf_counter() - begun
    assert batch.invoices.height == accounts
    return accounts / seconds


if __name__ == "__main__":
    print(f"recur     {bench_recur():>12,.0f} accounts/s, 5 lines each")
    print(f"assemble  {bench_assemble():>12,.0f} invoices/s, 5 lines each")
    print(f"inclusive {bench_assemble(inclusive=True):>12,.0f} invoices/s, 5 lines each")
