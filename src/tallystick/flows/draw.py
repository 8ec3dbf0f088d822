"""Money taken from balances, by usage and daily fees; what is told, cut off, restored for it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from tallystick.base.money import AMOUNT_SCALE, amount_of
from tallystick.base.progress import Progress, silent
from tallystick.core.charge.balance import Mode, Use, draw, draw_order, fee_of_day, limit_of, usable
from tallystick.core.charge.draw_lines import draw_lines
from tallystick.core.charge.drawn import CAUSE
from tallystick.core.charge.facts import (
    Fact,
    bucket_facts,
    limit_facts,
    money_facts,
    nothing_left,
)
from tallystick.core.charge.frames import descale, frame_of, rescale
from tallystick.core.charge.online.state import AccountState
from tallystick.core.charge.own_buckets import BUCKET_PER_QUANTITY, OwnBuckets
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import PlanUsage
from tallystick.core.tariff.plan_terms import scaled
from tallystick.domain.balances.buckets import (
    credit_bucket,
    lock_account,
    lock_buckets,
    move_bucket,
    state_of,
)
from tallystick.domain.balances.draw_tables import (
    MOVED,
    Payers,
    add_to_tabs,
    load_buckets,
    open_credit,
    store_moved,
)
from tallystick.domain.balances.levels import ask_top_ups, cut_off, tell_facts
from tallystick.domain.balances.models import Bucket, MovementKind, Origin, Terms
from tallystick.domain.balances.queries import accounts_with_fee, money_left
from tallystick.domain.collections.queries import open_episode
from tallystick.domain.contracts.models import ServiceState
from tallystick.domain.contracts.operations import move_service
from tallystick.domain.contracts.queries import services_in
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.cycles import cycle_start_of

ZERO: Final = Decimal(0)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeeReport:
    """What the daily fees took: accounts that paid, money by currency, accounts cut off."""

    paid: int
    taken: dict[str, Decimal]
    cut: tuple[str, ...]


def draw_money(
    account: Account,
    *,
    amount: Decimal,
    buckets: Sequence[Bucket],
    kind: MovementKind,
    key: str,
    reason: Mapping[str, Any],
    at: datetime,
) -> Decimal:
    """Takes the amount from the account's money, all of it or nothing; gives what it lacks.

    The buckets are locked. Money that is for some usage only is not drawn.
    """
    states = map(state_of, buckets)
    funds = usable(states, use=Use(at, at), currency=account.currency, money=True)
    wanted = scaled(amount, scale=AMOUNT_SCALE)
    parts, short = draw(wanted, buckets=sorted(funds, key=draw_order))
    if not short:
        held = {bucket.id: bucket for bucket in buckets}
        for number, part in parts.items():
            move_bucket(
                held[number], kind=kind, quantity=-amount_of(part), source_key=key, reason=reason,
                at=at,
            )  # fmt: skip
    return amount_of(short)


def tell_fact(account: Account, *, action: str, of: str, key: str, at: datetime) -> None:
    """A fact about the account's balance that others act on, once for each key."""
    place_order(
        tenant_id=account.tenant_id,
        account_id=account.id,
        port="network",
        action=action,
        key=f"{action}:{account.id}:{key}"[:120],
        payload={"of": of},
        at=at,
    )


# --- usage -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Used:
    """Rated lines of CHARGE_IN events, and what they drew of buckets of quantities (COUNTERS)."""

    lines: pl.DataFrame = field(repr=False)
    events: pl.DataFrame = field(repr=False)
    draws: pl.DataFrame = field(repr=False)
    plans: Sequence[DatedPlan] = field(repr=False)


