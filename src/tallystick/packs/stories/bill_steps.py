"""What a story can say about bills: who pays, what waits for approval, what is taken back."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tallystick.domain.invoices.models import DraftCause
from tallystick.domain.parties.models import SplitBy
from tallystick.packs.stories.step import Expectation, Step


@dataclass(frozen=True, slots=True)
class ChoosePayer(Step):
    form = "payer of ACCOUNT is PAYER"
    account: str
    payer: str


@dataclass(frozen=True, slots=True)
class SplitBills(Step):
    form = "split bills of ACCOUNT by BY"
    account: str
    by: SplitBy


@dataclass(frozen=True, slots=True)
class HoldBills(Step):
    form = "hold bills [over OVER] [off OFF]"
    over: Decimal | None
    off: int | None


@dataclass(frozen=True, slots=True)
class DraftBills(Step):
    form = "bill hold"


@dataclass(frozen=True, slots=True)
class ApproveBills(Step):
    form = "approve bills of ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class RejectBills(Step):
    form = "reject bills of ACCOUNT REASON"
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class RedoBills(Step):
    form = "redo bills of ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class VoidInvoice(Step):
    form = "void ACCOUNT invoice INVOICED REASON"
    account: str
    invoiced: date
    reason: str


@dataclass(frozen=True, slots=True)
class RebillInvoice(Step):
    form = "rebill ACCOUNT invoice INVOICED REASON"
    account: str
    invoiced: date
    reason: str


@dataclass(frozen=True, slots=True)
class SetThreshold(Step):
    form = "bill over AMOUNT for ACCOUNT"
    amount: Decimal
    account: str


@dataclass(frozen=True, slots=True)
class BillThreshold(Step):
    form = "bill threshold"


@dataclass(frozen=True, slots=True)
class ChargeAtOnce(Step):
    form = "charge ACCOUNT KEY DESCRIPTION AMOUNT"
    account: str
    key: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ExpectStatement(Expectation):
    form = (
        "expect statement ACCOUNT from SINCE to UNTIL opening OPENING charged CHARGED paid PAID"
        " closing CLOSING"
    )
    account: str
    since: date
    until: date
    opening: Decimal
    charged: Decimal
    paid: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class ExpectNumber(Expectation):
    form = "expect number ACCOUNT NUMBER"
    account: str
    number: str


@dataclass(frozen=True, slots=True)
class ExpectVoid(Expectation):
    form = "expect void ACCOUNT NUMBER"
    account: str
    number: str


@dataclass(frozen=True, slots=True)
class ExpectDraft(Expectation):
    form = "expect draft ACCOUNT total TOTAL because CAUSE"
    account: str
    total: Decimal
    cause: DraftCause


@dataclass(frozen=True, slots=True)
class ExpectNoDraft(Expectation):
    form = "expect no draft ACCOUNT"
    account: str


BILL_ACTIONS: Final[tuple[type[Step], ...]] = (
    ChoosePayer, SplitBills, HoldBills, DraftBills, ApproveBills, RejectBills, RedoBills,
    VoidInvoice, RebillInvoice, SetThreshold, BillThreshold, ChargeAtOnce,
)  # fmt: skip
BILL_EXPECTATIONS: Final[tuple[type[Expectation], ...]] = (
    ExpectNumber, ExpectVoid, ExpectDraft, ExpectNoDraft, ExpectStatement,
)  # fmt: skip
