"""What was used of a charge paid up front: an early change gives nothing of that back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.frames import COUNTERS
from tallystick.core.invoice.cycle import CycleRule, cycles_between
from tallystick.core.invoice.due import PricedPeriod
from tallystick.core.invoice.prorate import prorate_amount
from tallystick.core.invoice.recur import BilledLine, Purpose
from tallystick.core.tariff.plan import PlanOffer
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.usage.charge_tables import read_counters
from tallystick.flows.cycles import CYCLE_DAYS, rule_of

Billed = dict[int, list[tuple[int, BilledLine]]]
"""By contract: (component, line)."""

Credits = Mapping[int, Mapping[int, Decimal]]
"""By recurring component: what of each allowance, in whole units, it brings for a cycle."""


def note_used(
    billed: Billed,
    *,
    accounts: AccountRange,
    contracts: pl.DataFrame,
    plans: Sequence[PricedPeriod],
) -> Billed:
    """The lines with what was used of them, where their price is aware of its credits."""
    credits = _all_credits(plans)
    named = {component for own in billed.values() for component, _ in own}
    if not named & set(credits):
        return billed
    counters = read_counters(accounts=accounts, schema=COUNTERS)
    used = {
        (contract, component, start): amount
        for contract, component, start, amount in counters.select(
            "contract_id", "component_id", "cycle_start", "used"
        ).iter_rows()
    }
    rules = {
        contract: rule_of(days)
        for contract, *days in contracts.select("contract_id", *CYCLE_DAYS).iter_rows()
    }
    return {
        contract: [
            (component, _Use(contract, rules[contract], used).of(line, credits.get(component, {})))
            for component, line in own
        ]
        for contract, own in billed.items()
    }


def aware_of_credits(plans: Sequence[PricedPeriod]) -> list[int]:
    """The recurring components of which an early change gives back only what was not used."""
    return sorted(_all_credits(plans))


def _all_credits(plans: Sequence[PricedPeriod]) -> Credits:
    return {
        component: brings
        for priced in plans
        for offer in priced.plan.offers.values()
        for component, brings in _credits(offer)
    }


def _credits(offer: PlanOffer) -> Iterator[tuple[int, dict[int, Decimal]]]:
    for part in offer.recurring:
        named = part.price.proration.credits
        brings = {one.id: Decimal(one.quantity) for one in offer.allowances if one.code in named}
        if brings:
            yield part.id, brings


@dataclass(frozen=True, slots=True)
class _Use:
    """What a contract drew of its allowances, by allowance and cycle."""

    contract: int
    rule: CycleRule
    used: Mapping[tuple[int, int, date], Decimal]

    def of(self, line: BilledLine, brings: Mapping[int, Decimal]) -> BilledLine:
        """The line with the part of its amount that the allowance used most stands for."""
        if not brings or not line.purpose.startswith(Purpose.RECURRING):
            return line
        cycles = cycles_between(rule=self.rule, start=line.period.start, end=line.period.end)
        part = Fraction(0)
        for allowance, quantity in brings.items():
            keys = [(self.contract, allowance, cycle.start) for cycle in cycles]
            drawn = sum((self.used.get(key, Decimal(0)) for key in keys), Decimal(0))
            whole = Fraction(quantity) * len(cycles)
            part = max(part, Fraction(drawn) * QUANTITY_SCALE / whole)
        consumed = prorate_amount(line.amount, part=min(part, Fraction(1)))
        return replace(line, consumed=consumed.copy_abs())
