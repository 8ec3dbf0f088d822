"""Counters drawn in order: allowances and tiers by running sums within each counter."""

from dataclasses import dataclass, field

import polars as pl

from tallystick.core.charge.batch.match import hold_filters
from tallystick.core.charge.batch.tables import NONE, WHOLE, Column, Tables
from tallystick.core.charge.frames import COUNTERS, GRANTS, KEYS, NEVER_RESETS, descale, rescale


@dataclass(slots=True)
class Draws:
    """What stands in the counters, and what was added to them."""

    before: pl.DataFrame  # KEYS, used in whole numbers
    granted: pl.DataFrame  # KEYS, quantity
    added: list[pl.DataFrame] = field(default_factory=list)

    def frame(self) -> pl.DataFrame:
        """The draws as COUNTERS, in order."""
        empty = rescale(COUNTERS.to_frame())
        total = pl.concat([empty, *self.added]).filter(pl.col("used") != 0).sort(KEYS)
        return descale(total, schema=COUNTERS)


def read_counters(counters: pl.DataFrame, *, grants: pl.DataFrame | None) -> Draws:
    """COUNTERS and GRANTS in whole numbers, one row a counter."""
    held = rescale(counters.select(pl.col(n).cast(kind) for n, kind in COUNTERS.items()))
    granted = GRANTS.to_frame() if grants is None else grants
    given = rescale(granted.select(pl.col(n).cast(kind) for n, kind in GRANTS.items()))
    return Draws(
        held.group_by(KEYS).agg(pl.col("used").sum()),
        given.group_by(KEYS).agg(pl.col("quantity").sum()),
    )


@dataclass(frozen=True, slots=True)
class Groups:
    """Lines by counter: the number of each line's group, and the key of each group."""

    numbers: pl.Series
    keys: pl.DataFrame
    runs_on: bool  # whether each group's lines stand together

    def running(self, values: pl.Series) -> pl.Series:
        """The sum within the group up to and with each line."""
        frame = pl.DataFrame({"value": values, "group": self.numbers})
        if not self.runs_on:
            return frame.select(pl.col("value").cum_sum().over("group")).to_series()
        total = pl.col("value").cum_sum()
        starts = pl.col("group") != pl.col("group").shift(1, fill_value=-1)
        before = pl.when(starts).then(total - pl.col("value")).forward_fill()
        return frame.select(total - before).to_series()

    def sums(self, values: pl.Series) -> pl.Series:
        """The sum of each group, in the order of `keys`."""
        frame = pl.DataFrame({"value": values, "group": self.numbers})
        return frame.group_by("group").agg(pl.col("value").sum()).sort("group")["value"]

    def spread(self, values: pl.Series) -> pl.Series:
        """A value for each group, as one for each line."""
        return values.gather(self.numbers)


def group_lines(keys: pl.DataFrame) -> Groups:
    """The lines grouped by all columns of `keys`; cheap where equal keys stand together."""
    starts = keys.select(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in keys.columns)
        | (pl.int_range(pl.len()) == 0)
    ).to_series()
    heads = keys.filter(starts)
    unique = heads.unique(maintain_order=True).with_row_index("group")
    runs = (starts.cast(pl.UInt32()).cum_sum() - 1).rename("run")
    if unique.height == heads.height:
        return Groups(runs.cast(pl.Int64()), heads, True)
    numbers = heads.join(
        unique, on=keys.columns, how="left", maintain_order="left", nulls_equal=True
    )
    return Groups(numbers["group"].gather(runs).cast(pl.Int64()), unique.drop("group"), False)


def _held(groups: Groups, counters: pl.DataFrame, name: str) -> pl.Series:
    """What stands in the counter of each group."""
    if counters.is_empty():
        return pl.repeat(0, groups.keys.height, dtype=WHOLE, eager=True)
    held = groups.keys.join(counters, on=KEYS, how="left", maintain_order="left")
    return held[name].fill_null(0)


def draw_allowances(
    lines: pl.DataFrame, *, tables: Tables, draws: Draws, turned: pl.Series
) -> pl.DataFrame:
    """Lines with `allowed`: every offer's first allowance is drawn by all, then its second...

    Where that order hangs on the line (`turned`), it is drawn in turn (see `in_turn`) and nothing
    here.
    """
    lines = lines.with_columns(turned.alias("blocked"), allowed=pl.lit(0, dtype=WHOLE))
    for turn in tables.rounds:
        lines = lines.with_columns(allowance=turn["allowance"].at("usage"))
        covered = lines.select((pl.col("allowance") != NONE) & ~pl.col("blocked")).to_series()
        held = lines.filter(covered)
        where = tables.allowance["filter"].at("allowance")
        band = tables.slot["band"].at("slot")
        fits = hold_filters(held, index=where, filters=tables.filters, band=band)
        if fits is not None:
            covered = covered.scatter(covered.arg_true(), fits)
            held = held.filter(fits)
        if held.height:
            drawn = _draw_round(held, turn, tables, draws)
            if held.height < lines.height:
                # each covered line takes the next of the drawn quantities
                at = covered.cast(pl.Int64()).cum_sum() - 1
                drawn = pl.select(
                    pl.when(covered).then(pl.lit(drawn).gather(at.clip(0))).otherwise(0)
                ).to_series()
            lines = lines.with_columns(allowed=pl.col("allowed") + drawn)
            if tables.allowance["blocks"].any(True):
                blocks = tables.allowance["blocks"].at("allowance")
                lines = lines.with_columns(blocked=pl.col("blocked") | (covered & blocks))
    return lines.drop("allowance", "blocked", strict=False)