def draw_usage(
    used: Used, *, payers: Payers, run_id: int, tenant_id: int, at: datetime
) -> tuple[pl.DataFrame, list[int]]:
    """Takes what usage costs from the balances of those who pay so; part of the charge task.

    It was delivered: what the money of a prepaid account lacks goes on credit. What is drawn
    appears on no invoice: gives the lines that take it away, and the accounts that have paid for
    all of theirs.
    """
    own = set(used.lines["account_id"]) | set(used.draws["account_id"])
    accounts = {number: one for number, one in payers.accounts.items() if number in own}
    if not accounts:
        return used.lines.clear(), []
    open_credit(accounts.values())
    load_buckets(-used.draws["component_id"], accounts=accounts)
    stood = {number: _Stood.of(state) for number, state in accounts.items()}
    quantities = _draw_quantities(used.draws, accounts=accounts)
    lines = _with_months(used.lines, payers=payers)
    drawn = draw_lines(lines, accounts=accounts, events=used.events, plans=used.plans, now=at)
    moved = [
        _quantity_movements(quantities, run_id=run_id),
        _movements(drawn.taken, run_id=run_id, plans=used.plans),
    ]
    store_moved(pl.concat(moved), accounts=accounts, tenant_id=tenant_id, at=at)
    add_to_tabs(drawn.owed, tenant_id=tenant_id)
    _act_on_levels(accounts, stood=stood, cause=f"usage {run_id}", tenant_id=tenant_id, at=at)
    prepaid = [n for n, state in accounts.items() if state.mode is Mode.PREPAID]
    return drawn.lines(lines), prepaid


def changed_buckets(seen: OwnBuckets, *, payers: Payers, accounts: Iterable[int]) -> set[int]:
    """Those of the accounts whose buckets of quantities are no longer what was seen."""
    now = {
        number: [
            bucket
            for bucket in state.buckets.values()
            if bucket.unit != state.currency and (bucket.remaining or bucket.reserved)
        ]
        for number, state in payers.accounts.items()
    }
    return {one for one in set(accounts) if now.get(one, []) != list(seen.get(one, []))}


_Quantities = list[tuple[int, int, int, date, int]]
"""account, contract, bucket, cycle, what the bucket gave."""


def _draw_quantities(draws: pl.DataFrame, *, accounts: Mapping[int, AccountState]) -> _Quantities:
    """What was drawn of each bucket in each cycle, in 1e-12; they then have less."""
    drawn: _Quantities = []
    for account_id, contract_id, component_id, cycle, used in rescale(draws).iter_rows():
        amount = used * BUCKET_PER_QUANTITY
        accounts[account_id].buckets[-component_id].remaining -= amount
        drawn.append((account_id, contract_id, -component_id, cycle, amount))
    return drawn


def _quantity_movements(drawn: _Quantities, *, run_id: int) -> pl.DataFrame:
    """MOVED of what was drawn of buckets of quantities."""
    rows = []
    for account_id, contract_id, bucket_id, cycle, amount in drawn:
        if amount:
            reason = json.dumps({"usage": f"{cycle}", "contract": contract_id, "cycle": f"{cycle}"})
            rows.append((account_id, bucket_id, f"usage:{run_id}:cycle:{cycle}", -amount, reason))
    return frame_of(rows, schema=MOVED)


def _act_on_levels(
    accounts: Mapping[int, AccountState],
    *,
    stood: Mapping[int, "_Stood"],
    cause: str,
    tenant_id: int,
    at: datetime,
) -> None:
    """Tells what was crossed since they stood so; asks for top-ups, cuts off."""
    facts, low, spent = [], [], []
    for number, state in accounts.items():
        told = list(stood[number].facts(state))
        facts += told
        low += [number for fact in told if fact.action == "low_balance"]
        if state.cut_at_zero and _nothing_left(state):
            spent.append(number)
    tell_facts(facts, tenant_id=tenant_id, cause=cause, at=at)
    ask_top_ups(low, tenant_id=tenant_id, at=at)
    cut_off(spent, tenant_id=tenant_id, at=at)


def _with_months(lines: pl.DataFrame, *, payers: Payers) -> pl.DataFrame:
    """The lines of these accounts with the `month` of the account that their usage is in."""
    homes = payers.homes.select("account_id", "zone", "bill_day")
    own = lines.join(homes, on="account_id", maintain_order="left")
    placed = [
        part.with_columns(
            pl.col("started_at").dt.convert_time_zone(zone).dt.date().alias("local_day")
        )
        for (zone,), part in own.group_by("zone", maintain_order=True)
    ]
    month = cycle_start_of(pl.col("local_day"), cycle_day=pl.col("bill_day"))
    return pl.concat(placed).with_columns(month=month).drop("zone", "bill_day", "local_day")


