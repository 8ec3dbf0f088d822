"""Rating, a whole batch at once in columns of 128-bit integers; the same as `rate_exact`."""

from dataclasses import dataclass

import polars as pl

from tallystick.core.charge.batch.bands import place_in_bands
from tallystick.core.charge.batch.carry import count_lines, half_up, price_by_series
from tallystick.core.charge.batch.decks import look_up_decks
from tallystick.core.charge.batch.draw import (
    Draws,
    climb_tiers,
    draw_allowances,
    group_lines,
    read_counters,
)
from tallystick.core.charge.batch.in_turn import (
    draw_turns,
    drawn_in_turn,
    has_money,
    include_money,
    mark_money,
)
from tallystick.core.charge.batch.match import (
    Faults,
    counted_field,
    event_faults,
    match_lines,
    read_events,
    split_units,
    suspend_unmatched,
)
from tallystick.core.charge.batch.own import Owned
from tallystick.core.charge.batch.tables import WHOLE, Tables, tables_of
from tallystick.core.charge.frames import RATED, Rated, descale
from tallystick.core.tariff.plan import Plan


def rate_batch(
    usage: pl.DataFrame,
    *,
    plan: Plan,
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
) -> Rated:
    """The rated lines of CHARGE_IN, given COUNTERS as they stand and GRANTS.

    Usage ids are unique within the batch. Lines of one counter must be rated in one batch, or in
    batches that follow one another in time with the draws of each added to the counters.
    """
    stage = match_usage(usage, plan=plan)
    lines = place_lines(stage)
    suspend_unmatched(stage.rateable, lines=lines, plan=plan, faults=stage.faults)
    if (suspended := stage.faults.rows()).len():
        lines = lines.filter(~pl.col("row").is_in(suspended.implode()))
    draws = read_counters(counters, grants=grants)
    money = has_money(stage.tables)
    lines = charge_lines(lines, stage=stage, draws=draws, money=money)
    lines = limit_charges(lines, tables=stage.tables)
    if money:
        lines = include_money(
            lines, counted=lines, tables=stage.tables, draws=draws, zone=plan.zone
        )
    return Rated(descale(lines, schema=RATED), draws.frame(), stage.faults.suspense(stage.events))


@dataclass(slots=True)
class Stage:
    """The usage of one plan on its way to rated lines."""

    plan: Plan
    tables: Tables
    events: pl.DataFrame  # in order, with their `row`
    rateable: pl.DataFrame  # those that can be matched at all
    lines: pl.DataFrame  # one for each component that an event meets
    faults: Faults


def match_usage(usage: pl.DataFrame, *, plan: Plan, since_us: int = 0) -> Stage:
    """CHARGE_IN with the components it meets of a plan that is in force since then."""
    tables, faults = tables_of(plan), Faults()
    events = read_events(usage, plan=plan)
    good = event_faults(events, plan=plan, tables=tables, faults=faults, since_us=since_us)
    rateable = events if good.all() else events.filter(good)
    return Stage(plan, tables, events, rateable, match_lines(rateable, tables=tables), faults)


def place_lines(stage: Stage, *, stretches: pl.DataFrame | None = None) -> pl.DataFrame:
    """The stage's lines counted, cut into bands and with their rates; others go to the faults."""
    tables, faults = stage.tables, stage.faults
    lines = split_units(stage.lines, tables=tables, faults=faults)
    lines = count_lines(lines, tables=tables, faults=faults)
    lines = place_in_bands(lines, tables=tables, stretches=stretches)
    lines = price_by_series(lines, plan=stage.plan, tables=tables, faults=faults)
    return look_up_decks(lines, plan=stage.plan, tables=tables, faults=faults)


def charge_lines(
    lines: pl.DataFrame, *, stage: Stage, draws: Draws, money: bool, owned: Owned | None = None
) -> pl.DataFrame:
    """Placed lines billed, drawn and priced, before the least and most charge of their event.

    With `money`, marked with the allowances that may pay of them afterwards.
    """
    tables = stage.tables
    lines = bill_quantities(lines, plan=stage.plan, tables=tables)
    turned = drawn_in_turn(lines, tables=tables, owned=owned)
    lines = draw_allowances(lines, tables=tables, draws=draws, turned=turned)
    lines = draw_turns(
        lines, turned=turned, tables=tables, draws=draws, zone=stage.plan.zone, owned=owned
    )
    if money:
        lines = mark_money(lines, tables=tables)
    lines = climb_tiers(lines, tables=tables, draws=draws)
    return price_lines(lines, tables=tables)


