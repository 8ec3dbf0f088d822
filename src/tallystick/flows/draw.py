"""Money taken from balances, by usage and daily fees; what is told, cut off, restored for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from tallystick.base.money import plain
from tallystick.base.progress import Progress, silent
from tallystick.core.charge.balance import (
    Wanted,
    draw_buckets,
    falls_below,
    fee_of_day,
    shares_crossed,
)
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import PlanUsage
from tallystick.domain.balances.buckets import (
    credit_bucket,
    lock_account,
    lock_buckets,
    lock_terms,
    move_bucket,
    state_of,
)
from tallystick.domain.balances.models import Bucket, MovementKind, Terms
from tallystick.domain.balances.queries import accounts_with_fee, money_left, prepaid_accounts
from tallystick.domain.collections.queries import open_episode
from tallystick.domain.contracts.models import ServiceState
from tallystick.domain.contracts.operations import move_service
from tallystick.domain.contracts.queries import services_in
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.outbox.queries import orders_like
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.charge_tables import mark_drawn

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

    The buckets are locked.
    """
    wanted = Wanted(amount, account.currency, at)
    drawing = draw_buckets(wanted, buckets=[state_of(bucket) for bucket in buckets])
    if not drawing.short:
        _move(drawing.draws, buckets, kind=kind, key=key, reason=reason, at=at)
    return drawing.short


def _move(
    draws: Sequence[tuple[int, Decimal]],
    buckets: Sequence[Bucket],
    *,
    kind: MovementKind,
    key: str,
    reason: Mapping[str, Any],
    at: datetime,
) -> None:
    held = {bucket.id: bucket for bucket in buckets}
    for bucket_id, quantity in draws:
        move_bucket(
            held[bucket_id], kind=kind, quantity=-quantity, source_key=key, reason=reason, at=at
        )


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


def draw_usage(
    lines: pl.DataFrame, *, run_id: int, plans: Sequence[DatedPlan], at: datetime
) -> None:
    """Takes what prepaid accounts used from their balances; part of the charge task.

    `lines` are the task's rated lines. They were delivered, so what the buckets lack goes on
    credit. What is drawn appears on no invoice.
    """
    prepaid = prepaid_accounts(lines["account_id"].unique().to_list())
    if not prepaid:
        return
    parts = ("account_id", "contract_id", "component_id", "version_id", "day")
    sums = (
        lines.filter(pl.col("account_id").is_in(list(prepaid)))
        .with_columns(day=pl.col("started_at").dt.date())
        .group_by(parts)
        .agg(pl.col("amount").sum(), pl.col("started_at").min())
        .sort("account_id", "started_at", "contract_id", "component_id", "version_id")
    )
    usages = {
        (dated.version_id, component_id): part
        for dated in plans
        for component_id, part in dated.plan.components.items()
        if isinstance(part, PlanUsage)
    }
    terms = lock_terms(prepaid)
    accounts = Account.objects.in_bulk(list(prepaid))
    for account_id, rows in groupby(sums.iter_rows(named=True), key=lambda row: row["account_id"]):
        drawer = _Drawer(accounts[account_id], terms[account_id], lock_buckets(account_id), at)
        before = drawer.money()
        stood = {bucket.id: bucket.remaining for bucket in drawer.buckets}
        for row in rows:
            usage = usages.get((row["version_id"], row["component_id"]))
            key = f"usage:{run_id}:{row['contract_id']}:{row['component_id']}"
            drawer.draw(row, usage=usage, key=f"{key}:{row['version_id']}:{row['day']}")
        for bucket in drawer.buckets:
            _tell_shares(drawer.account, bucket, before=stood.get(bucket.id, ZERO), at=at)
        act_on_level(drawer.account, terms=drawer.terms, before=before, at=at)
    mark_drawn(sorted(prepaid), charge_run_id=run_id)


