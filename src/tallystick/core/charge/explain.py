"""A rated line in words that a customer can read, from the line alone."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any, Final

from tallystick.base.money import AMOUNT_SCALE, EXACT, plain, round_amount
from tallystick.base.quantity import QUANTITY_SCALE, UNITS
from tallystick.core.charge.lines import INCLUDED, PAID_AT_ONCE, SURPLUS
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import Plan, PlanAllowance, PlanUsage, StepSet
from tallystick.core.tariff.plan_deck import PlanDeck

_SHARED: Final = {
    Scope.CONTRACT: "",
    Scope.ACCOUNT: ", shared by the account",
    Scope.ORGANISATION: ", shared by the organisation",
    Scope.POOL: ", shared by the pool",
}


def explain_line(line: Mapping[str, Any], *, plan: Plan) -> list[str]:
    """One row of RATED as sentences: how it was counted and priced, then what was applied to it.

    `127 s to 4420...: billed 180 s (60 s then 60 s), deck international prefix 4420 at 0.021 per
    min, connect 0.05 -> 0.113`
    """
    usage = plan.components[line["component_id"]]
    assert isinstance(usage, PlanUsage)
    if line["band"] == PAID_AT_ONCE:
        return [f"paid or given back while it was used -> {plain(line['amount'])}"]
    if line["band"] == INCLUDED:
        shared = next(
            _SHARED[p.scope] for p in _allowances(usage, plan) if p.code == line["rate_key"]
        )
        told = (
            f"{plain(abs(line['amount']))} of what it costs included in {line['rate_key']}{shared}"
        )
        return [f"{told} -> {plain(line['amount'])}"]
    with localcontext(EXACT):
        priced = round_amount((line["billed"] - line["allowed"]) * line["unit_price"] / line["per"])
        phrases = [*_counted(line, usage, plan), *_priced(line, usage, plan)]
        due = priced + line["fee"]
    told = f"{_usage(line, usage, plan)}: {', '.join(phrases)} -> {plain(due)}"
    if line["seq"] < 0:
        told = f"taken back: {told}"
    return [told, *_limited(line, usage, due)]


def explain_period(line: Mapping[str, Any], *, plan: Plan) -> str:
    """One row of PERIOD_RATED, or a difference of two, as a sentence.

    `40 kW measured by highest 30 min: billed 40 kW, at 7.2 per kW -> 288`
    """
    usage = plan.components[line["component_id"]]
    assert isinstance(usage, PlanUsage)
    assert usage.period is not None
    unit = usage.period.unit or "event"
    if line["band"] == SURPLUS:
        told = f"surplus of {plain(line['billed'])} {unit} settled"
        told += f" at {plain(-line['unit_price'])} per {_per(line['per'], unit)}"
        return f"{told} -> {plain(line['amount'])}"
    told = f"billed {plain(line['billed'])} {unit}"
    if line["measured"]:
        how = usage.period.terms.measure.kind.value
        told = f"{plain(line['measured'])} {unit} measured ({how}): {told}"
    where = f" in {line['band']}" if line["band"] else ""
    tier = f"tier {line['tier']} " if line["tier"] is not None else ""
    told += f"{where}, {tier}at {plain(line['unit_price'])} per {_per(line['per'], unit)}"
    if line["fee"]:
        told += f", {plain(line['fee'])} for the tier"
    return f"{told} -> {plain(line['amount'])}"


def _usage(line: Mapping[str, Any], usage: PlanUsage, plan: Plan) -> str:
    again = line["seq"] > 0 and line["tier"] is not None and line["measured"] == 0
    told = "the rest" if again else f"{plain(line['measured'])} {usage.unit or 'of ' + usage.kind}"
    prefix = _prefix(line, usage, plan)
    if prefix:
        told += f" to {prefix}..."
    return f"{told} in {line['band']}" if line["band"] else told


def _prefix(line: Mapping[str, Any], usage: PlanUsage, plan: Plan) -> str | None:
    """The dialled prefix that the deck row names."""
    deck, row = _deck_row(line, usage, plan)
    if deck is None or row is None:
        return None
    match = zip(deck.keys, deck.match(row), strict=True)
    return next((value for key, value in match if key.prefix), None)


def _deck_row(
    line: Mapping[str, Any], usage: PlanUsage, plan: Plan
) -> tuple[PlanDeck | None, int | None]:
    """The component's deck, or its second, and the row that the line names by key and price."""
    if usage.deck is None:
        return None, None
    wanted = int(line["unit_price"] * AMOUNT_SCALE)
    for number in (usage.deck, usage.fallback):
        if number is not None:
            deck = plan.decks[number]
            row = deck.find_row(line["rate_key"], unit_price=wanted)
            if row is not None:
                return deck, row
    return plan.decks[usage.deck], None


