"""What of usage is billed within its cycle: lines of a bill that moves no bill day."""

from datetime import date
from typing import Final

import polars as pl

from tallystick.domain.invoices import tables
from tallystick.domain.parties.organisations import AccountRange
from tallystick.flows.due import usage_lines, with_cycles

PURPOSE_MAX: Final = 30


def part_lines(accounts: AccountRange, *, contracts: pl.DataFrame, on: date) -> pl.DataFrame:
    """Lines of the unbilled usage of cycles that go on, for a bill of that day within them.

    What is priced by the period waits for its end.
    """
    totals = tables.read_unbilled(accounts, on=date.max)
    running = ~pl.col("ended") & (pl.col("cycle_start") <= on)
    found = with_cycles(totals, contracts=contracts, on=on).filter(running)
    return _within(found, purpose=f"usage-part-{on}", on=on)


def lines_again(
    accounts: AccountRange, *, contracts: pl.DataFrame, cycles: pl.DataFrame, on: date, number: str
) -> pl.DataFrame:
    """Lines of the unbilled usage of these cycles (`contract_id`, `cycle_start`), over or not.

    They are for a bill in the place of that number's.
    """
    totals = tables.read_unbilled(accounts, on=date.max)
    found = with_cycles(totals, contracts=contracts, on=on)
    chosen = found.join(cycles, on=["contract_id", "cycle_start"], how="semi")
    return _within(chosen, purpose=f"usage-again-{number}"[:PURPOSE_MAX], on=on)


def _within(found: pl.DataFrame, *, purpose: str, on: date) -> pl.DataFrame:
    """Lines of a bill of that day, within their cycles, by a purpose of its own."""
    through = pl.min_horizontal("period_to", pl.lit(on).dt.offset_by("1d")).alias("period_to")
    plain = found.filter(~pl.col("by_period")).with_columns(late=pl.lit(False))
    return usage_lines(plain, on=on).with_columns(pl.lit(purpose).alias("purpose"), through)
