"""Facts that others act on: a balance that ran low, a bucket or an allowance that is used up."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tallystick.base.money import AMOUNT_DECIMALS, plain_scaled
from tallystick.core.charge.balance import Bucket, Mode, falls_below, shares_crossed


@dataclass(frozen=True, slots=True)
class Fact:
    """One line that was crossed; `of` names what, `percent` is None for the balance."""

    account_id: int
    action: str  # threshold, low_balance, balance_used_up
    of: str
    percent: int | None = None
    left: int | None = None  # the money that is left
    shared: str = ""  # who share it, and in which cycle, where it is not the account's own

    def payload(self) -> dict[str, Any]:
        """What others are told."""
        told: dict[str, Any] = {"of": self.of, "percent": self.percent}
        if self.left is not None:
            told["left"] = plain_scaled(self.left, decimals=AMOUNT_DECIMALS)
        if self.shared:
            told["shared_by"] = self.shared
        return told

    def key(self, *, cause: str) -> str:
        """What makes it told once: for each cause, or of a bucket or who share once for all."""
        if self.shared:
            cause = self.shared
        if self.of.startswith("bucket "):
            cause = ""
        key = f"{self.action}:{self.account_id}:{self.of}:{self.percent or ''}:{cause}"
        return key.rstrip(":")[:120]


def limit_facts(
    account_id: int, *, of: str, limit: int, before: int, after: int, shared: str = ""
) -> Iterator[Fact]:
    """The shares of a limit that use went past."""
    for share in shares_crossed(limit, before=before, after=after):
        yield Fact(account_id, "threshold", of, share, shared=shared)


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
