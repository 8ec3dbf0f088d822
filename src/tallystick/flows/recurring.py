"""What recurs and is due on a bill day; contracts that say the same are asked about once."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar

import polars as pl

from tallystick.base.period import Period
from tallystick.core.invoice.cycle import turned_of
from tallystick.core.invoice.describe import describe
from tallystick.core.invoice.due import (
    ContractTerms,
    HeldOffer,
    OwnRate,
    PricedPeriod,
    due_recurring,
)
from tallystick.core.invoice.recur import BilledLine, Rate
from tallystick.domain.invoices import tables
from tallystick.domain.parties.organisations import AccountRange
from tallystick.flows.adjust import ADJUSTING
from tallystick.flows.cycles import CYCLE_DAYS
from tallystick.flows.used import aware_of_credits, note_used

LINE: Final = pl.Schema({**ADJUSTING, "cycle_start": pl.Date()})
_TERMS: Final = ("starts_on", "ends_on", "zone", "billed_to", *CYCLE_DAYS)

Made = TypeVar("Made")


def recurring_lines(
    accounts: AccountRange,
    *,
    contracts: pl.DataFrame,
    held: pl.DataFrame,
    priced: tuple[PricedPeriod, ...],
    own: Mapping[int, tuple[OwnRate, ...]],
    on: date,
) -> pl.DataFrame:
    """The lines (LINE) of these due contracts, who hold `held` (HELD_OFFERS), as they recur."""
    lines = tables.read_billed_lines(accounts, on=on)
    rests = tables.read_pauses(accounts, on=on)
    aware = lines.filter(pl.col("component_id").is_in(aware_of_credits(priced)))
    alike = _alike(contracts, held, lines, rests, alone={*own, *aware["contract_id"]})
    asked = contracts.filter(pl.col("contract_id").is_in(alike["like"].unique().implode()))
    held_by = _by_contract(held, asked, lambda row: HeldOffer(row[1], row[2], row[3], row[4]))
    billed = note_used(
        _by_contract(lines, asked, _billed_line), accounts=accounts, contracts=asked, plans=priced
    )
    resting = _by_contract(rests, asked, lambda row: Period(row[1], row[2] or date.max))
    rows: list[tuple[Any, ...]] = []
    for contract_id, starts, ends, zone, billed_to, *days in asked.select(
        "contract_id", *_TERMS
    ).iter_rows():
        due = due_recurring(
            ContractTerms(
                starts_on=starts,
                ends_on=ends,
                cycle_day=days[0],
                zone=zone,
                billed_to=billed_to,
                held=tuple(held_by.get(contract_id, ())),
                own=own.get(contract_id, ()),
                pauses=tuple(resting.get(contract_id, ())),
                turned=turned_of(since=days[1], bill_day=days[2]),
            ),
            plans=priced,
            billed=tuple(billed.get(contract_id, ())),
            on=on,
        )
        rows += [
            (
                contract_id, component_id, line.purpose, line.period.start, line.period.end,
                describe(line.description), line.quantity, line.unit, line.unit_price, Decimal(1),
                line.amount, line.tax_category, line.revenue_account, None,
            )
            for component_id, line in due
        ]  # fmt: skip
    told = pl.DataFrame(rows, schema=LINE, orient="row").rename({"contract_id": "like"})
    return alike.join(told, on="like", maintain_order="left_right").select(LINE.names())


def _alike(contracts: pl.DataFrame, *said: pl.DataFrame, alone: set[int]) -> pl.DataFrame:
    """For each contract the first (`like`) that has the same terms and of which as much is `said`.

    Those that stand `alone` are like no other.
    """
    terms = contracts.select(
        "contract_id", *_TERMS, pl.when(pl.col("contract_id").is_in(alone)).then("contract_id")
        .alias("alone"),
    )  # fmt: skip
    for place, frame in enumerate(said):
        words = [pl.col(name).cast(pl.String).fill_null("") for name in frame.columns[1:]]
        told = frame.select("contract_id", pl.concat_str(words, separator="\t").alias(f"{place}"))
        terms = terms.join(
            told.group_by("contract_id").agg(pl.col(f"{place}").str.join("\n")),
            on="contract_id",
            how="left",
            maintain_order="left",
        )
    same = [name for name in terms.columns if name != "contract_id"]
    return terms.select("contract_id", like=pl.col("contract_id").first().over(same))


def _by_contract(
    frame: pl.DataFrame, asked: pl.DataFrame, make: Callable[[tuple[Any, ...]], Made]
) -> dict[int, list[Made]]:
    found: dict[int, list[Made]] = {}
    for row in frame.join(asked, on="contract_id", how="semi", maintain_order="left").iter_rows():
        found.setdefault(row[0], []).append(make(row))
    return found


def _billed_line(row: tuple[Any, ...]) -> tuple[int, BilledLine]:
    _, component_id, purpose, start, end, quantity, unit_price, exact = row
    rate = Rate(abs(quantity), unit_price)
    return component_id, BilledLine(Period(start, end), purpose, rate, exact)
