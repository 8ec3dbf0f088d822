"""Steps of a story about balances: filled, given away, taken from day by day, ended."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tallystick.base.money import plain
from tallystick.domain.balances.buckets import Grant
from tallystick.domain.balances.models import Origin
from tallystick.domain.balances.vouchers import BatchWish, make_batch
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.balances import (
    Filled,
    Transfer,
    expire_balances,
    give_grant,
    set_terms,
    top_up,
    transfer_balance,
)
from tallystick.flows.draw import take_fees
from tallystick.flows.prepaid import post_prepaid
from tallystick.flows.redeem import redeem_voucher
from tallystick.flows.refill import refill_balances
from tallystick.gates.cli.asking import read_unit
from tallystick.packs.stories.steps import (
    GiveQuantity,
    MakeVouchers,
    PayBefore,
    PayPartBefore,
    RedeemVoucher,
    RunBalances,
    TopUp,
    TransferBalance,
)

BalanceStep = (
    PayBefore | PayPartBefore | GiveQuantity | TopUp | MakeVouchers | RedeemVoucher
    | TransferBalance | RunBalances
)  # fmt: skip


class Balances:
    """Plays such steps; it keeps the PINs of the story's vouchers until they are redeemed."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._pins: dict[str, list[str]] = {}

    def play(self, step: BalanceStep, *, at: datetime) -> str:
        """What the step did, in a few words.

        :raises Refusal: when it cannot be done
        """
        tenant_id, currency = self._tenant.id, self._tenant.currency
        match step:
            case PayBefore():
                set_terms(tenant_id=tenant_id, account=step.account, changes=_agreed(step))
                return "done"
            case PayPartBefore():
                changes = {"mode": "hybrid", **_named(step)}
                set_terms(tenant_id=tenant_id, account=step.account, changes=changes)
                return "done"
            case GiveQuantity():
                unit, factor = read_unit(step.unit, currency=currency)
                gift = Grant(
                    unit, step.quantity * factor, Origin.GRANT, f"line-{step.line}", at,
                    self._evening(step.until),
                )  # fmt: skip
                give_grant(gift, tenant_id=tenant_id, account=step.account, on=step.day, at=at)
                return "done"
            case TopUp():
                end = self._evening(step.until)
                receipt = Receipt(f"line-{step.line}", "cash", step.amount, currency, step.day)
                filled = top_up(
                    receipt, tenant_id=tenant_id, account=step.account, at=at, valid_to=end
                )
                return _filled(filled)
            case MakeVouchers():
                wish = BatchWish(step.batch, step.count, currency, step.worth, step.until)
                with acting_for(tenant_id):
                    made = make_batch(wish, tenant_id=tenant_id, at=at)
                self._pins[step.batch] = [pin for _, pin in made]
                return f"{len(made)} vouchers"
            case RedeemVoucher():
                left = self._pins.get(step.batch, [])
                pin = left[0] if left else ""
                done = redeem_voucher(
                    pin, tenant_id=tenant_id, account=step.account, on=step.day, at=at
                )
                left.remove(pin)
                return _filled(done.filled)
            case TransferBalance():
                wanted = Transfer(
                    step.giver, step.taker, step.amount, f"line-{step.line}", step.fee or Decimal(0)
                )
                return _filled(transfer_balance(wanted, tenant_id=tenant_id, on=step.day, at=at))
            case RunBalances():
                return self._run(step, at)

    def _evening(self, day: date | None) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self._tenant.zone))

    def _run(self, step: RunBalances, at: datetime) -> str:
        """The day's work: fees, top-ups, ends, the ledger."""
        tenant_id = self._tenant.id
        fees = take_fees(tenant_id=tenant_id, on=step.day, at=at)
        refill_balances(tenant_id=tenant_id, at=at)
        ended = expire_balances(tenant_id=tenant_id, on=step.day, at=at)
        posted = post_prepaid(tenant_id=tenant_id, on=step.day, at=at)
        held = "".join(f"; held: {one['account']}" for one in posted.held)
        return f"{fees.paid} paid, {len(fees.cut)} cut off, {ended.buckets} ended{held}"


def _agreed(step: PayBefore) -> Mapping[str, Any]:
    changes: dict[str, Any] = {"mode": "prepaid", "cut_at_zero": step.cut is not None}
    changes |= _named(step)
    filling = {"top_up_amount": step.fill, "top_up_daily_max": step.most, "tax_category": step.tax}
    changes |= {name: value for name, value in filling.items() if value is not None}
    if step.fee is not None:
        changes["fee_amount"] = step.fee
    if step.fee is not None:
        changes |= {"fee_days": step.days or 30, "fee_from": step.day}
    return changes


def _named(step: PayBefore | PayPartBefore) -> Mapping[str, Any]:
    named = {"credit_limit": step.credit, "low_balance": step.low}
    return {name: value for name, value in named.items() if value is not None}


def _filled(filled: Filled) -> str:
    return ", ".join(
        [f"{plain(filled.left)} left", *(f"restored {one}" for one in filled.restored)]
    )
