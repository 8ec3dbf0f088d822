"""Numbers that usage carries, in columns: as `charge/carry.py` says, to the last digit."""

from collections.abc import Sequence

import polars as pl

from tallystick.base.money import AMOUNT_DECIMALS, divide_half_up
from tallystick.base.quantity import QUANTITY_DECIMALS, QUANTITY_SCALE
from tallystick.core.charge.batch.match import Faults, field_column
from tallystick.core.charge.batch.tables import WHOLE, Tables, in_order
from tallystick.core.charge.carry import MOST, pattern_of
from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.tariff.plan import Plan, PlanUsage
from tallystick.core.tariff.plan_terms import PlanCarried, PlanCounts
from tallystick.core.tariff.ratio import MAX_QUANTITY


def count_lines(lines: pl.DataFrame, *, tables: Tables, faults: Faults) -> pl.DataFrame:
    """Lines with the `quantity` that their component counts and the price `carried` for it."""
    lines = lines.with_columns(carried=pl.lit(0, dtype=WHOLE))
    asking = {
        number: usage
        for number, usage in enumerate(tables.usages)
        if usage.counts is not None or _carries(usage)
    }
    present = sorted(set(lines["usage"].unique()) & set(asking)) if asking else []
    if not present:
        return lines
    parts = [lines.filter(~pl.col("usage").is_in(present))]
    for number in present:
        held = lines.filter(pl.col("usage") == number)
        parts.append(_count(held, asking[number], faults))
    return in_order(pl.concat(parts), tables=tables)


def _count(lines: pl.DataFrame, usage: PlanUsage, faults: Faults) -> pl.DataFrame:
    columns = lines.columns
    lines = lines.with_columns(code=pl.lit(None, dtype=pl.String()), detail=pl.lit(""))
    if usage.counts is not None:
        lines = _count_quantity(lines, usage.counts)
    if usage.carried is not None and _carries(usage):
        lines = _carry_price(lines, usage.carried)
    bad = lines.filter(pl.col("code").is_not_null())
    faults.add(bad.with_columns(component_id=pl.lit(usage.id)))
    return lines.filter(pl.col("code").is_null()).select(columns)


def _carries(usage: PlanUsage) -> bool:
    """Whether the event itself says the price."""
    return usage.carried is not None and usage.carried.series is None


def price_by_series(
    lines: pl.DataFrame, *, plan: Plan, tables: Tables, faults: Faults
) -> pl.DataFrame:
    """Lines cut into bands with the `carried` price that a series says where each begins."""
    asking = {
        number: usage.carried
        for number, usage in enumerate(tables.usages)
        if usage.carried is not None and usage.carried.series is not None
    }
    present = sorted(set(lines["usage"].unique()) & set(asking)) if asking else []
    if not present:
        return lines
    parts = [lines.filter(~pl.col("usage").is_in(present))]
    for number in present:
        held = lines.filter(pl.col("usage") == number)
        parts.append(_follow(held, asking[number], plan, tables.usages[number].id, faults))
    return in_order(pl.concat(parts), tables=tables)


