"""Which prices fit a usage: its fields, the filters on them, and the deck row that wins."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from tallystick.core.charge.deck_index import find_row
from tallystick.core.tariff.nodes import Filter
from tallystick.core.tariff.plan import Plan
from tallystick.core.tariff.plan_deck import PlanDeck

Fields = Mapping[str, str | None]


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
    row = find_row(plan, deck=deck, fields=fields, day=day)
    return None if row is None else plan.decks[deck].first_rate + row


def describe_keys(table: PlanDeck, *, fields: Fields) -> str:
    """What a deck was asked for, when it had no row."""
    asked = ", ".join(f"{key.field}={fields.get(key.field) or ''}" for key in table.keys)
    return f"{table.code}: {asked}"