def _movements(taken: pl.DataFrame, *, run_id: int, plans: Sequence[DatedPlan]) -> pl.DataFrame:
    """MOVED of what was TAKEN, with what the ledger has to know of each."""
    told = [
        (dated.version_id, number, _told_of(part))
        for dated in plans
        for number, part in dated.plan.components.items()
        if isinstance(part, PlanUsage)
    ]
    schema = {"version_id": pl.Int64, "component_id": pl.Int64, "more": pl.String}
    books = pl.DataFrame(told, schema=schema, orient="row")
    books = books.unique(["version_id", "component_id"], keep="last")
    rows = taken.filter(pl.col("amount") != 0).join(
        books, on=["version_id", "component_id"], how="left", maintain_order="left"
    )
    key = f"usage:{run_id}:{{}}:{{}}:{{}}:{{}}"
    return descale(
        rows.select(
            "account_id",
            "bucket_id",
            source_key=pl.format(key, *CAUSE),
            quantity=pl.lit(0, dtype=pl.Int128()) - pl.col("amount"),
            reason=pl.concat_str(
                pl.lit('{"usage": "'), "day", pl.lit('", "contract": '), "contract_id",
                pl.col("more").fill_null(""), pl.lit("}"),
            ),
        ),
        schema=MOVED,
    )  # fmt: skip


def _told_of(usage: PlanUsage) -> str:
    """The end of a JSON object: what the ledger has to know of the price."""
    books = {"revenue": usage.revenue_account, "tax": usage.tax_category, "kind": usage.kind}
    return f", {json.dumps(books)[1:-1]}"


@dataclass(frozen=True, slots=True)
class _Stood:
    """Where an account stood before its usage was drawn."""

    money: int
    remaining: dict[int, int]
    owed: dict[date, int]

    @staticmethod
    def of(state: AccountState) -> "_Stood":
        remaining = {number: bucket.remaining for number, bucket in state.buckets.items()}
        owed = {month: sums[0] for month, sums in state.tab.items()}
        return _Stood(state.money_left(), remaining, owed)

    def facts(self, state: AccountState) -> Iterator[Fact]:
        """What has been crossed since."""
        account = state.account_id
        for number, bucket in state.buckets.items():
            if bucket.remaining != self.remaining[number]:
                yield from bucket_facts(account, bucket=bucket, before=self.remaining[number])
        for month, (owed, _) in state.tab.items():
            before = self.owed.get(month, 0)
            if state.credit_limit and owed != before:
                of, limit = "credit limit", state.credit_limit
                yield from limit_facts(account, of=of, limit=limit, before=before, after=owed)
        left = state.money_left()
        yield from money_facts(account, low=state.low_balance, before=self.money, after=left)


def _nothing_left(state: AccountState) -> bool:
    """Of what the latest month allows, where an invoice asks for the rest."""
    owed = state.tab[max(state.tab)][0] if state.tab else 0
    left, limit = state.money_left(), state.credit_limit
    return nothing_left(left, mode=state.mode, limit=limit, owed=owed)


# --- levels ----------------------------------------------------------------------------------


def act_on_level(account: Account, *, terms: Terms, before: Decimal, at: datetime) -> None:
    """Tells a balance that ran low, asks for a top-up where one is agreed, cuts off at zero."""
    left = scaled(money_left(account.id, currency=account.currency), scale=AMOUNT_SCALE)
    low = None if terms.low_balance is None else scaled(terms.low_balance, scale=AMOUNT_SCALE)
    stood = scaled(before, scale=AMOUNT_SCALE)
    facts = list(money_facts(account.id, low=low, before=stood, after=left))
    if facts:
        tell_facts(facts, tenant_id=account.tenant_id, cause=at.isoformat(), at=at)
    if any(fact.action == "low_balance" for fact in facts):
        ask_top_ups([account.id], tenant_id=account.tenant_id, at=at)
    mode = Mode(terms.mode)
    limit = limit_of(mode, agreed=scaled(terms.credit_limit, scale=AMOUNT_SCALE))
    if terms.cut_at_zero and nothing_left(left, mode=mode, limit=limit):
        cut_off([account.id], tenant_id=account.tenant_id, at=at)


def restore_filled(account: Account, *, terms: Terms, on: date, at: datetime) -> tuple[str, ...]:
    """Services that a filled balance brings back, by name; not those cut off for open invoices.

    Where a daily fee is agreed, its day is paid first.
    """
    gone = services_in([account.id], (ServiceState.SUSPENDED,))
    by_balance = terms.cut_at_zero or terms.fee_amount is not None
    if not gone or not by_balance or open_episode(account.id) is not None:
        return ()
    has_fee = terms.fee_amount is not None
    if has_fee and not _take_days(account, terms=terms, through=on, at=at)[1]:
        return ()
    if money_left(account.id, currency=account.currency) + terms.credit_limit < 0:
        return ()
    for service in gone:
        _order(account, service.id, "restore", at=at)
    return tuple(service.name for service in gone)


