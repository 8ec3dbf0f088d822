"""The deck row of each line: longest prefix by one binary search in flattened intervals.

A prefix covers the text interval `[prefix, next)` where `next` is the prefix with its last
character raised by one. Cut where a longer prefix begins or ends, the intervals are disjoint and
in order, and each belongs to its longest prefix.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from tallystick.base.period import day_start
from tallystick.core.charge.batch.match import Faults, field_column
from tallystick.core.charge.batch.tables import NONE, Tables, in_order
from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.charge.prefixes import parents_of
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import Plan
from tallystick.core.tariff.plan_deck import PlanDeck


@dataclass(frozen=True, slots=True)
class Intervals:
    """Sorted starts of text intervals and the rate of each, null where no prefix reaches."""

    starts: pl.Series
    rates: pl.Series

    def find(self, texts: pl.Series) -> pl.Series:
        """The rate of each text."""
        return self.rates.gather(self.starts.search_sorted(texts, side="right") - 1)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The rows of a deck that leave the same exact keys open, as they stand on some days.

    Rows with equal exact keys are a family; its number leads the texts of its intervals.
    """

    columns: tuple[str, ...]
    families: pl.DataFrame  # columns, family
    intervals: Intervals

    def find(self, asked: pl.DataFrame, prefix: str | None) -> pl.Series:
        """The rate of the longest prefix in the family that fits each row of keys, or null."""
        text = pl.lit("") if prefix is None else pl.col(prefix).fill_null("")
        if not self.columns:
            return self.intervals.find(asked.with_columns(text=text)["text"])
        held = asked.join(self.families, on=self.columns, how="left", maintain_order="left")
        # a row without a family asks for the empty text, which no prefix covers
        text = (
            pl.when(pl.col("family").is_null()).then(pl.lit("")).otherwise(pl.col("family") + text)
        )
        return self.intervals.find(held.with_columns(text=text)["text"])


def look_up_decks(
    lines: pl.DataFrame, *, plan: Plan, tables: Tables, faults: Faults
) -> pl.DataFrame:
    """Lines with their `rate`; those whose deck has none, and that may not, go to the faults."""
    lines = lines.with_columns(
        deck=tables.usage["deck"].at("usage"), rate=tables.slot["rate"].at("slot")
    )
    numbers = sorted(set(lines["deck"].unique()) - {NONE})
    if not numbers:
        return lines.drop("deck")
    parts = [lines.filter(pl.col("deck") == NONE)] if NONE in lines["deck"] else []
    for number in numbers:
        held = lines.filter(pl.col("deck") == number)
        rates = _deck_rates(held, plan=plan, number=number, tables=tables)
        held = _fall_back(held.with_columns(rate=rates), plan=plan, tables=tables)
        held = held.with_columns(
            pl.coalesce("rate", tables.usage["no_rate"].at("usage")).alias("rate")
        )
        if held["rate"].null_count():
            _suspend(held.filter(pl.col("rate").is_null()), plan.decks[number], tables, faults)
        parts.append(held)
    if len(parts) == 1:
        return parts[0].drop("deck")
    return in_order(pl.concat(parts), tables=tables).drop("deck")


def _fall_back(lines: pl.DataFrame, *, plan: Plan, tables: Tables) -> pl.DataFrame:
    """Lines with the `rate` of a second deck where the first has none."""
    numbers = sorted(set(tables.usage["fallback"].values) - {NONE})
    if not numbers or not lines["rate"].null_count():
        return lines
    lines = lines.with_columns(fallback=tables.usage["fallback"].at("usage"))
    for number in numbers:
        asks = lines.select(pl.col("rate").is_null() & (pl.col("fallback") == number)).to_series()
        held = lines.filter(asks)
        if held.height:
            rates = _deck_rates(held, plan=plan, number=number, tables=tables)
            whole = lines["rate"].clone().scatter(asks.arg_true(), rates)
            lines = lines.with_columns(whole.alias("rate"))
    return lines.drop("fallback")


def _suspend(lines: pl.DataFrame, deck: PlanDeck, tables: Tables, faults: Faults) -> None:
    asked = [
        pl.format(f"{key.field}={{}}", _key_column(key.field, tables).fill_null(""))
        for key in deck.keys
    ]
    name = deck.code.replace("{", "{{").replace("}", "}}")
    faults.add(
        lines.with_columns(
            component_id=tables.usage["id"].at("usage"),
            code=pl.lit(SuspenseCode.NO_RATE.value),
            detail=pl.concat_str(pl.lit(f"{name}: "), pl.concat_str(asked, separator=", ")),
        )
    )


def _key_column(field: str, tables: Tables) -> pl.Expr:
    return tables.slot["band"].at("slot") if field == "band" else field_column(field)


