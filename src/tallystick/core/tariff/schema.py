"""The JSON Schema of a catalogue's text, made from the reader's own tables of words.

An editor completes and checks with it; what only the whole list can tell (gaps, units, sizes) is
told by `tallystick catalog check`. A phrase may be written as text, a number, or true and false.
"""

from enum import StrEnum
from typing import Any, Final

from tallystick.core.tariff import nodes
from tallystick.core.tariff.components import ALLOWANCE_WORDS, PRORATION_WORDS, RECURRING_WORDS
from tallystick.core.tariff.periods import TIER_WORDS
from tallystick.core.tariff.proration import ProrationBasis, ProrationPolicy
from tallystick.core.tariff.read import DECK_WORDS, OFFER_WORDS, SERIES_WORDS, TOP_WORDS
from tallystick.core.tariff.read_bill_terms import COMMITMENT_WORDS, DISCOUNT_WORDS
from tallystick.core.tariff.read_term import MINIMUM_TERM_WORDS
from tallystick.core.tariff.source import MAX_DEPTH
from tallystick.core.tariff.usages import USAGE_WORDS

Schema = dict[str, Any]

PHRASE: Final[Schema] = {"type": ["string", "number", "boolean"]}
WORDS: Final[Schema] = {"anyOf": [PHRASE, {"type": "array", "items": PHRASE}]}
PRICES: Final[Schema] = {
    "anyOf": [PHRASE, {"type": "object", "additionalProperties": {"$ref": "#/$defs/prices"}}]
}
CALENDAR: Final[Schema] = {
    "anyOf": [
        PHRASE,
        {"type": "array", "items": PHRASE},
        {"type": "object", "additionalProperties": PHRASE},
    ]
}


def _choice(words: type[StrEnum]) -> Schema:
    return {"enum": [str(word) for word in words]}


def _named(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _node(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


PHRASES_BY_NAME: Final = _named(PHRASE)

SHAPES: Final[dict[str, dict[str, Schema]]] = {
    "catalogue": {
        "calendars": _named(CALENDAR),
        "decks": _named(_node("deck")),
        "series": _named(_node("series")),
        "offers": {**_named(_node("offer")), "minProperties": 1},
    },
    "deck": {"key": WORDS},
    "series": {},
    "offer": {
        "components": {**_named(_node("component")), "minProperties": 1},
        "term": {"anyOf": [PHRASE, _node("term")]},
        "discounts": _named(_node("discount")),
        "commitments": _named(_node("commitment")),
    },
    "recurring": {
        "in": _choice(nodes.Timing),
        "align": _choice(nodes.Alignment),
        "proration": {"anyOf": [_choice(ProrationPolicy), _node("proration")]},
    },
    "proration": {"by": _choice(ProrationBasis), "credits aware": WORDS},
    "allowance": {
        "of": WORDS,
        "converts": PHRASES_BY_NAME,
        "share": _choice(nodes.Scope),
        "covers": WORDS,
        "blocks": {"type": ["boolean", "string"]},
    },
    "usage": {
        "by": WORDS,
        "bands": PHRASES_BY_NAME,
        "price": _node("prices"),
        "tiers": _node("tiers"),
        "share": _choice(nodes.Scope),
        "late": _choice(nodes.Late),
        "split": {"type": ["boolean", "string"]},
    },
    "tiers": {
        "reset": _choice(nodes.Reset),
        "kind": _choice(nodes.TierKind),
        "allocate": _choice(nodes.Allocation),
    },
    "term": {"leaving": {"anyOf": [PHRASE, PHRASES_BY_NAME]}},
    "discount": {"covers": WORDS},
    "commitment": {"covers": WORDS},
}
"""The words that are more, or less, than a phrase; a word of none of these is a phrase."""

TABLES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "catalogue": (TOP_WORDS, ("currency", "zone", "offers")),
    "deck": (DECK_WORDS, ("file", "key")),
    "series": (SERIES_WORDS, ("file",)),
    "offer": (OFFER_WORDS, ("components",)),
    "recurring": (RECURRING_WORDS, ("every", "price")),
    "proration": (PRORATION_WORDS, ()),
    "allowance": (ALLOWANCE_WORDS, ("include",)),
    "usage": (USAGE_WORDS, ("of",)),
    "tiers": (TIER_WORDS, ()),
    "term": (MINIMUM_TERM_WORDS, ("for",)),
    "discount": (DISCOUNT_WORDS, ("less",)),
    "commitment": (COMMITMENT_WORDS, ("pay", "covers")),
}
"""What the reader knows in each table of the text, and what may not be left out."""


BANDED_TIERS: Final[Schema] = {
    "required": ["bands", "price"],
    "properties": {
        "bands": {"minProperties": 2},
        "price": {
            "type": "object",
            "not": {
                "anyOf": [
                    {"required": ["above"]},
                    {"additionalProperties": {"not": {"type": "object"}}},
                ]
            },
        },
    },
}
"""A price by band, one of them at least with tiers."""

RULES: Final[dict[str, Schema]] = {
    "usage": {
        "if": BANDED_TIERS,
        "then": {"required": ["tiers"], "properties": {"tiers": {"required": ["allocate"]}}},
    }
}
"""What some words of a table ask for."""


def catalogue_schema() -> Schema:
    """The schema (draft 2020-12) of a whole catalogue."""
    tables = {name: _table(name) for name in TABLES}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Tallystick price list",
        "description": f"Nested at most {MAX_DEPTH} deep, without anchors and tags.",
        **tables.pop("catalogue"),
        "$defs": {**tables, "prices": PRICES, "component": _component()},
    }


def _table(name: str) -> Schema:
    words, needed = TABLES[name]
    shapes = SHAPES[name]
    return {
        **RULES.get(name, {}),
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": {word: shapes.get(word, PHRASE) for word in words},
    }


def _component() -> Schema:
    """What a component is, by the word that tells its kind; as `read_component` asks."""
    usage: Schema = _node("usage")
    for word, kind in (("include", "allowance"), ("every", "recurring")):
        usage = {"if": {"required": [word]}, "then": _node(kind), "else": usage}
    return {"type": "object", **usage}
