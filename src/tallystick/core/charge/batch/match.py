"""Which usage meets which components: events in order, filters as columns, what is suspended."""

from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import polars as pl

from tallystick.core.charge.batch.tables import Tables
from tallystick.core.charge.frames import (
    CHARGE_IN,
    FIRST_INSTANT_US,
    LAST_INSTANT_US,
    MAX_SPLIT_S,
    NEEDED,
    SUSPENSE,
    SuspenseCode,
    rescale,
    with_members,
)
from tallystick.core.charge.match import BadAttributes, read_attributes
from tallystick.core.tariff.nodes import Filter, Term
from tallystick.core.tariff.plan import EVENT_FIELDS, Plan
from tallystick.core.tariff.ratio import MAX_QUANTITY

_STRING: Final = r'"[^"\\\x00-\x1f]*"'
_PAIR: Final = rf"{_STRING}\s*:\s*{_STRING}\s*"
FLAT_STRINGS: Final = rf"^\s*\{{\s*({_PAIR}(,\s*{_PAIR})*)?\}}\s*$"
"""A JSON object of plain strings, as normalised usage carries it."""

ATTRIBUTE: Final = "attribute:"

FAULTS: Final = pl.Schema(
    {
        "row": pl.UInt32(),
        "usage": pl.Int32(),
        "component_id": pl.Int64(),
        "code": pl.String(),
        "detail": pl.String(),
    }
)


@dataclass(slots=True)
class Faults:
    """What is suspended so far, by the event's row."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        if frame.height:
            frame = frame.unique(["row", "usage"], keep="first", maintain_order=True)
            self.frames.append(frame.select(FAULTS.names()).cast(FAULTS))

    def rows(self) -> pl.Series:
        return self.frame()["row"].unique()

    def frame(self) -> pl.DataFrame:
        return pl.concat([FAULTS.to_frame(), *self.frames])

    def suspense(self, events: pl.DataFrame) -> pl.DataFrame:
        """SUSPENSE, in the order of events and components."""
        found = self.frame().sort("row", "usage")
        return (
            found.with_columns(usage_id=events["usage_id"].gather(found["row"]))
            .select(SUSPENSE.names())
            .cast(SUSPENSE)
        )


def read_events(usage: pl.DataFrame, *, plan: Plan) -> pl.DataFrame:
    """CHARGE_IN in whole numbers, sorted, with its `row` and the attributes that are asked for."""
    events = with_members(usage, schema=CHARGE_IN)
    events = rescale(events.sort("organisation_id", "started_at", "usage_id")).with_row_index("row")
    if not plan.attributes:
        return events.drop("attributes").with_columns(readable=pl.lit(True))
    return _with_attributes(events, plan)


def _with_attributes(events: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Flat objects of strings are read as columns, any other text once for each that differs."""
    names = {f"{ATTRIBUTE}{name}": name for name in plan.attributes}
    text = pl.col("attributes")
    flat = events.with_columns(
        text.str.json_path_match(f"$['{name}']").alias(label) for label, name in names.items()
    ).with_columns(readable=pl.lit(True))
    other = events.filter(text.is_not_null() & ~text.str.contains(FLAT_STRINGS))
    if other.is_empty():
        return flat.drop("attributes")
    read = []
    for value in other["attributes"].unique():
        try:
            held = read_attributes(value, names=plan.attributes)
            read.append((value, True, *held.values()))
        except BadAttributes:
            read.append((value, False, *(None for _ in names)))
    schema = {"attributes": pl.String(), "readable": pl.Boolean()} | dict.fromkeys(
        names, pl.String()
    )
    slow = pl.DataFrame(read, schema=schema, orient="row").with_columns(slow=pl.lit(True))
    joined = flat.join(slow, on="attributes", how="left", maintain_order="left", suffix=":slow")
    return joined.with_columns(
        pl.when(pl.col("slow")).then(f"{name}:slow").otherwise(name).alias(name)
        for name in ("readable", *names)
    ).select(*(name for name in flat.columns if name != "attributes"))


def event_faults(
    events: pl.DataFrame, *, plan: Plan, tables: Tables, faults: Faults, since_us: int = 0
) -> pl.Series:
    """Whether each event can be matched at all by a plan that is in force since then.

    Those that cannot go to the faults.
    """
    opens = pl.col("offer_id").replace_strict(tables.offers, default=None, return_dtype=pl.Int64())
    started, quantity = pl.col("started_at"), pl.col("quantity")
    order = (
        (pl.any_horizontal(pl.col(name).is_null() for name in NEEDED), SuspenseCode.INCOMPLETE),
        (
            (started < FIRST_INSTANT_US) | (started >= LAST_INSTANT_US),
            SuspenseCode.OUT_OF_RANGE,
        ),
        (quantity < 0, SuspenseCode.NEGATIVE_QUANTITY),
        (quantity > MAX_QUANTITY * 10**9, SuspenseCode.QUANTITY_TOO_LARGE),
        (pl.col("opens").is_null(), SuspenseCode.NO_OFFER),
        (
            pl.max_horizontal(started, pl.lit(since_us)) < pl.col("opens"),
            SuspenseCode.BEFORE_OFFER,
        ),
        (~pl.col("readable"), SuspenseCode.BAD_ATTRIBUTES),
    )
    held = events.with_columns(opens=opens)
    good = held.select(~pl.any_horizontal(test.fill_null(True) for test, _ in order)).to_series()
    bad = held.filter(~good)
    if bad.is_empty():
        return good
    code = reduce(
        lambda otherwise, case: pl.when(case[0]).then(pl.lit(case[1].value)).otherwise(otherwise),
        reversed(order),
        pl.lit(None, dtype=pl.String()),
    )
    names = {offer.id: offer.code for offer in plan.offers.values()}
    empty = pl.coalesce(pl.when(pl.col(n).is_null()).then(pl.lit(n)) for n in NEEDED)
    offer = pl.col("offer_id").replace_strict(names, default="", return_dtype=pl.String())
    faults.add(
        bad.with_columns(code=code).with_columns(
            usage=pl.lit(-1),
            component_id=pl.lit(0),
            detail=pl.when(pl.col("code") == SuspenseCode.INCOMPLETE.value)
            .then(empty)
            .when(pl.col("code") == SuspenseCode.NO_OFFER.value)
            .then(pl.col("offer_id").cast(pl.String()))
            .when(pl.col("code") == SuspenseCode.BEFORE_OFFER.value)
            .then(offer)
            .otherwise(pl.lit("")),
        )
    )
    return good


