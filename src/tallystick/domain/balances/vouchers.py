"""Writes of vouchers: made in batches, found by their PIN, redeemed once, blocked.

Of a PIN only a keyed hash is kept. A batch's PINs are told once, when it is made.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Final

from django.db.models import Count, Q

from tallystick.base.refusal import Refusal
from tallystick.domain.balances.models import Terms, Voucher, VoucherBatch, VoucherState

PIN_DIGITS: Final = 16
WRONG_PINS_MAX: Final = 5


@dataclass
class VoucherBatchExists(Refusal):
    code = "voucher_batch_exists"
    batch: str = ""

    def sentence(self) -> str:
        return f"there is already a batch {self.batch!r}; choose another code"


@dataclass
class UnknownVouchers(Refusal):
    code = "unknown_vouchers"
    name: str = ""

    def sentence(self) -> str:
        return (
            f"neither a batch nor a voucher is called {self.name!r}; see: tallystick voucher list"
        )


@dataclass
class VoucherNotRedeemable(Refusal):
    code = "voucher_not_redeemable"
    serial: str = ""
    why: str = ""

    def sentence(self) -> str:
        return f"voucher {self.serial} {self.why}; take another one"


@dataclass(frozen=True, slots=True)
class BatchWish:
    """A batch to be made: how many vouchers, and what each is worth."""

    code: str
    count: int
    unit: str
    quantity: Decimal
    valid_until: date
    bucket_days: int | None = None


def make_batch(wish: BatchWish, *, tenant_id: int, at: datetime) -> list[tuple[str, str]]:
    """(serial, PIN) of the new vouchers; the PINs cannot be read again.

    :raises VoucherBatchExists: when the code is taken
    """
    if VoucherBatch.objects.filter(code=wish.code).exists():
        raise VoucherBatchExists(batch=wish.code)
    batch = VoucherBatch.objects.create(
        tenant_id=tenant_id,
        code=wish.code,
        unit=wish.unit,
        quantity=wish.quantity,
        valid_until=wish.valid_until,
        bucket_days=wish.bucket_days,
        made_at=at,
    )
    pins: set[str] = set()
    while len(pins) < wish.count:
        pins.add("".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS)))
    numbered = [(f"{wish.code}-{n:06d}", pin) for n, pin in enumerate(sorted(pins), start=1)]
    # Serials in the order of PINs would tell something about them.
    serials = [serial for serial, _ in numbered]
    secrets.SystemRandom().shuffle(serials)
    made = [(serial, pin) for serial, (_, pin) in zip(serials, numbered, strict=True)]
    Voucher.objects.bulk_create(
        (
            Voucher(
                tenant_id=tenant_id,
                batch=batch,
                serial=serial,
                pin_hash=hash_pin(pin, tenant_id=tenant_id),
                state=VoucherState.ACTIVE,
            )
            for serial, pin in made
        ),
        batch_size=1_000,
    )
    return sorted(made)


def hash_pin(pin: str, *, tenant_id: int) -> str:
    """What is kept of a PIN: of 16 random digits, told apart by operator."""
    digits = "".join(pin.split()).replace("-", "")
    return blake2b(digits.encode(), digest_size=32, person=f"pin{tenant_id}".encode()).hexdigest()


def take_voucher(pin: str, *, terms: Terms, on: date, at: datetime) -> Voucher | None:
    """The voucher of that PIN, now redeemed by the account, its batch with it; None = no such PIN.

    A voucher that this account redeemed before is given again.

    :raises VoucherNotRedeemable: when it is used, blocked or too old
    """
    found = (
        Voucher.objects.select_related("batch")
        .select_for_update(of=("self",))
        .filter(pin_hash=hash_pin(pin, tenant_id=terms.tenant_id))
        .first()
    )
    if found is None:
        return None
    if found.redeemed_by == terms.account_id:
        return found
    if found.state == VoucherState.REDEEMED:
        raise VoucherNotRedeemable(serial=found.serial, why="was redeemed before")
    if found.state == VoucherState.BLOCKED or found.batch.blocked:
        raise VoucherNotRedeemable(serial=found.serial, why="is blocked")
    if found.batch.valid_until < on:
        why = f"was to be redeemed by {found.batch.valid_until}"
        raise VoucherNotRedeemable(serial=found.serial, why=why)
    found.state, found.redeemed_by, found.redeemed_at = VoucherState.REDEEMED, terms.account_id, at
    found.save(update_fields=["state", "redeemed_by", "redeemed_at"])
    return found


def count_wrong_pin(terms: Terms, *, wrong: bool) -> int:
    """Wrong PINs in a row after this one; a right one begins anew."""
    terms.wrong_pins = terms.wrong_pins + 1 if wrong else 0
    Terms.objects.filter(account_id=terms.account_id).update(wrong_pins=terms.wrong_pins)
    return terms.wrong_pins


def block_vouchers(name: str, *, blocked: bool) -> int:
    """Blocks (or frees) a batch or one voucher; how many vouchers that are not redeemed it meets.

    :raises UnknownVouchers: when neither is called so
    """
    batch = VoucherBatch.objects.filter(code=name).first()
    if batch is not None:
        VoucherBatch.objects.filter(id=batch.id).update(blocked=blocked)
        open_ones = Voucher.objects.filter(batch_id=batch.id)
        return open_ones.exclude(state=VoucherState.REDEEMED).count()
    states = (VoucherState.ACTIVE, VoucherState.BLOCKED)
    before, after = states if blocked else states[::-1]
    if not Voucher.objects.filter(serial=name).exists():
        raise UnknownVouchers(name=name)
    return Voucher.objects.filter(serial=name, state=before).update(state=after)


def batches_with_counts() -> list[tuple[str, str, Decimal, date, int, int, int]]:
    """(code, unit, worth, last day, vouchers made, redeemed, blocked) of each batch, oldest first.

    All open vouchers of a blocked batch are blocked.
    """
    told = []
    for batch in VoucherBatch.objects.order_by("id"):
        counts = Voucher.objects.filter(batch_id=batch.id).aggregate(
            made=Count("id"),
            redeemed=Count("id", filter=Q(state=VoucherState.REDEEMED)),
            blocked=Count("id", filter=Q(state=VoucherState.BLOCKED)),
        )
        made, redeemed = counts["made"], counts["redeemed"]
        blocked = made - redeemed if batch.blocked else counts["blocked"]
        worth = (batch.code, batch.unit, batch.quantity, batch.valid_until)
        told.append((*worth, made, redeemed, blocked))
    return told