def _draw_round(
    lines: pl.DataFrame, turn: dict[str, Column], tables: Tables, draws: Draws
) -> pl.Series:
    """What each line is allowed from its own allowance, as far as the earlier lines left it."""
    keys = lines.select(
        *_owner_columns(tables.allowance, index="allowance"),
        tables.allowance["id"].at("allowance").alias("component_id"),
        "cycle_start",
    )
    groups = group_lines(keys)
    held = _held(groups, draws.granted, "quantity") - _held(groups, draws.before, "used")
    numerator, denominator = turn["numerator"].at("usage"), turn["denominator"].at("usage")
    block = tables.allowance["block"].at("allowance")
    rest = pl.col("billed") - pl.col("allowed")
    asked = lines.select(
        "usage",
        rest=rest,
        need=_up(_up(rest * numerator, denominator), block) * block,
        left=pl.max_horizontal(
            tables.allowance["quantity"].at("allowance") + groups.spread(held), 0
        ),
    )
    given = asked.with_columns(after=groups.running(asked["need"])).with_columns(
        drawn=pl.min_horizontal("after", "left")
        - pl.min_horizontal(pl.col("after") - pl.col("need"), "left")
    )
    draws.added.append(groups.keys.with_columns(used=groups.sums(given["drawn"])))
    worth = pl.col("drawn") * denominator // numerator
    return given.select(pl.min_horizontal("rest", worth)).to_series()


def _owner_columns(table: dict[str, Column], *, index: str) -> list[pl.Expr]:
    """`account_id` and `contract_id` of each line's counter, as `owner_of` has them."""
    by_account = table["by_account"].at(index)
    if not table["wide"].any(True):
        own = pl.when(by_account).then(0).otherwise("contract_id")
        return [pl.col("account_id"), own.alias("contract_id")]
    by_organisation = table["by_organisation"].at(index)
    pooled = table["by_pool"].at(index) & pl.col("pool_id").is_not_null()
    contract = (
        pl.when(by_account | by_organisation)
        .then(0)
        .when(pooled)
        .then(0 - pl.col("pool_id"))
        .otherwise("contract_id")
    )
    account = pl.when(by_organisation | pooled).then("organisation_id").otherwise("account_id")
    return [account.alias("account_id"), contract.alias("contract_id")]


def _up(size: pl.Expr, step: pl.Expr) -> pl.Expr:
    """The quotient rounded up; the step is above 0."""
    return (size + step - 1) // step


def climb_tiers(lines: pl.DataFrame, *, tables: Tables, draws: Draws) -> pl.DataFrame:
    """Lines with `charged` and `tier` (from 0, null without tiers), cut where a tier ends.

    The first slice keeps what was measured and allowed.
    """
    lines = lines.with_columns(
        tiered=tables.slot["tiered"].at("slot"),
        charged=pl.col("billed") - pl.col("allowed"),
        tier=pl.lit(None, dtype=pl.Int16()),
    )
    if not tables.limits or not lines["tiered"].any():
        return lines.drop("tiered")
    lines = lines.with_row_index("line")
    held = lines.filter("tiered")
    rest = lines.filter(~pl.col("tiered"))
    sliced = _slice(held, tables, draws)
    merged = pl.concat([rest, sliced.select(rest.columns)])  # a line's tiers stand in order
    return merged.sort("line", maintain_order=True).drop("tiered", "line")


def _slice(lines: pl.DataFrame, tables: Tables, draws: Draws) -> pl.DataFrame:
    runs_on = tables.usage["runs_on"].at("usage")
    groups = group_lines(
        lines.select(
            *_owner_columns(tables.usage, index="usage"),
            tables.usage["id"].at("usage").alias("component_id"),
            pl.when(runs_on)
            .then(pl.lit(NEVER_RESETS))
            .otherwise("cycle_start")
            .alias("cycle_start"),
        )
    )
    draws.added.append(groups.keys.with_columns(used=groups.sums(lines["charged"])))
    used = groups.spread(_held(groups, draws.before, "used"))
    limits = [limit.at("usage") for limit in tables.limits]
    after = pl.col("after")
    before = after - pl.col("charged")
    counted = lines.with_columns(after=groups.running(lines["charged"]) + used).with_columns(
        first=pl.sum_horizontal((before >= limit).cast(pl.Int16()) for limit in limits),
        last=pl.sum_horizontal((after > limit).cast(pl.Int16()) for limit in limits),
    )
    crossing = pl.col("last") > pl.col("first")
    plain = counted.filter(~crossing).with_columns(tier=pl.col("first").cast(pl.Int16()))
    cut = (
        counted.filter(crossing)
        .with_columns(tier=pl.int_ranges("first", pl.col("last") + 1, dtype=pl.Int16()))
        .explode("tier")
    )
    if cut.is_empty():
        return plain
    low = pl.coalesce(
        *(pl.when(pl.col("tier") == n + 1).then(limit) for n, limit in enumerate(limits)),
        pl.lit(0, dtype=WHOLE),
    )
    high = pl.coalesce(
        *(pl.when(pl.col("tier") == n).then(limit) for n, limit in enumerate(limits)), after
    )
    opening = pl.col("tier") == pl.col("first")
    part = pl.min_horizontal(high, after) - pl.max_horizontal(low, before)
    allowed = pl.when(opening).then("allowed").otherwise(0)
    cut = cut.with_columns(
        charged=part,
        allowed=allowed,
        billed=part + allowed,
        measured=pl.when(opening).then("measured").otherwise(0),
    )
    return pl.concat([plain, cut])
