"""What some accounts owe on a bill day: their contracts' recurring lines and unbilled usage."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import QUANTITY
from tallystick.core.charge.frames import KEYS
from tallystick.core.charge.lines import NO_BANDS, PAID_AT_ONCE
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.invoice.assemble_batch import DUE_LINES
from tallystick.core.invoice.cycle import cycle_of
from tallystick.core.invoice.describe import describe
from tallystick.core.invoice.due import (
    PricedPeriod,
)
from tallystick.domain.catalog.queries import plans_by_version
from tallystick.domain.invoices import tables
from tallystick.domain.parties.organisations import AccountRange
from tallystick.flows.adjust import adjusting_lines
from tallystick.flows.cycles import CYCLE_DAYS, contract_cycle_end, contract_cycle_start, rule_of
from tallystick.flows.own_prices import OwnPrices
from tallystick.flows.periods import NOTHING, ClosedPeriods, close_periods, partners_in
from tallystick.flows.recurring import recurring_lines
from tallystick.flows.shared_periods import COUNTED, close_shared, wide_parts

_LAST: Final = pl.col("band").is_in(NO_BANDS).fill_null(False)
"""Whether a line takes away from those of its component, or settles what they leave."""

WIDE_LINES: Final = pl.Schema(
    {
        **{name: kind for name, kind in DUE_LINES.items() if not name.endswith("_id")},
        "account_id": pl.Int64(),  # whose contract it is
        "bill": pl.String(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "currency": pl.String(),
        "per": QUANTITY,
        "cycle_start": pl.Date(),
        "slot": pl.Int64(),
        "one_off_id": pl.Int64(),
        "paid": pl.Boolean(),
    }
)
"""DUE_LINES with numbers for ids, the bill they are on, and what only the stored line has; `paid`
lines take off what a balance paid at once, with the tax in it.
"""

DIFFERENCE: Final = ", difference"
"""What is said of a line that changes a period billed before."""


@dataclass(frozen=True, slots=True)
class DueTask:
    """The due contracts of some accounts (DUE_CONTRACTS) and their lines (WIDE_LINES).

    Each contract has a `payer`, with its `payment_days`, and a `bill`: the key of the invoice that
    its lines are on.
    """

    on: date
    contracts: pl.DataFrame
    lines: pl.DataFrame = field(repr=False)
    closed: ClosedPeriods
    counted: pl.DataFrame = field(repr=False)
    """Usage totals (KEYS) that closed periods price, and the `payer` whose bill has those."""

    def lines_by_currency(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """DUE_LINES of each currency; for its account a line has the bill that it is on."""
        columns = [
            pl.col("bill" if name == "account_id" else name).cast(kind).alias(name)
            for name, kind in DUE_LINES.items()
        ]
        for (currency,), part in self.lines.group_by("currency", maintain_order=True):
            yield str(currency), part.select(columns)

    def as_invoice_lines(self, assembled: pl.DataFrame, *, currency: str) -> pl.DataFrame:
        """Assembled lines in the columns of the stored ones, with their `bill` and its `owner`."""
        own = self.lines.filter(pl.col("currency") == currency)
        known = own.select(
            "bill", pl.col("account_id").alias("owner"), "contract_id", "component_id", "purpose",
            "slot", "period_from", "period_to", "description", "quantity", "unit", "unit_price",
            "per", pl.col("amount").alias("exact"), "tax_category", "revenue_account",
            "cycle_start", "one_off_id",
        )[assembled["line"] - 1]  # fmt: skip
        taxed = assembled.select("line_no", "net", "tax_code", tax_rate="tax_percent")
        return known.hstack(taxed)

    def next_bill_days(self, *, held: Collection[int]) -> pl.DataFrame:
        """When each contract is due again (`contract_id`, `next_bill_on`).

        Those of payers whose bills are held stay due as they are.
        """
        left = self.contracts.filter(~pl.col("payer").is_in(held)) if held else self.contracts
        over = (pl.col("ends_on") <= self.on).fill_null(value=False)
        cycle = contract_cycle_start(pl.lit(self.on))
        return left.with_columns(cycle.alias("cycle")).select(
            "contract_id",
            pl.when(~over).then(contract_cycle_end(pl.col("cycle"))).alias("next_bill_on"),
        )


def due_task(
    accounts: AccountRange, *, plans: Sequence[DatedPlan], own: OwnPrices, on: date
) -> DueTask:
    """What these accounts owe on that day."""
    contracts = read_contracts(accounts, on=on)
    priced = tuple(
        PricedPeriod(dated.version_id, dated.valid_from, dated.valid_to, dated.plan)
        for dated in plans
    )
    at_own_prices = {
        contract: own.recurring(contract, plans=plans)
        for contract in set(own.prices) & set(contracts["contract_id"])
    }
    offers = tables.read_held_offers(accounts, on=on)
    recurring = recurring_lines(
        accounts, contracts=contracts, held=offers, priced=priced, own=at_own_prices, on=on
    )
    over = _usage_over(accounts, contracts=contracts, on=on)
    shared = wide_parts(plans)["component_id"].implode()
    alone = over.filter(pl.col("by_period") & ~pl.col("component_id").is_in(shared))
    counted = alone.select(KEYS).unique()
    beside = over.filter(pl.col("component_id").is_in(partners_in(plans)))
    touched = pl.concat([counted, beside.select(KEYS)]).unique()
    held = own.vary(offers)
    closed = close_periods(
        accounts, contracts=contracts, held=held, touched=touched, plans=plans, on=on
    )
    wide, counted_wide = close_shared(contracts, held=held, plans=plans, own=own, on=on)
    closed = closed.plus(wide)
    usage = usage_lines(over.filter(~pl.col("by_period")), on=on)
    periods = _period_lines(closed.lines, on=on)
    one_offs = one_off_lines(accounts, contracts=contracts, on=on)
    lines = pl.concat([recurring, usage, periods, one_offs], how="diagonal")
    adjusting = adjusting_lines(
        accounts, contracts=contracts, held=offers, lines=lines, plans=plans, on=on
    )
    return task_of(
        pl.concat([lines, adjusting], how="diagonal"),
        contracts=contracts,
        closed=closed,
        counted=pl.concat([counted.with_columns(payer="contract_id"), counted_wide]),
        on=on,
    )


def task_of(
    lines: pl.DataFrame,
    *,
    contracts: pl.DataFrame,
    on: date,
    closed: ClosedPeriods = NOTHING,
    counted: pl.DataFrame | None = None,
) -> DueTask:
    """The task of these lines (ADJUSTING, with `cycle_start` and `one_off_id` where they have)."""
    heads = contracts.select("account_id", "bill", "contract_id", "currency", "tax_position")
    own = {"cycle_start": pl.Date, "one_off_id": pl.Int64, "paid": pl.Boolean}
    lines = pl.concat([lines, pl.DataFrame(schema=own)], how="diagonal")
    lines = lines.join(heads, on="contract_id", how="left").with_columns(
        pl.col("paid").fill_null(value=False)
    )
    slot = pl.int_range(pl.len()).over("contract_id", "component_id", "period_from", "purpose")
    return DueTask(
        on=on,
        contracts=contracts,
        lines=lines.sort("account_id", "contract_id", maintain_order=True)
        .with_columns(slot.alias("slot"))
        .select(pl.col(name).cast(kind) for name, kind in WIDE_LINES.items()),
        closed=closed,
        counted=COUNTED.to_frame() if counted is None else counted,
    )


def read_contracts(accounts: AccountRange, *, on: date | None) -> pl.DataFrame:
    """The contracts of these accounts that are due on that day (None: that run), as tasks do."""
    contracts = tables.read_due_contracts(accounts, on=on or date.max)
    return _with_bills(contracts).with_columns(
        pl.concat_str(
            "tax_place",
            "customer_kind",
            pl.when("exempt").then(pl.col("account_id").cast(pl.String)).otherwise(pl.lit("")),
            separator=" ",
        ).alias("tax_position")
    )


def _with_bills(contracts: pl.DataFrame) -> pl.DataFrame:
    """The contracts with `payer`, its `payment_days`, and `bill`: one, or one a cost centre."""
    paid_for = contracts["payer_id"].drop_nulls().unique().to_list()
    if paid_for:
        contracts = contracts.join(
            tables.read_payers(paid_for), on="payer_id", how="left", maintain_order="left"
        ).with_columns(
            pl.coalesce("payer_days", "payment_days").alias("payment_days"),
            pl.coalesce("payer_split", "split").alias("split"),
        )
    payer = pl.coalesce("payer_id", "account_id")
    centre = pl.when("split").then(pl.col("cost_centre"))
    bill = payer.cast(pl.String) + pl.format("/{}", centre).fill_null("")
    return contracts.with_columns(payer.alias("payer"), bill.alias("bill"))


def _usage_over(accounts: AccountRange, *, contracts: pl.DataFrame, on: date) -> pl.DataFrame:
    """Unbilled totals of the cycles that are over, with what an invoice says of them."""
    totals = tables.read_unbilled(accounts, on=on)
    return with_cycles(totals, contracts=contracts, on=on).filter("ended")


def with_cycles(totals: pl.DataFrame, *, contracts: pl.DataFrame, on: date) -> pl.DataFrame:
    """Usage totals with their cycle's end, whether it is over, and what an invoice says of them.

    Late is what comes when the cycle had its bill; a bill within the cycle leaves the rest to it.
    """
    days = contracts.select("contract_id", "ends_on", "billed_to", *CYCLE_DAYS)
    started = totals.join(days, on="contract_id").select("cycle_start", *CYCLE_DAYS).unique()
    ends = [cycle_of(start, rule=rule_of(of)).end for start, *of in started.iter_rows()]
    cycles = started.with_columns(pl.Series("cycle_end", ends, dtype=pl.Date))
    ended = (pl.col("cycle_end") <= on) | (pl.col("ends_on") <= on).fill_null(value=False)
    closed = pl.min_horizontal("cycle_end", "ends_on") <= pl.col("billed_to")
    return (
        totals.join(days, on="contract_id")
        .join(cycles, on=["cycle_start", *CYCLE_DAYS], nulls_equal=True)
        .with_columns(
            ended.alias("ended"), (pl.col("late") & closed).fill_null(value=False).alias("late")
        )
        .join(_component_facts(totals), on=["component_id", "version_id"], how="left")
    )


def usage_lines(over: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """A line a band, tier and price; what was added to a cycle and taken back is none."""
    late = pl.format("usage-late-{}", pl.lit(on)) if not over.is_empty() else pl.lit("")
    figures = ("measured", "billed", "allowed", "amount")
    added = pl.any_horizontal(pl.col(name) != 0 for name in figures) | (pl.col("events") > 0)
    return (
        _over_versions(over, ("events", *figures))
        .filter(added)
        .sort(
            "contract_id",
            "position",
            "cycle_start",
            _LAST,
            "band",
            "tier",
            "unit_price",
            nulls_last=True,
        )
        .select(
            "contract_id",
            "component_id",
            pl.when("late").then(late).otherwise(pl.lit("usage")).alias("purpose"),
            pl.col("cycle_start").alias("period_from"),
            pl.col("cycle_end").alias("period_to"),
            _describe_usage().alias("description"),
            (pl.col("billed") - pl.col("allowed")).cast(QUANTITY).alias("quantity"),
            "unit",
            "unit_price",
            "per",
            "amount",
            "tax_category",
            "revenue_account",
            "cycle_start",
            (pl.col("band") == PAID_AT_ONCE).fill_null(value=False).alias("paid"),
        )
    )


def _over_versions(priced: pl.DataFrame, figures: Sequence[str]) -> pl.DataFrame:
    """Rows of which differences are added up over versions: what only changed its version is none.

    The last version says what the line says.
    """
    late = priced.filter("late").sort("version_id", maintain_order=True)
    same = ("account_id", "contract_id", "component_id", "cycle_start", "band", "tier",
            "unit_price", "per")  # fmt: skip
    rest = [name for name in priced.columns if name not in (*same, *figures)]
    added = late.group_by(same, maintain_order=True).agg(
        pl.col(rest).last(), *(pl.col(name).sum().cast(priced.schema[name]) for name in figures)
    )
    return pl.concat([priced.filter(~pl.col("late")), added.select(priced.columns)])


def _period_lines(priced: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """A line a band, tier and price of a period; of one billed before, the difference."""
    late = pl.format("period-late-{}", pl.lit(on)) if not priced.is_empty() else pl.lit("")
    facts = _component_facts(priced)
    figures = ("measured", "billed", "fee", "amount")
    return (
        _over_versions(priced, figures)
        .filter(pl.any_horizontal(pl.col(name) != 0 for name in figures))
        .join(facts, on=["component_id", "version_id"], how="left")
        .sort(
            "payer",
            "position",
            "cycle_start",
            _LAST,
            "band",
            "tier",
            "unit_price",
            nulls_last=True,
        )
        .select(
            pl.col("payer").alias("contract_id"),
            "component_id",
            pl.when("late").then(late).otherwise(pl.lit("period")).alias("purpose"),
            pl.col("served_from").alias("period_from"),
            pl.col("served_to").alias("period_to"),
            _describe_usage().alias("description"),
            pl.col("billed").alias("quantity"),
            "unit",
            "unit_price",
            "per",
            "amount",
            "tax_category",
            "revenue_account",
            "cycle_start",
        )
    )


def one_off_lines(accounts: AccountRange, *, contracts: pl.DataFrame, on: date) -> pl.DataFrame:
    """Single charges that wait, on the first due contract of their account.

    Those of an account without one are on the first of those that it pays for.
    """
    own = contracts.group_by("account_id").agg(pl.col("contract_id").min())
    paid = contracts.group_by("payer").agg(pl.col("contract_id").min().alias("paid"))
    return (
        tables.read_one_offs(accounts, on=on)
        .join(own, on="account_id", how="left", maintain_order="left")
        .join(paid, left_on="account_id", right_on="payer", how="left", maintain_order="left")
        .with_columns(pl.coalesce("contract_id", "paid").alias("contract_id"))
        .filter(pl.col("contract_id").is_not_null())
        .select(
            "one_off_id",
            "contract_id",
            pl.lit(0, pl.Int64).alias("component_id"),
            pl.format("one_off:{}", "one_off_id").alias("purpose"),
            pl.col("charged_on").alias("period_from"),
            (pl.col("charged_on") + pl.duration(days=1)).alias("period_to"),
            "description",
            pl.lit(Decimal(1)).cast(QUANTITY).alias("quantity"),
            pl.lit("unit").alias("unit"),
            pl.col("amount").alias("unit_price"),
            pl.lit(Decimal(1)).cast(QUANTITY).alias("per"),
            "amount",
            "tax_category",
            "revenue_account",
        )
    )


def _describe_usage() -> pl.Expr:
    return pl.concat_str(
        pl.col("label"),
        pl.format(", {}", pl.col("band")).fill_null(""),
        pl.format(", tier {}", pl.col("tier")).fill_null(""),
        pl.when("late").then(pl.lit(DIFFERENCE)).otherwise(pl.lit("")),
    )


def _component_facts(totals: pl.DataFrame) -> pl.DataFrame:
    """What an invoice line says of each usage component, by version."""
    by_version = plans_by_version()
    rows = []
    wanted = totals.select("component_id", "version_id").unique().sort("component_id", "version_id")
    for component_id, version_id in wanted.iter_rows():
        part = by_version[version_id].components[component_id]
        period = getattr(part, "period", None)
        rows.append(
            (
                component_id,
                version_id,
                describe(part.code),
                (period.unit if period else getattr(part, "unit", None)) or "event",
                part.tax_category,
                part.revenue_account,
                getattr(part, "position", 0),
                period is not None,
            )
        )
    return pl.DataFrame(
        rows,
        schema={
            "component_id": pl.Int64,
            "version_id": pl.Int64,
            "label": pl.String,
            "unit": pl.String,
            "tax_category": pl.String,
            "revenue_account": pl.String,
            "position": pl.Int64,
            "by_period": pl.Boolean,
        },
        orient="row",
    )