def _counted(line: Mapping[str, Any], usage: PlanUsage, plan: Plan) -> Iterator[str]:
    steps = plan.steps[_steps(line, usage, plan)]
    if line["billed"] != line["measured"] or steps != StepSet():
        how = _steps_in_words(steps, usage.unit or "")
        yield f"billed {plain(line['billed'])} {usage.unit or ''}".strip() + how
    if line["allowed"]:
        yield f"{plain(line['allowed'])} {usage.unit} of it included{_from_bucket(usage, plan)}"


def _from_bucket(usage: PlanUsage, plan: Plan) -> str:
    """The bucket that it came from, where the component has only one that it could be."""
    covering = [part for part in _allowances(usage, plan) if not part.money]
    if len(covering) != 1:
        return ""
    return f" in {covering[0].code}{_SHARED[covering[0].scope]}"


def _allowances(usage: PlanUsage, plan: Plan) -> list[PlanAllowance]:
    offer = plan.offers.get(usage.offer_id)
    return [part for part in offer.allowances if usage.id in part.covers] if offer else []


def _steps(line: Mapping[str, Any], usage: PlanUsage, plan: Plan) -> int:
    deck, row = _deck_row(line, usage, plan)
    own = None if deck is None or row is None else deck.rate(row).steps
    return usage.steps if own is None else own


def _steps_in_words(steps: StepSet, unit: str) -> str:
    def size(scaled: int) -> str:
        return f"{plain(Decimal(scaled) / QUANTITY_SCALE)} {unit}".strip()

    words = []
    for increment, span in steps.steps:
        lasting = f" for {size(span)}" if span is not None and span != increment else ""
        words.append(size(increment) + lasting)
    if len(words) == 1:
        words *= 2
    told = [" then ".join(words)] if words else []
    if steps.minimum:
        told.append(f"at least {size(steps.minimum)}")
    if steps.free_first:
        told.append(f"the first {size(steps.free_first)} free")
    return f" ({', '.join(told)})" if told else ""


def _priced(line: Mapping[str, Any], usage: PlanUsage, plan: Plan) -> Iterator[str]:
    if usage.period is not None:
        yield "priced with the whole period"
    elif usage.unit is not None:
        price = f"at {plain(line['unit_price'])} per {_per(line['per'], usage.unit)}"
        if usage.carried is not None:
            own = "the event's own price" if usage.carried.series is None else usage.carried.field
            price = f"{own}, {price}"
        deck, row = _deck_row(line, usage, plan)
        if line["tier"] is not None:
            price = f"tier {line['tier']} {price}"
        elif deck is not None and row is None:
            price = f"no row in {deck.code}, {price}"
        elif deck is not None and row is not None:
            price = f"deck {deck.code} {_key_in_words(deck, row)} {price}"
        yield price
    if line["fee"]:
        yield f"connect {plain(line['fee'])}"


def _key_in_words(deck: PlanDeck, row: int) -> str:
    """`prefix 4420` or `zone eu, plan a`; what fits everything is left out."""
    match = zip(deck.keys, deck.match(row), strict=True)
    told = [f"{key.column} {value}" for key, value in match if value is not None]
    return ", ".join(told) or "for all else"


def _per(per: Decimal, unit: str) -> str:
    """The unit that a price is written for: 60 s is a min."""
    for name, known in UNITS.items():
        if known.canonical == unit and known.factor == per:
            return name
    return f"{plain(per)} {unit}"


def _limited(line: Mapping[str, Any], usage: PlanUsage, due: Decimal) -> Iterator[str]:
    if line["amount"] == due:
        return
    least, most = usage.charge_at_least, usage.charge_at_most
    if line["amount"] > due and least is not None:
        bound = f"charged at least {plain(Decimal(least) / AMOUNT_SCALE)}"
    else:
        bound = f"charged at most {plain(Decimal(most or 0) / AMOUNT_SCALE)}"
    yield f"{bound} for the whole event -> {plain(line['amount'])}"
