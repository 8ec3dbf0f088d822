"""Vouchers turned into balance: a PIN counts once, and too many wrong ones lock the account out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tallystick.base.refusal import Refusal
from tallystick.domain.balances.buckets import Grant, lock_account
from tallystick.domain.balances.models import Origin
from tallystick.domain.balances.vouchers import WRONG_PINS_MAX, count_wrong_pin, take_voucher
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.balances import Filled, fill_account
from tallystick.flows.receive import OtherCurrency


@dataclass
class WrongPin(Refusal):
    code = "wrong_pin"
    left: int = 0

    def sentence(self) -> str:
        return f"no voucher has that PIN; look at its digits again, {self.left} attempts are left"


@dataclass
class PinsBlocked(Refusal):
    code = "pins_blocked"
    account: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account} gave too many wrong PINs; free it with: "
            f"tallystick balance terms {self.account} --free-pins"
        )


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The voucher's serial and what it filled."""

    serial: str
    filled: Filled


def redeem_voucher(pin: str, *, tenant_id: int, account: str, on: date, at: datetime) -> Redeemed:
    """Puts what the voucher is worth into a new bucket of the account.

    The same PIN again by the same account changes nothing. A wrong PIN is counted even though it
    is refused.

    :raises UnknownAccount: when no account has the number
    :raises NoBalance: when the account keeps no balance
    :raises PinsBlocked: after five wrong PINs in a row
    :raises WrongPin: when no voucher has the PIN
    :raises VoucherNotRedeemable: when it is used, blocked or too old
    :raises OtherCurrency: when it is worth money of another currency
    """
    with acting_for(tenant_id):
        holder = account_numbered(account)
        terms = lock_account(holder)
        if terms.wrong_pins >= WRONG_PINS_MAX:
            raise PinsBlocked(account=account)
        voucher = take_voucher(pin, terms=terms, on=on, at=at)
        wrong = count_wrong_pin(terms, wrong=voucher is None)
        if voucher is not None:
            batch = voucher.batch
            if _is_money(batch.unit) and batch.unit != holder.currency:
                raise OtherCurrency(currency=batch.unit, account_currency=holder.currency)
            days = batch.bucket_days
            grant = Grant(
                batch.unit, batch.quantity, Origin.VOUCHER, f"voucher:{voucher.serial}", at,
                None if days is None else at + timedelta(days=days),
                reason={"serial": voucher.serial},
            )  # fmt: skip
            filled = fill_account(holder, grant=grant, on=on, at=at)
            return Redeemed(voucher.serial, filled)
    raise WrongPin(left=WRONG_PINS_MAX - wrong)


def _is_money(unit: str) -> bool:
    return len(unit) == 3 and unit.isalpha() and unit.isupper()