def bill_quantities(lines: pl.DataFrame, *, plan: Plan, tables: Tables) -> pl.DataFrame:
    """Lines with `billed`: what the steps make of the event up to here, less up to before."""
    own = tables.usage["steps"].at("usage")
    lines = lines.with_columns(step_set=pl.coalesce(tables.rate["steps"].at("rate"), own))
    end = pl.col("position") + pl.col("measured")
    billed = _billed(end, tables)
    if lines.select((pl.col("position") > 0).any()).item():
        billed = billed - _billed(pl.col("position"), tables)
    return lines.with_columns(billed=billed).drop("step_set", "position", "starts_at")


def _billed(measured: pl.Expr, tables: Tables) -> pl.Expr:
    """The measured quantity rounded up in each of its steps."""
    first = tables.steps[0]
    start = pl.max_horizontal(measured - first["free_first"].at("step_set"), 0)
    rest, billed = start, pl.lit(0, dtype=WHOLE)
    for step in tables.steps:
        increment = step["increment"].at("step_set")
        part = pl.min_horizontal(rest, step["span"].at("step_set"))
        billed = billed + (part + increment - 1) // increment * increment
        rest = rest - part
    least = pl.max_horizontal(billed, first["minimum"].at("step_set"))
    return pl.when(start > 0).then(least).otherwise(0)


def price_lines(lines: pl.DataFrame, *, tables: Tables) -> pl.DataFrame:
    """Lines with `seq`, price, `fee` and `amount`: rounded half-up, away from zero, once."""
    opens = pl.col("row").ne_missing(pl.col("row").shift(1)) | pl.col("usage").ne_missing(
        pl.col("usage").shift(1)
    )
    here = pl.int_range(pl.len(), dtype=pl.Int32())
    lines = lines.with_columns(
        seq=here - pl.when(opens).then(here).forward_fill(),
        rate=pl.col("rate") + pl.col("tier").fill_null(0),
    )
    fee = pl.coalesce(tables.rate["connect"].at("rate"), tables.usage["connect"].at("usage"))
    due = (pl.col("quantity") > 0) | tables.usage["connect_at_zero"].at("usage")
    if tables.usage["connect_unless_included"].any(True):
        due &= (pl.col("allowed") == 0) | ~tables.usage["connect_unless_included"].at("usage")
    carried = pl.col("carried") != 0
    unit_price = tables.rate["unit_price"].at("rate") + pl.col("carried")
    per = tables.rate["per"].at("rate")
    numerator, denominator = tables.rate["numerator"], tables.rate["denominator"]
    ratio = pl.when(carried).then(unit_price).otherwise(numerator.at("rate"))
    amount = half_up(
        pl.col("charged") * ratio,
        denominator=pl.when(carried).then(per).otherwise(denominator.at("rate")),
    )
    return lines.with_columns(
        fee=pl.when((pl.col("seq") == 0) & due).then(fee).otherwise(0),
        amount=amount,
        unit_price=unit_price,
        per=per,
        rate_key=counted_field(tables, otherwise=tables.rate["key"].at("rate")),
        band=tables.slot["band"].at("slot"),
        component_id=tables.usage["id"].at("usage"),
        tier=pl.col("tier") + 1,
    ).with_columns(amount=pl.col("amount") + pl.col("fee"))


def limit_charges(lines: pl.DataFrame, *, tables: Tables) -> pl.DataFrame:
    """Lines with the least and most charge of an event and component applied to their sum."""
    if not tables.usage["limited"].any(True):
        return lines
    lines = lines.with_row_index("line")
    limited = tables.usage["limited"].at("usage")
    held = lines.filter(limited).with_columns(
        most=tables.usage["most"].at("usage"), least=tables.usage["least"].at("usage")
    )
    rest = lines.filter(~limited)
    return pl.concat([rest, limit_sums(held).select(rest.columns)]).sort("line").drop("line")


def limit_sums(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines, those of an event and component together, within their own `least` and `most`."""
    groups = group_lines(lines.select("usage_id", "component_id"))
    due = lines.select((pl.col("charged") > 0) | (pl.col("fee") != 0)).to_series()
    any_due = groups.spread(groups.sums(due.cast(pl.Int32()))) > 0
    lines = lines.with_columns(
        after=groups.running(lines["amount"]),
        last=groups.numbers != groups.numbers.shift(-1, fill_value=-1),
        due=any_due,
    )
    capped = pl.min_horizontal("after", "most")
    floor = pl.when("last").then(pl.max_horizontal(capped, "least")).otherwise(capped)
    before = pl.min_horizontal(pl.col("after") - pl.col("amount"), "most")
    amount = pl.when("due").then(floor - before).otherwise("amount")
    return lines.with_columns(amount=amount)