def _deck_rates(lines: pl.DataFrame, *, plan: Plan, number: int, tables: Tables) -> pl.Series:
    """The rate of each line in that deck, or null."""
    deck = plan.decks[number]
    asked = lines.select(
        _key_column(key.field, tables).alias(f"key{n}") for n, key in enumerate(deck.keys)
    )
    days = deck.rows.days
    if not days:
        return _rates_on(asked, plan=plan, number=number, epoch=0)
    opens = pl.Series([microseconds(day_start(day, plan.zone)) for day in days])
    epochs = opens.search_sorted(lines["starts_at"], side="right")
    found = asked.with_columns(epoch=epochs).with_row_index("at")
    parts = []
    for epoch in sorted(epochs.unique()):
        held = found.filter(pl.col("epoch") == epoch)
        rates = _rates_on(held, plan=plan, number=number, epoch=epoch)
        parts.append(held.select("at").with_columns(rate=rates))
    return pl.concat(parts).sort("at")["rate"]


def _rates_on(asked: pl.DataFrame, *, plan: Plan, number: int, epoch: int) -> pl.Series:
    """The best row for each asked key: each pattern's row, then the one of most weight."""
    deck = plan.decks[number]
    prefix = next((f"key{n}" for n, key in enumerate(deck.keys) if key.prefix), None)
    patterns, weights = _patterns(plan, number, epoch)
    found = [pattern.find(asked, prefix) for pattern in patterns]
    if len(found) == 1:
        return found[0]
    best = pl.DataFrame({"rate": pl.repeat(None, asked.height, dtype=pl.Int32(), eager=True)})
    weight = pl.lit(weights)
    for rates in found:
        best = best.with_columns(other=rates).select(
            rate=pl.when(
                weight.gather(pl.col("other") - deck.first_rate)
                > weight.gather(pl.col("rate") - deck.first_rate).fill_null(-1)
            )
            .then("other")
            .otherwise("rate")
        )
    return best["rate"]


def _patterns(plan: Plan, number: int, epoch: int) -> tuple[list[Pattern], pl.Series]:
    """The deck's patterns between two changes of its rows, and the weight of each row."""
    key = ("patterns", number, epoch)
    if key not in plan.cache:
        deck = plan.decks[number]
        days = deck.rows.days
        valid = deck.rows.valid_on(days[epoch - 1] if epoch else date.min)
        rows = deck.rows.columns.with_row_index("rate", offset=deck.first_rate)
        said = pl.lit(pl.Series(valid, dtype=pl.Boolean))
        held = rows.filter(said.gather(pl.col("terms")))
        plan.cache[key] = (list(_make_patterns(deck, held)), _weights(deck))
    made: tuple[list[Pattern], pl.Series] = plan.cache[key]
    return made


def _weights(deck: PlanDeck) -> pl.Series:
    """How specific each row is, its first key weighing most."""
    weight = pl.lit(0, dtype=pl.Int64)
    for n, key in enumerate(deck.keys):
        value = pl.col(f"key{n}")
        own = value.str.len_chars() if key.prefix else value.is_not_null()
        weight = weight * 128 + own.cast(pl.Int64).fill_null(0)
    return deck.rows.columns.select(weight=weight).to_series()


def _make_patterns(deck: PlanDeck, rows: pl.DataFrame) -> Iterator[Pattern]:
    """Of rows with their `rate`."""
    exact = [f"key{n}" for n, key in enumerate(deck.keys) if not key.prefix]
    prefix = next((f"key{n}" for n, key in enumerate(deck.keys) if key.prefix), None)
    text = pl.lit("") if prefix is None else pl.col(prefix).fill_null("")
    if not exact:
        yield Pattern((), pl.DataFrame(), flatten_prefixes(rows.select("rate", text=text)))
        return
    named = [pl.col(key).is_not_null().alias(f"names_{key}") for key in exact]
    for pattern, own in rows.group_by(named, maintain_order=True):
        columns = [key for key, is_named in zip(exact, pattern, strict=True) if is_named]
        if not columns:
            yield Pattern((), pl.DataFrame(), flatten_prefixes(own.select("rate", text=text)))
            continue
        families = own.select(columns).unique(maintain_order=True).with_row_index("at")
        number = pl.col("at").cast(pl.String).str.zfill(8) + "/"
        families = families.select(*columns, family=number)
        held = own.join(families, on=columns, maintain_order="left")
        texts = held.select("rate", text=pl.col("family") + text)
        yield Pattern(tuple(columns), families, flatten_prefixes(texts))


def flatten_prefixes(rates: pl.DataFrame) -> Intervals:
    """Disjoint intervals of texts, in order, each with the rate of its longest prefix.

    `rates` has different texts, each with its `rate`.
    """
    rates = rates.sort("text").with_columns(pl.col("rate").cast(pl.Int32))
    outer = rates.select("text", outer=pl.col("rate").gather(pl.lit(parents_of(rates["text"]))))
    last = pl.col("text").str.slice(-1)
    after = {one: chr(ord(one) + 1) for one in rates["text"].str.slice(-1).unique() if one}
    ends = outer.filter(pl.col("text") != "").select(
        start=pl.col("text").str.head(-1) + last.replace_strict(after, return_dtype=pl.String),
        rate="outer",
    )
    starts = rates.select(start="text", rate="rate")
    first = pl.DataFrame({"start": [""], "rate": [None]}, schema=starts.schema)
    cut = pl.concat([starts, ends, first]).unique("start", keep="first", maintain_order=True)
    cut = cut.sort("start")
    return Intervals(cut["start"], cut["rate"])
