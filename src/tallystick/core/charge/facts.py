"""Facts that others act on: a balance that ran low, a bucket or an allowance that is used up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, Final

from tallystick.base.money import AMOUNT_DECIMALS, plain_scaled
from tallystick.core.charge.balance import Bucket, Mode, falls_below, shares_crossed
from tallystick.core.charge.frames import NEVER_RESETS

KEY_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Fact:
    """One line that was crossed; `of` names what, `percent` is None for the balance."""

    account_id: int
    action: str  # threshold, low_balance, balance_used_up
    of: str
    percent: int | None = None
    left: int | None = None  # the money that is left
    shared: str = ""  # who share it, and in which cycle, where it is not the account's own
    contract_id: int = 0  # where it is that contract's own
    cycle: str = ""  # of an allowance that nobody shares

    def payload(self) -> dict[str, Any]:
        """What others are told."""
        told: dict[str, Any] = {"of": self.of, "percent": self.percent}
        if self.left is not None:
            told["left"] = plain_scaled(self.left, decimals=AMOUNT_DECIMALS)
        if self.shared:
            told["shared_by"] = self.shared
        if self.contract_id:
            told["contract"] = self.contract_id
        if self.cycle:
            told["cycle"] = self.cycle
        return told

    def key(self, *, cause: str) -> str:
        """What makes it told once: for each cause; of a bucket once for all, of an allowance once
        for each cycle.
        """
        if self.of.startswith("bucket "):
            cause = ""
        elif self.of.startswith(ALLOWANCE):
            cause = self.shared or f"{self.contract_id}:{self.cycle}"
        key = f"{self.action}:{self.account_id}:{self.of}:{self.percent or ''}:{cause}".rstrip(":")
        if len(key) <= KEY_MAX:
            return key
        told = blake2b(key.encode(), digest_size=12).hexdigest()
        return f"{key[: KEY_MAX - 1 - len(told)]}:{told}"


ALLOWANCE: Final = "allowance "
"""How an allowance is called, before its code."""


def limit_facts(account_id: int, *, of: str, limit: int, before: int, after: int) -> Iterator[Fact]:
    """The shares of a limit that use went past."""
    for share in shares_crossed(limit, before=before, after=after):
        yield Fact(account_id, "threshold", of, share)


@dataclass(frozen=True, slots=True)
class Allowed:
    """An allowance in a cycle: whose it is (see `owners`), how much it holds, how much is used."""

    owner: tuple[int, int]
    code: str
    cycle_start: date  # NEVER_RESETS where it belongs to no cycle
    limit: int
    used: int
    shared_by: str = ""  # a pool by its name, or an organisation

    def facts(self, *, before: int) -> Iterator[Fact]:
        """The shares of it that use went past since so much was used."""
        account_id, contract_id = self.owner
        cycle = "" if self.cycle_start == NEVER_RESETS else f"{self.cycle_start}"
        shared, of = self.shared_by, f"{ALLOWANCE}{self.code}"
        if shared and cycle:
            shared = f"{shared}, cycle of {cycle}"
        for share in shares_crossed(self.limit, before=before, after=self.used):
            if shared:
                yield Fact(account_id, "threshold", of, share, shared=shared)
            else:
                yield Fact(account_id, "threshold", of, share, contract_id=contract_id, cycle=cycle)


def bucket_facts(account_id: int, *, bucket: Bucket, before: int) -> Iterator[Fact]:
    """The shares of a bucket that were used up since `before` remained in it."""
    size = bucket.quantity
    yield from limit_facts(
        account_id, of=f"bucket {bucket.id}", limit=size, before=size - before,
        after=size - bucket.remaining,
    )  # fmt: skip


def money_facts(account_id: int, *, low: int | None, before: int, after: int) -> Iterator[Fact]:
    """That the money of an account fell below what was agreed, or to nothing."""
    if falls_below(low, before=before, after=after):
        yield Fact(account_id, "low_balance", "balance", left=after)
    if after <= 0 < before:
        yield Fact(account_id, "balance_used_up", "balance", left=after)


def nothing_left(left: int, *, mode: Mode, limit: int | None, owed: int = 0) -> bool:
    """Whether an account has used its money and all its credit; one with an invoice alone never."""
    if mode is Mode.PREPAID:
        return left + (limit or 0) <= 0
    return mode is Mode.HYBRID and limit is not None and max(left, 0) + limit - owed <= 0
