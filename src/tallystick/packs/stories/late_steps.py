"""What a story can say of money that does not come: disputes, promises, protection, losses."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tallystick.core.recover.ladder import Action
from tallystick.domain.collections.models import DisputeState, PromiseState
from tallystick.packs.stories.step import Expectation, Step


class LateStep(Step):
    """Something that is done about money that does not come."""

    __slots__ = ()


class TaxRelief(StrEnum):
    KEPT = "kept"
    RELIEVED = "relieved"


@dataclass(frozen=True, slots=True)
class DisputeInvoice(LateStep):
    form = "dispute ACCOUNT AMOUNT"
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AcceptDispute(LateStep):
    form = "accept dispute of ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class RefuseDispute(LateStep):
    form = "refuse dispute of ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class PromisePayment(LateStep):
    form = "promise ACCOUNT AMOUNT until UNTIL"
    account: str
    amount: Decimal
    until: date


@dataclass(frozen=True, slots=True)
class ProtectAccount(LateStep):
    form = "protect ACCOUNT [from ACTION] [until UNTIL]"
    account: str
    action: Action | None
    until: date | None


@dataclass(frozen=True, slots=True)
class WriteOffDebt(LateStep):
    form = "write off ACCOUNT tax TAX"
    account: str
    tax: TaxRelief


@dataclass(frozen=True, slots=True)
class RestoreByHand(LateStep):
    form = "restore ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class ReturnPayment(LateStep):
    form = "return payment ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class ExpectPromise(Expectation):
    form = "expect promise ACCOUNT STATE"
    account: str
    state: PromiseState


@dataclass(frozen=True, slots=True)
class ExpectDispute(Expectation):
    form = "expect dispute ACCOUNT STATE"
    account: str
    state: DisputeState


LATE_STEPS: Final = (
    DisputeInvoice, AcceptDispute, RefuseDispute, PromisePayment, ProtectAccount, WriteOffDebt,
    RestoreByHand, ReturnPayment, ExpectPromise, ExpectDispute,
)  # fmt: skip
