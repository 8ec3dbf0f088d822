"""The deck row of each line: longest prefix by one binary search in flattened intervals.

A prefix covers the text interval `[prefix, next)` where `next` is the prefix with its last
character raised by one. Cut where a longer prefix begins or ends, the intervals are disjoint and
in order, and each belongs to its longest prefix.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from tallystick.base.collection import collecting_later
from tallystick.base.period import day_start
from tallystick.core.charge.batch.match import Faults, field_column
from tallystick.core.charge.batch.tables import NONE, Tables, in_order
from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import Plan, PlanDeck


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
    days = sorted({day for pair in deck.validity for day in pair if day})
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
        days = sorted({day for pair in deck.validity for day in pair if day})
        day = days[epoch - 1] if epoch else date.min
        rows = [
            row
            for row, (opens, closes) in enumerate(deck.validity)
            if (opens or date.min) <= day < (closes or date.max)
        ]
        with collecting_later():
            plan.cache[key] = (list(_make_patterns(deck, rows)), _weights(deck))
    made: tuple[list[Pattern], pl.Series] = plan.cache[key]
    return made


def _weights(deck: PlanDeck) -> pl.Series:
    """How specific each row is, its first key weighing most."""
    weights = []
    for match in deck.matches:
        weight = 0
        for key, value in zip(deck.keys, match, strict=True):
            weight = weight * 128 + (0 if value is None else len(value) if key.prefix else 1)
        weights.append(weight)
    return pl.Series(weights, dtype=pl.Int64())


def _make_patterns(deck: PlanDeck, rows: list[int]) -> Iterator[Pattern]:
    exact = [n for n, key in enumerate(deck.keys) if not key.prefix]
    prefix = next((n for n, key in enumerate(deck.keys) if key.prefix), None)
    grouped: dict[tuple[int, ...], dict[tuple[str | None, ...], dict[str, int]]] = {}
    for row in rows:
        match = deck.matches[row]
        held = tuple(n for n in exact if match[n] is not None)
        family = grouped.setdefault(held, {}).setdefault(tuple(match[n] for n in held), {})
        family["" if prefix is None else match[prefix] or ""] = deck.first_rate + row
    for held, families in grouped.items():
        columns = tuple(f"key{n}" for n in held)
        schema = dict.fromkeys((*columns, "family"), pl.String())
        names = [f"{number:08}/" for number in range(len(families))] if held else [""]
        yield Pattern(
            columns,
            pl.DataFrame(
                [(*values, name) for values, name in zip(families, names, strict=True)],
                schema=schema,
                orient="row",
            ),
            flatten_prefixes(
                {
                    name + text: rate
                    for name, family in zip(names, families.values(), strict=True)
                    for text, rate in family.items()
                }
            ),
        )


def flatten_prefixes(rates: dict[str, int]) -> Intervals:
    """Disjoint intervals of texts, in order, each with the rate of its longest prefix."""
    starts: list[str] = [""]
    owners: list[int | None] = [rates.get("")]
    open_: list[tuple[str, int | None]] = []

    def begin(start: str, rate: int | None) -> None:
        if starts[-1] == start:
            owners[-1] = rate
        else:
            starts.append(start)
            owners.append(rate)

    def close_before(start: str | None) -> None:
        while open_ and (start is None or open_[-1][0] <= start):
            end, _ = open_.pop()
            begin(end, open_[-1][1] if open_ else rates.get(""))

    for prefix in sorted(rates.keys() - {""}):
        close_before(prefix)
        begin(prefix, rates[prefix])
        open_.append((prefix[:-1] + chr(ord(prefix[-1]) + 1), rates[prefix]))
    close_before(None)
    return Intervals(pl.Series(starts), pl.Series(owners, dtype=pl.Int32()))