def _order(account: Account, service_id: int, action: str, *, at: datetime) -> None:
    service = move_service(service_id, action=action)
    place_order(
        tenant_id=account.tenant_id,
        account_id=account.id,
        port="network",
        action=action,
        key=f"{action}:{service.id}:balance:{at.isoformat()}",
        payload={"service": service.id, "name": service.name, "state": service.state},
        at=at,
    )


# --- daily fees ------------------------------------------------------------------------------


def take_fees(*, tenant_id: int, on: date, at: datetime, progress: Progress = silent) -> FeeReport:
    """Takes the daily fees through that day; who cannot pay one is cut off until a top-up.

    An account is one transaction; the same day again takes nothing.

    :raises AlreadyRunning: while another such run of the operator goes on
    """
    with only_one("taking daily fees", tenant_id=tenant_id):
        with acting_for(tenant_id):
            ids = accounts_with_fee(on=on)
        paid, taken, cut = 0, dict[str, Decimal](), list[str]()
        for done, account_id in enumerate(ids, start=1):
            with acting_for(tenant_id):
                account = Account.objects.get(id=account_id)
                terms = lock_account(account)
                before = money_left(account_id, currency=account.currency)
                amount, enough = _take_days(account, terms=terms, through=on, at=at)
                act_on_level(account, terms=terms, before=before, at=at)
                if not enough and cut_off([account_id], tenant_id=tenant_id, at=at):
                    cut.append(account.number)
            paid += amount > 0
            taken[account.currency] = taken.get(account.currency, ZERO) + amount
            progress("taking daily fees", done=done, total=len(ids))
        return FeeReport(paid, taken, tuple(cut))


def _take_days(
    account: Account, *, terms: Terms, through: date, at: datetime
) -> tuple[Decimal, bool]:
    """What the fees of the open days took, and whether there was enough for all of them.

    What the money of a prepaid account lacks goes on credit, as far as that is agreed.
    Days that went by without service cost nothing: of an account that is cut off, the last day
    alone is asked for.
    """
    assert terms.fee_from is not None
    taken, enough = ZERO, True
    day = terms.fee_from if terms.fee_through is None else terms.fee_through + ONE_DAY
    if services_in([account.id], (ServiceState.SUSPENDED,)):
        day = max(day, through)
    buckets = lock_buckets(account.id)
    while day <= through and enough:
        fee = fee_of_day(terms.fee_days_taken + 1, amount=terms.fee_amount, days=terms.fee_days)
        short = _take_fee(account, fee=fee, day=day, buckets=buckets, at=at)
        owed = (one.remaining for one in buckets if one.origin == Origin.CREDIT)
        on_credit = min(owed, default=ZERO)
        enough = not short
        if short and terms.mode == Mode.PREPAID and short - on_credit <= terms.credit_limit:
            _take_fee(account, fee=fee - short, day=day, buckets=buckets, at=at)
            credit = credit_bucket(account, buckets=buckets, at=at)
            move_bucket(
                credit, kind=MovementKind.DEBIT, quantity=-short, source_key=f"fee:{day}:credit",
                reason=_daily_fee(day), at=at,
            )  # fmt: skip
            buckets, enough = lock_buckets(account.id), True
        if enough:
            terms.fee_days_taken += 1
            taken += fee
            day += ONE_DAY
    terms.fee_through = max(through if enough else through - ONE_DAY, day - ONE_DAY)
    Terms.objects.filter(account_id=account.id).update(
        fee_through=terms.fee_through, fee_days_taken=terms.fee_days_taken
    )
    return taken, enough


def _take_fee(
    account: Account, *, fee: Decimal, day: date, buckets: Sequence[Bucket], at: datetime
) -> Decimal:
    return draw_money(
        account, amount=fee, buckets=buckets, kind=MovementKind.DEBIT, key=f"fee:{day}",
        reason=_daily_fee(day), at=at,
    )  # fmt: skip


def _daily_fee(day: date) -> dict[str, str]:
    return {"why": "daily fee", "day": f"{day}"}
