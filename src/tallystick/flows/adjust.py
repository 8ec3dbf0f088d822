"""What is said of whole bills: the lines that adjust a bill task's lines.

Contracts without terms of their own, of an offer without any, are not looked at.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.frames import AMOUNT, QUANTITY
from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.period import Period
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.charge.whole_bill.adjust import adjust_bill, coin_of
from tallystick.core.charge.whole_bill.amounts import (
    Bill,
    BillAmount,
    BillCycle,
    Coupon,
    Use,
)
from tallystick.core.charge.whole_bill.terms import (
    Granted,
    HeldTerms,
    coupon_of,
    cycle_terms,
    ids_by_code,
)
from tallystick.core.invoice.cycle import CycleRule, cycle_of, whole_cycle
from tallystick.core.invoice.tax import ADJUSTMENT
from tallystick.core.tariff.bill_terms import Discount, Window
from tallystick.core.tariff.plan import PlanUsage
from tallystick.domain.contracts.grants import read_grant
from tallystick.domain.contracts.models import GrantKind
from tallystick.domain.contracts.tables import read_granted
from tallystick.domain.invoices import tables
from tallystick.domain.parties.organisations import AccountRange
from tallystick.domain.usage.tables import read_uses
from tallystick.flows.cycles import CYCLE_DAYS, rule_of

ADJUSTING: Final = pl.Schema(
    {
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "purpose": pl.String(),
        "period_from": pl.Date(),
        "period_to": pl.Date(),
        "description": pl.String(),
        "quantity": QUANTITY,
        "unit": pl.String(),
        "unit_price": AMOUNT,
        "per": QUANTITY,
        "amount": AMOUNT,
        "tax_category": pl.String(),
        "revenue_account": pl.String(),
    }
)

Line = dict[str, Any]

CREDITED_DAYS: Final = 3 * 366
"""How far back the charge of a credit is looked for."""


@dataclass(slots=True)
class _Contract:
    """A due contract with terms: what it holds, what was billed of it and what is to be."""

    id: int
    account: int
    currency: str
    zone: ZoneInfo
    ends_on: date | None
    billed_to: date | None
    starts_on: date
    rule: CycleRule
    held: list[tuple[int, date, date | None]] = field(default_factory=list)  # offer, from, to
    granted: list[Granted] = field(default_factory=list)
    new: list[Line] = field(default_factory=list)
    billed: list[Line] = field(default_factory=list)

    def cycle(self, day: date) -> Period:
        return cycle_of(day, rule=self.rule)


def adjusting_lines(
    accounts: AccountRange,
    *,
    contracts: pl.DataFrame,
    held: pl.DataFrame,
    lines: pl.DataFrame,
    plans: Sequence[DatedPlan],
    on: date,
) -> pl.DataFrame:
    """The adjusting lines (ADJUSTING) of these due contracts and their new `lines`.

    `held` are the offers that they hold (HELD_OFFERS).
    """
    granted = read_granted(accounts, on=on)
    found = _with_terms(contracts, granted, held, plans)
    if not found:
        return ADJUSTING.to_frame()
    _take_lines(found, lines)
    cycles = _take_uses(
        {one.id: list(_cycles(one, plans=plans, on=on)) for one in found.values()}, plans=plans
    )
    coupons = _coupons(granted, found, plans=plans, on=on)
    rows: list[tuple[Any, ...]] = []
    by_account: dict[int, list[_Contract]] = defaultdict(list)
    for contract in found.values():
        by_account[contract.account].append(contract)
    for account, own in by_account.items():
        # Contracts are numbered within their bill, so that bills which say the same are the same.
        place = {contract.id: at for at, contract in enumerate(own)}
        bill = Bill(
            tuple(
                replace(cycle, contract=place[contract.id])
                for contract in own
                for cycle in cycles[contract.id]
            ),
            tuple(
                one if one.contract is None else replace(one, contract=place.get(one.contract, -1))
                for one in coupons.get(account, ())
            ),
            coin_of(own[0].currency),
        )
        for cycle, added in zip(bill.cycles, adjust_bill(bill), strict=True):
            rows += [_row(own[cycle.contract].id, cycle, one) for one in added]
    return pl.DataFrame(rows, schema=ADJUSTING, orient="row")


def _row(contract: int, cycle: BillCycle, one: BillAmount) -> tuple[Any, ...]:
    amount = Decimal(one.amount) / AMOUNT_SCALE
    return (
        contract, one.component, one.purpose, cycle.begins, cycle.end, one.label,
        Decimal(1 if amount > 0 else -1), ADJUSTMENT, abs(amount), Decimal(1), amount,
        one.tax_category, one.revenue_account,
    )  # fmt: skip


def _with_terms(
    contracts: pl.DataFrame,
    granted: pl.DataFrame,
    held: pl.DataFrame,
    plans: Sequence[DatedPlan],
) -> dict[int, _Contract]:
    """The contracts whose offers have terms, or that have grants of their own or their account."""
    terms = {n for dated in plans for n, offer in dated.plan.offers.items() if offer.bill}
    own = pl.col("contract_id").is_in(
        pl.concat(
            [
                held.filter(pl.col("offer_id").is_in(terms))["contract_id"],
                granted["contract_id"].drop_nulls(),
            ]
        ).implode()
    )
    whole = granted.filter(pl.col("contract_id").is_null())["account_id"].implode()
    with_some = contracts.filter(own | pl.col("account_id").is_in(whole))
    grants: dict[tuple[int, int | None], list[Granted]] = defaultdict(list)
    for row in granted.to_dicts():
        grants[row["account_id"], row["contract_id"]].append(_grant(row))
    offers: dict[int, list[tuple[int, date, date | None]]] = defaultdict(list)
    for contract, offer, _, first, last in held.join(
        with_some, on="contract_id", how="semi", maintain_order="left"
    ).iter_rows():
        offers[contract].append((offer, first, last))
    return {
        row["contract_id"]: _Contract(
            id=row["contract_id"],
            account=row["account_id"],
            currency=row["currency"],
            zone=ZoneInfo(row["zone"]),
            ends_on=row["ends_on"],
            billed_to=row["billed_to"],
            starts_on=row["starts_on"],
            rule=rule_of(row[name] for name in CYCLE_DAYS),
            held=offers[row["contract_id"]],
            granted=[
                *grants[row["account_id"], None],
                *grants[row["account_id"], row["contract_id"]],
            ],
        )
        for row in with_some.to_dicts()
    }


def _grant(row: dict[str, Any]) -> Granted:
    term = read_grant(row["kind"], name=row["name"], words=row["words"])
    return Granted(f"#{row['grant_id']}", term, row["valid_from"], row["valid_to"])


def _take_lines(found: dict[int, _Contract], lines: pl.DataFrame) -> None:
    """Gives each contract its new lines, and the billed ones that may lie in the same cycles."""
    own = pl.col("contract_id").is_in(list(found))
    for row in lines.filter(own & ~pl.col("purpose").str.starts_with("one_off")).to_dicts():
        found[row["contract_id"]].new.append(row)
    first = date.max
    for contract in found.values():
        days = [row["period_from"] for row in contract.new]
        earliest = min([*days, contract.billed_to or contract.starts_on])
        if any(_is_credit(row) for row in contract.new):
            earliest -= timedelta(days=CREDITED_DAYS)
        first = min(first, contract.cycle(earliest).start)
    for row in tables.read_cycle_lines(list(found), since=first).to_dicts():
        found[row["contract_id"]].billed.append(row | {"amount": row["exact"]})


def _is_credit(row: Line) -> bool:
    return bool(row["purpose"].startswith("credit"))


def _cycles(contract: _Contract, *, plans: Sequence[DatedPlan], on: date) -> Iterator[BillCycle]:
    """The cycles that the bill adds to, and those that ended since the last bill."""
    placed: dict[date, list[BillAmount]] = defaultdict(list)
    for row in contract.billed:
        placed[_cycle_start(row, contract)].append(_amount(row, billed=True))
    touched = set(_ended(contract, on))
    for row in contract.new:
        start = _cycle_start(row, contract)
        placed[start].append(_amount(row, billed=False))
        touched.add(start)
    for start in sorted(touched):
        cycle = contract.cycle(start)
        held = _held_in(contract, cycle, plans)
        terms = cycle_terms(held, granted=contract.granted, start=cycle.start, end=cycle.end)
        yield BillCycle(
            contract=contract.id,
            start=whole_cycle(cycle, rule=contract.rule).start,
            end=cycle.end,
            first=cycle.start,
            served=tuple(span for one in held for span in one.spans),
            over=_is_over(contract, cycle, on),
            zone=contract.zone,
            amounts=tuple(placed[start]),
            discounts=terms.discounts,
            commitments=terms.commitments,
            limit=terms.limit,
        )


def _ended(contract: _Contract, on: date) -> Iterator[date]:
    """Where the cycles begin that were not over at the last bill and are now."""
    until = min(on, contract.ends_on or on)
    cycle = contract.cycle(contract.billed_to or contract.starts_on)
    while cycle.start < until:
        if _is_over(contract, cycle, on):
            yield cycle.start
        cycle = contract.cycle(cycle.end)


def _is_over(contract: _Contract, cycle: Period, on: date) -> bool:
    return cycle.end <= on or (contract.ends_on is not None and contract.ends_on <= on)


def _cycle_start(row: Line, contract: _Contract) -> date:
    """The cycle of a line: of a credit, that of the charge it takes back."""
    day: date = row["period_from"]
    if _is_credit(row):
        for charge in reversed(contract.billed):
            same = charge["component_id"] == row["component_id"]
            charged = same and charge["purpose"].startswith("recurring")
            if charged and charge["period_from"] <= day < charge["period_to"]:
                day = charge["period_from"]
                break
    return contract.cycle(day).start


def _amount(row: Line, *, billed: bool) -> BillAmount:
    return BillAmount(
        component=row["component_id"],
        label=row["description"].partition(",")[0],
        purpose=row["purpose"],
        amount=int(row["amount"] * AMOUNT_SCALE),
        tax_category=row["tax_category"],
        revenue_account=row["revenue_account"],
        quantity=int(row["quantity"] * QUANTITY_SCALE),
        billed=billed,
    )


def _held_in(contract: _Contract, cycle: Period, plans: Sequence[DatedPlan]) -> list[HeldTerms]:
    """The offers held in the cycle, by the version in force when it (or the contract) began."""
    day = max(cycle.start, contract.starts_on)
    plan = next((one.plan for one in reversed(plans) if one.valid_from <= day), plans[0].plan)
    since: dict[int, date] = {}
    spans: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for offer, first, last in contract.held:
        since.setdefault(offer, first)
        start, end = max(first, cycle.start), min(last or date.max, cycle.end)
        if start < end:
            spans[offer].append((start, end))
    return [
        HeldTerms(plan.offers[offer], since[offer], tuple(own))
        for offer, own in spans.items()
        if offer in plan.offers
    ]


def _take_uses(
    cycles: dict[int, list[BillCycle]], *, plans: Sequence[DatedPlan]
) -> dict[int, list[BillCycle]]:
    """The cycles with the rated lines behind them where commitments are by the hour or the day."""
    asked = [
        (cycle, component)
        for own in cycles.values()
        for cycle in own
        for commitment in cycle.commitments
        if commitment.window is not Window.CYCLE and cycle.over
        for component in commitment.covers
    ]
    if not asked:
        return cycles
    starts = [cycle.begins for cycle, _ in asked]
    rated = read_uses(
        sorted({cycle.contract for cycle, _ in asked}),
        components=sorted({component for _, component in asked}),
        span=(min(starts), max(starts) + timedelta(days=1)),
    )
    uses: dict[tuple[int, date], list[Use]] = defaultdict(list)
    for contract, component, start, started_us, charged, amount in rated.iter_rows():
        quantity = int(charged * QUANTITY_SCALE)
        use = Use(
            component, started_us, quantity, int(amount * AMOUNT_SCALE), _lasts(component, plans)
        )
        uses[contract, start].append(use)
    return {
        contract: [replace(one, uses=tuple(uses[contract, one.begins])) for one in own]
        for contract, own in cycles.items()
    }


def _lasts(component: int, plans: Sequence[DatedPlan]) -> bool:
    """Whether the component counts time."""
    parts = (dated.plan.components.get(component) for dated in reversed(plans))
    return next((part.unit == "s" for part in parts if isinstance(part, PlanUsage)), False)


def _coupons(
    granted: pl.DataFrame,
    found: dict[int, _Contract],
    *,
    plans: Sequence[DatedPlan],
    on: date,
) -> dict[int, list[Coupon]]:
    """The coupons of each account that are good for one bill more."""
    rows = granted.filter(
        (pl.col("kind") == GrantKind.COUPON)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") > on))
    ).to_dicts()
    if not rows:
        return {}
    used = dict(tables.count_coupon_bills(sorted({row["account_id"] for row in rows})).iter_rows())
    plan = next((one.plan for one in reversed(plans) if one.valid_from <= on), plans[0].plan)
    coupons: dict[int, list[Coupon]] = defaultdict(list)
    for row in rows:
        grant = _grant(row)
        assert isinstance(grant.term, Discount)
        if used.get(grant.ref, 0) >= (grant.term.bills or 1):
            continue
        ids = ids_by_code(
            HeldTerms(plan.offers[offer], first, ())
            for contract in found.values()
            if contract.account == row["account_id"]
            for offer, first, _ in contract.held
            if offer in plan.offers
        )
        coupon = coupon_of(grant, ids=ids, contract=row["contract_id"])
        coupons[row["account_id"]].append(coupon)
    return coupons