@dataclass(slots=True)
class _Drawer:
    """Draws one account's usage, line after line."""

    account: Account
    terms: Terms
    buckets: list[Bucket]
    at: datetime

    def money(self) -> Decimal:
        own = (b.remaining for b in self.buckets if b.unit == self.account.currency)
        return sum(own, ZERO)

    def draw(self, row: Mapping[str, Any], *, usage: PlanUsage | None, key: str) -> None:
        amount: Decimal = row["amount"]
        reason = {"usage": f"{row['day']}", "contract": row["contract_id"]}
        kind = ""
        if usage is not None:
            kind = usage.kind
            reason |= {"revenue": usage.revenue_account, "tax": usage.tax_category, "kind": kind}
        wanted = Wanted(
            max(amount, ZERO), self.account.currency, row["started_at"], kind, row["contract_id"]
        )
        # Usage may be older than the bucket that must pay for it now.
        states = [state_of(bucket) for bucket in self.buckets]
        states = [replace(one, valid_from=min(one.valid_from, wanted.at)) for one in states]
        drawing = draw_buckets(wanted, buckets=states, delivered=True)
        debit = MovementKind.DEBIT
        _move(drawing.draws, self.buckets, kind=debit, key=key, reason=reason, at=self.at)
        if rest := drawing.on_credit + max(-amount, ZERO):
            bucket = self._credit()
            refund = amount < 0
            move_bucket(
                bucket, kind=MovementKind.REFUND if refund else debit,
                quantity=rest if refund else -rest, source_key=key, reason=reason, at=self.at,
            )  # fmt: skip

    def _credit(self) -> Bucket:
        bucket = credit_bucket(self.terms, currency=self.account.currency, at=self.at)
        for held in self.buckets:
            if held.id == bucket.id:
                return held
        self.buckets.append(bucket)
        return bucket


# --- levels ----------------------------------------------------------------------------------


def _tell_shares(account: Account, bucket: Bucket, *, before: Decimal, at: datetime) -> None:
    """Tells 80 % and 100 % of a bucket used, each once."""
    for share in shares_crossed(quantity=bucket.quantity, before=before, after=bucket.remaining):
        of = f"{share} % of bucket {bucket.id}"
        tell_fact(account, action="threshold", of=of, key=f"{bucket.id}:{share}", at=at)


def act_on_level(account: Account, *, terms: Terms, before: Decimal, at: datetime) -> None:
    """Tells a balance that ran low, asks for a top-up where one is agreed, cuts off at zero."""
    left = money_left(account.id, currency=account.currency)
    if falls_below(terms.low_balance, before=before, after=left):
        tell_fact(account, action="low_balance", of=plain(left), key=at.isoformat(), at=at)
        _ask_top_up(account, terms=terms, at=at)
    if terms.cut_at_zero and left + terms.credit_limit <= 0:
        cut_services(account, at=at)


def _ask_top_up(account: Account, *, terms: Terms, at: datetime) -> None:
    """An order to collect the agreed amount, while the day's orders stay within their maximum."""
    if terms.top_up_amount is None:
        return
    on = at.astimezone(ZoneInfo(account.zone)).date()
    asked = orders_like(account.id, prefix=f"top-up:{account.id}:{on}:") + 1
    limit = terms.top_up_daily_max
    if limit is None or asked * terms.top_up_amount <= limit:
        place_order(
            tenant_id=account.tenant_id,
            account_id=account.id,
            port="payment",
            action="top_up",
            key=f"top-up:{account.id}:{on}:{asked}",
            payload={"amount": plain(terms.top_up_amount), "currency": account.currency},
            at=at,
        )


def cut_services(account: Account, *, at: datetime) -> bool:
    """Suspends what the account still has, and says whether there was anything."""
    running = services_in([account.id], (ServiceState.ACTIVE, ServiceState.RESTRICTED))
    for service in running:
        _order(account, service.id, "suspend", at=at)
    return bool(running)


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
                if not enough and cut_services(account, at=at):
                    cut.append(account.number)
            paid += amount > 0
            taken[account.currency] = taken.get(account.currency, ZERO) + amount
            progress("taking daily fees", done=done, total=len(ids))
        return FeeReport(paid, taken, tuple(cut))


def _take_days(
    account: Account, *, terms: Terms, through: date, at: datetime
) -> tuple[Decimal, bool]:
    """What the fees of the open days took, and whether there was enough for all of them.

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
        short = draw_money(
            account, amount=fee, buckets=buckets, kind=MovementKind.DEBIT, key=f"fee:{day}",
            reason={"why": "daily fee", "day": f"{day}"}, at=at,
        )  # fmt: skip
        enough = not short
        if enough:
            terms.fee_days_taken += 1
            taken += fee
            day += ONE_DAY
    terms.fee_through = max(through if enough else through - ONE_DAY, day - ONE_DAY)
    Terms.objects.filter(account_id=account.id).update(
        fee_through=terms.fee_through, fee_days_taken=terms.fee_days_taken
    )
    return taken, enough
