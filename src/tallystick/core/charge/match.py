"""Which prices fit a usage: its fields, the filters on them, and the deck row that wins."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from typing import Any

from tallystick.core.tariff.nodes import Filter
from tallystick.core.tariff.plan import Plan, PlanDeck

Fields = Mapping[str, str | None]
DeckIndex = dict[tuple[str | None, ...], list[int]]


class BadAttributes(Exception):
    """The attributes of a usage are not one JSON object."""


def read_attributes(text: str | None, *, names: tuple[str, ...]) -> dict[str, str | None]:
    """The named attributes as text; numbers as written, nested values and null as missing.

    :raises BadAttributes: when the text is not one JSON object
    """
    if text is None:
        return dict.fromkeys(names)
    try:
        held = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise BadAttributes from None
    if not isinstance(held, dict):
        raise BadAttributes
    return {name: _as_text(held.get(name)) for name in names}


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def fields_of(row: Mapping[str, Any], *, attributes: tuple[str, ...]) -> dict[str, str | None]:
    """What filters and decks may ask of a row of CHARGE_IN.

    :raises BadAttributes: when attributes are asked for and cannot be read
    """
    fields = {name: row[name] for name in ("called", "zone", "kind")}
    if attributes:
        fields |= read_attributes(row["attributes"], names=attributes)
    return fields


def holds(where: Filter, *, fields: Fields) -> bool:
    """Whether every term holds; a missing value equals nothing."""
    return not where.terms or all(
        (fields.get(term.field) in term.values) != term.negated for term in where.terms
    )


def match_rate(plan: Plan, *, deck: int, fields: Fields, day: date) -> int | None:
    """The rate of the deck row that fits best on that day: most specific key, left to right."""
    table = plan.decks[deck]
    index = _index(plan, deck)
    for match in _candidates(table, fields):
        for row in index.get(match, ()):
            valid_from, valid_to = table.validity[row]
            if (valid_from or date.min) <= day < (valid_to or date.max):
                return table.first_rate + row
    return None


def _candidates(table: PlanDeck, fields: Fields) -> Iterator[tuple[str | None, ...]]:
    choices: list[list[str | None]] = []
    for key in table.keys:
        value = fields.get(key.field)
        fitting: list[str | None] = [None]
        if value is not None and key.prefix:
            fitting = [*(value[:length] for length in range(len(value), 0, -1)), None]
        elif value is not None:
            fitting = [value, None]
        choices.append(fitting)
    return product(*choices)


def _index(plan: Plan, deck: int) -> DeckIndex:
    made: DeckIndex | None = plan.cache.get(("exact", deck))
    if made is None:
        made = {}
        for row, match in enumerate(plan.decks[deck].matches):
            made.setdefault(match, []).append(row)
        plan.cache["exact", deck] = made
    return made


def describe_keys(table: PlanDeck, *, fields: Fields) -> str:
    """What a deck was asked for, when it had no row."""
    asked = ", ".join(f"{key.field}={fields.get(key.field) or ''}" for key in table.keys)
    return f"{table.code}: {asked}"