def _follow(
    lines: pl.DataFrame, carried: PlanCarried, plan: Plan, component_id: int, faults: Faults
) -> pl.DataFrame:
    assert carried.series is not None
    series, columns = plan.series[carried.series], lines.columns
    made = [
        divide_half_up(price * carried.numerator, carried.denominator) for price in series.prices
    ]
    at = (pl.col("starts_at") - series.first_us) // series.step_us
    told = pl.from_epoch(pl.col("starts_at") // 1_000_000).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = lines.with_columns(at=at, code=pl.lit(None, dtype=pl.String()), detail=pl.lit(""))
    known = (pl.col("at") >= 0) & (pl.col("at") < len(made))
    price = pl.lit(pl.Series(made, dtype=WHOLE)).gather(pl.col("at").clip(0, len(made) - 1))
    lines = lines.with_columns(
        carried=pl.when(known).then(price).otherwise(0),
        code=pl.when(~known).then(pl.lit(SuspenseCode.NO_RATE.value)),
        detail=pl.format(f"{series.code}: no price at {{}}", told),
    )
    lines = _fit_price(lines, carried)
    bad = lines.filter(pl.col("code").is_not_null())
    faults.add(bad.with_columns(component_id=pl.lit(component_id)))
    return lines.filter(pl.col("code").is_null()).select(columns)


def _with_numbers(lines: pl.DataFrame, fields: Sequence[str], decimals: int) -> pl.DataFrame:
    """The fields as scaled integers in `number0`...; the first that is none goes to the fault."""
    for n, name in enumerate(fields):
        text = field_column(name)
        readable = text.str.contains(pattern_of(decimals)).fill_null(False)
        number = pl.when(readable).then(text).cast(pl.Decimal(38, decimals)).to_physical()
        lines = lines.with_columns(number.fill_null(0).alias(f"number{n}"), readable=readable)
        lines = _fault(lines, ~pl.col("readable"), SuspenseCode.NO_NUMBER, name)
    return lines


def _fault(
    lines: pl.DataFrame, test: pl.Expr, code: SuspenseCode, detail: str = ""
) -> pl.DataFrame:
    """The first fault of a line stays."""
    first = pl.col("code").is_null() & test
    return lines.with_columns(
        code=pl.when(first).then(pl.lit(code.value)).otherwise("code"),
        detail=pl.when(first).then(pl.lit(detail)).otherwise("detail"),
    )


def _count_quantity(lines: pl.DataFrame, counts: PlanCounts) -> pl.DataFrame:
    own = pl.col("quantity") if counts.from_usage else pl.lit(QUANTITY_SCALE, dtype=WHOLE)
    lines = _with_numbers(lines, counts.fields, QUANTITY_DECIMALS).with_columns(value=own)
    factors = [pl.col(f"number{n}") for n in range(len(counts.fields))]
    for factor in (*factors, pl.lit(counts.numerator, dtype=WHOLE)):
        lines = lines.with_columns(factor=factor)
        room = pl.lit(MOST, dtype=WHOLE) // pl.max_horizontal(pl.col("factor").abs(), 1)
        lines = _fault(lines, pl.col("value").abs() > room, SuspenseCode.QUANTITY_TOO_LARGE)
        product = pl.when(pl.col("code").is_null()).then(pl.col("value") * pl.col("factor"))
        lines = lines.with_columns(value=product.otherwise(0))
    lines = lines.with_columns(
        quantity=half_up(pl.col("value"), denominator=pl.lit(counts.denominator, dtype=WHOLE))
    )
    lines = _fault(lines, pl.col("quantity") < 0, SuspenseCode.NEGATIVE_QUANTITY)
    most = MAX_QUANTITY * QUANTITY_SCALE
    return _fault(lines, pl.col("quantity") > most, SuspenseCode.QUANTITY_TOO_LARGE)


def _carry_price(lines: pl.DataFrame, carried: PlanCarried) -> pl.DataFrame:
    lines = _with_numbers(lines, (carried.field,), AMOUNT_DECIMALS)
    denominator = pl.lit(carried.denominator, dtype=WHOLE)
    lines = lines.with_columns(
        carried=half_up(pl.col("number0") * carried.numerator, denominator=denominator)
    )
    return _fit_price(lines, carried)


def _fit_price(lines: pl.DataFrame, carried: PlanCarried) -> pl.DataFrame:
    room = pl.lit(MOST, dtype=WHOLE) // (pl.col("carried").abs() + (carried.margin + 1))
    too_large = pl.col("quantity") + carried.slack > room
    return _fault(lines, too_large, SuspenseCode.QUANTITY_TOO_LARGE)


def half_up(numerator: pl.Expr, *, denominator: pl.Expr) -> pl.Expr:
    """The quotient, ties away from zero, as `divide_half_up`; the denominator is positive."""
    size = (numerator.abs() * 2 + denominator) // (denominator * 2)
    return pl.when(numerator < 0).then(0 - size).otherwise(size)
