"""Contracts' own prices, as the variants of offers that charge and bill runs rate them by."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from tallystick.core.charge.versions import DatedPlan
from tallystick.core.invoice.due import OwnRate
from tallystick.core.tariff.own_prices import Variant, read_recurring_price, variant_ids
from tallystick.core.tariff.plan import PlanRecurring
from tallystick.domain.contracts.tables import read_overrides

Span = tuple[date, date, Variant]
"""A variant of an offer on the days [from, to)."""


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """One contract's price of a component on the days [valid_from, valid_to)."""

    component_id: int
    words: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class OwnPrices:
    """All own prices of an operator: spans by (contract, offer), prices by contract."""

    spans: Mapping[tuple[int, int], tuple[Span, ...]] = field(default_factory=dict)
    prices: Mapping[int, tuple[OwnPrice, ...]] = field(default_factory=dict)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Each variant once, in order."""
        return tuple(sorted({span[2] for spans in self.spans.values() for span in spans}))

    def vary(self, held: pl.DataFrame) -> pl.DataFrame:
        """Rows of offers held (`contract_id`, `offer_id`, `valid_from`, `valid_to`), cut where the
        contract's own prices begin and end, with the identity of the variant there.
        """
        if not self.spans:
            return held
        own = held["contract_id"].is_in(list(self.prices))
        ids = variant_ids(self.variants)
        cut = [piece for row in held.filter(own).to_dicts() for piece in self._cut(row, ids)]
        varied = pl.DataFrame(cut, schema=held.schema, orient="row")
        return pl.concat([held.filter(~own), varied])

    def offer_on(self, contract_id: int, offer_id: int, day: date) -> int:
        """The offer, or the variant of it that the contract's own prices make that day."""
        for start, end, variant in self.spans.get((contract_id, offer_id), ()):
            if start <= day < end:
                return variant_ids(self.variants)[variant.code]
        return offer_id

    def _cut(self, row: dict[str, Any], ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        first, last = row["valid_from"], row["valid_to"] or date.max
        spans = self.spans.get((row["contract_id"], row["offer_id"]), ())
        edges = {first, last, *(day for start, end, _ in spans for day in (start, end))}
        inside = sorted(day for day in edges if first <= day <= last)
        for start, end in pairwise(inside):
            variant = next((v for begun, ended, v in spans if begun <= start < ended), None)
            yield row | {
                "offer_id": ids[variant.code] if variant else row["offer_id"],
                "valid_from": start,
                "valid_to": None if end == date.max else end,
            }

    def recurring(self, contract_id: int, *, plans: Sequence[DatedPlan]) -> tuple[OwnRate, ...]:
        """The contract's own prices of what recurs."""
        return tuple(
            OwnRate(
                own.component_id,
                read_recurring_price(own.words, component=str(own.component_id)),
                own.valid_from,
                own.valid_to,
            )
            for own in self.prices.get(contract_id, ())
            if any(
                isinstance(dated.plan.components.get(own.component_id), PlanRecurring)
                for dated in plans
            )
        )


def load_own_prices() -> OwnPrices:
    """The own prices of all contracts of the operator acted for."""
    rows = read_overrides()
    if rows.is_empty():
        return OwnPrices()
    prices: dict[int, list[OwnPrice]] = defaultdict(list)
    offers: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.to_dicts():
        own = OwnPrice(row["component_id"], row["words"], row["valid_from"], row["valid_to"])
        prices[row["contract_id"]].append(own)
        offers[row["contract_id"], row["offer_id"]].append(row)
    return OwnPrices(
        {key: tuple(_spans(own)) for key, own in offers.items()},
        {contract: tuple(own) for contract, own in prices.items()},
    )


def _spans(own: Sequence[Mapping[str, Any]]) -> Iterator[Span]:
    """The stretches of time in which a contract's prices of one offer stay the same."""
    edges = sorted({day for row in own for day in (row["valid_from"], row["valid_to"] or date.max)})
    for start, end in pairwise(edges):
        running = {
            row["component"]: row["words"]
            for row in own
            if row["valid_from"] <= start < (row["valid_to"] or date.max)
        }
        if running:
            yield start, end, Variant(own[0]["offer"], tuple(sorted(running.items())))
