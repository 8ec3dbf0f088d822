"""One event's row of a deck: the most specific that fits, the first key weighing most."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from tallystick.base.collection import collecting_later
from tallystick.core.charge.prefixes import Prefixes, gather_prefixes
from tallystick.core.tariff.plan import Plan
from tallystick.core.tariff.plan_deck import PlanDeck

_CUT: Final = "\x1f"
"""Stands behind each exact key in the texts that are looked up; no value may have it."""


@dataclass(frozen=True, slots=True)
class DeckIndex:
    """The rows of a deck by the text of their keys, the prefix last.

    `patterns` say which exact keys some row names, each once.
    """

    prefixes: Prefixes
    firsts: "array[int]"  # where the rows of each text begin in `rows`
    rows: "array[int]"
    patterns: tuple[tuple[bool, ...], ...]
    dated: bool  # whether some row is valid on some days only


def find_row(plan: Plan, *, deck: int, fields: Mapping[str, str | None], day: date) -> int | None:
    """The row of that deck that fits best on that day, or None."""
    table = plan.decks[deck]
    index = _index(plan, deck)
    prefix = next((fields.get(key.field) or "" for key in table.keys if key.prefix), "")
    found = [
        row
        for pattern in index.patterns
        if (family := _family(table, pattern, fields)) is not None
        and (row := _longest(index, family + prefix, table=table, day=day)) is not None
    ]
    if len(found) < 2:
        return found[0] if found else None
    return max(found, key=lambda row: _weight(table, row))


def _family(
    table: PlanDeck, pattern: tuple[bool, ...], fields: Mapping[str, str | None]
) -> str | None:
    """The beginning of the texts of rows with these exact keys; None where the event has none."""
    exact = (key for key in table.keys if not key.prefix)
    told = []
    for key, named in zip(exact, pattern, strict=True):
        value = fields.get(key.field) if named else ""
        if (named and not value) or _CUT in (value or ""):
            return None
        told.append(f"{value}{_CUT}")
    return "".join(told)


def _longest(index: DeckIndex, text: str, *, table: PlanDeck, day: date) -> int | None:
    for at in index.prefixes.within(text):
        for row in index.rows[index.firsts[at] : index.firsts[at + 1]]:
            if not index.dated or table.is_valid(row, day=day):
                return row
    return None


def _weight(table: PlanDeck, row: int) -> tuple[int, ...]:
    pairs = zip(table.keys, table.match(row), strict=True)
    return tuple(0 if value is None else len(value) if key.prefix else 1 for key, value in pairs)


def _index(plan: Plan, deck: int) -> DeckIndex:
    made: DeckIndex | None = plan.cache.get(("exact", deck))
    if made is None:
        with collecting_later():
            made = plan.cache["exact", deck] = _gather(plan.decks[deck])
    return made


def _gather(table: PlanDeck) -> DeckIndex:
    exact = [f"key{n}" for n, key in enumerate(table.keys) if not key.prefix]
    order = sorted(range(len(table.keys)), key=lambda n: table.keys[n].prefix)
    parts = [
        pl.col(f"key{n}").fill_null("") + ("" if table.keys[n].prefix else _CUT) for n in order
    ]
    texts = table.rows.columns.select(text=pl.concat_str(parts)).with_row_index("row")
    groups = texts.group_by("text").agg(pl.col("row").sort()).sort("text")
    firsts = array("I", [0])
    firsts.extend(groups["row"].list.len().cum_sum())
    named = table.rows.columns.select(pl.col(exact).is_not_null()).unique() if exact else None
    return DeckIndex(
        gather_prefixes(groups["text"]),
        firsts,
        array("I", groups["row"].explode()),
        tuple(sorted(named.iter_rows())) if named is not None else ((),),
        bool(table.rows.days),
    )