def match_lines(events: pl.DataFrame, *, tables: Tables) -> pl.DataFrame:
    """One line for each event and each component of its offer that its filter lets through."""
    pairs = (
        events.select("offer_id", "kind")
        .with_row_index("at")
        .join(tables.matching, on=["offer_id", "kind"], maintain_order="left_right")
    )
    at = pairs["at"]
    one_each = at.len() == events.height and at.n_unique() == at.len()
    lines = (events if one_each else events[at]).with_columns(pairs["usage"])
    kept = hold_filters(lines, index=tables.usage["filter"].at("usage"), filters=tables.filters)
    return lines if kept is None else lines.filter(kept)


def hold_filters(
    lines: pl.DataFrame,
    *,
    index: pl.Expr,
    filters: tuple[Filter, ...],
    band: pl.Expr | None = None,
) -> pl.Series | None:
    """Whether each line's own filter holds; None when all of them have none.

    `band` is the line's band, once it is known.
    """
    lines = lines.with_columns(filter=index)
    asked = sorted(lines["filter"].unique())
    if asked in ([], [0]):
        return None
    held = lines.select(
        pl.coalesce(
            pl.when(pl.col("filter") == number).then(_holds(filters[number], band))
            for number in asked
        )
    )
    return held.to_series()


def _holds(where: Filter, band: pl.Expr | None) -> pl.Expr:
    return pl.all_horizontal(pl.lit(True), *(_term_holds(term, band) for term in where.terms))


def _term_holds(term: Term, band: pl.Expr | None) -> pl.Expr:
    """A missing value equals nothing."""
    value = field_column(term.field)
    if term.field == "band":
        assert band is not None, "a price's filter is asked before the band is known"
        value = band
    equal = reduce(
        lambda one, other: one | other, (value.eq_missing(pl.lit(v)) for v in term.values)
    )
    return ~equal if term.negated else equal


def field_column(name: str) -> pl.Expr:
    """The column that holds what filters and decks call by that name."""
    return pl.col(name if name in EVENT_FIELDS else f"{ATTRIBUTE}{name}")


def counted_field(tables: Tables, *, otherwise: pl.Expr) -> pl.Expr:
    """What a component that counts by a field found there; all other components as told."""
    fields = {
        number: usage.period.terms.measure.field
        for number, usage in enumerate(tables.usages)
        if usage.period is not None and usage.period.terms.measure.field is not None
    }
    found = otherwise
    for name in sorted(set(fields.values())):
        numbers = [number for number, asked in fields.items() if asked == name]
        asks = pl.col("usage").is_in(numbers)
        found = pl.when(asks).then(field_column(name)).otherwise(found)
    return found


def split_units(lines: pl.DataFrame, *, tables: Tables, faults: Faults) -> pl.DataFrame:
    """The lines whose unit and length their component can rate; the others go to the faults."""
    expected = tables.usage["unit"].at("usage")
    too_long = tables.usage["split"].at("usage") & (pl.col("quantity") > MAX_SPLIT_S * 10**9)
    wrong = (pl.col("unit") != expected).fill_null(False)
    bad = lines.filter(wrong | too_long)
    if bad.is_empty():
        return lines
    codes = [usage.code for usage in tables.usages]
    code = pl.col("usage").replace_strict(dict(enumerate(codes)), return_dtype=pl.String())
    faults.add(
        bad.with_columns(
            component_id=tables.usage["id"].at("usage"),
            code=pl.when(wrong)
            .then(pl.lit(SuspenseCode.UNIT_MISMATCH.value))
            .otherwise(pl.lit(SuspenseCode.TOO_LONG_TO_SPLIT.value)),
            detail=pl.when(wrong)
            .then(pl.format("usage in {}, {} in {}", "unit", code, expected))
            .otherwise(pl.lit("")),
        )
    )
    return lines.filter(~(wrong | too_long))


def suspend_unmatched(
    events: pl.DataFrame, *, lines: pl.DataFrame, plan: Plan, faults: Faults
) -> None:
    """Events that nothing rates and nothing suspended yet go to the faults."""
    matched = lines["row"].unique()
    if matched.len() == events.height:
        return
    known = pl.concat([matched, faults.rows()]).unique()
    left = events.filter(~pl.col("row").is_in(known.implode()))
    names = {offer.id: offer.code for offer in plan.offers.values()}
    offer = pl.col("offer_id").replace_strict(names, default="", return_dtype=pl.String())
    faults.add(
        left.with_columns(
            usage=pl.lit(-1),
            component_id=pl.lit(0),
            code=pl.lit(SuspenseCode.NO_COMPONENT.value),
            detail=pl.format("{}: {}", offer, "kind"),
        )
    )
