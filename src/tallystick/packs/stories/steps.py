"""What a story can say: a class for each kind of step, with the form it is written in.

In a form, words in capitals are fields, `[...]` may be left out and `...` takes all that follows;
a field is read as its type says (see `read.READERS`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final, NewType

from tallystick.domain.balances.models import Origin
from tallystick.domain.contracts.models import GrantKind
from tallystick.domain.payments.models import PaymentMethod
from tallystick.flows.free_money import RefundOf
from tallystick.packs.stories.bill_steps import BILL_ACTIONS
from tallystick.packs.stories.card_steps import CARD_STEPS
from tallystick.packs.stories.exchange_steps import EXCHANGE_STEPS
from tallystick.packs.stories.expectations import EXPECTATIONS, Currency
from tallystick.packs.stories.late_steps import LATE_STEPS
from tallystick.packs.stories.online_steps import ONLINE_STEPS
from tallystick.packs.stories.operator_steps import OPERATOR_STEPS
from tallystick.packs.stories.step import Step
from tallystick.packs.stories.stock_steps import STOCK_STEPS

MonthDay = NewType("MonthDay", int)

OLDEST_INVOICE: Final = "INV"
"""As a payment's reference: the number of the oldest invoice that is not paid."""


class ReleasedAs(StrEnum):
    DIFFERENCE = "difference"
    NEXT_BILL = "next bill"


class RefundWay(StrEnum):
    BANK = "bank"
    CASH = "cash"


class CustomerKind(StrEnum):
    CONSUMER = "consumer"
    BUSINESS = "business"
    REVERSE_CHARGE = "reverse_charge"


@dataclass(frozen=True, slots=True)
class Business:
    """Whose story it is: a pack's business, or an operator file with its catalogue."""

    form: ClassVar[str] = "business NAME [catalogue CATALOGUE]"
    name: str
    catalogue: str | None


@dataclass(frozen=True, slots=True)
class OpenAccount(Step):
    form = (
        "account NUMBER NAME CUSTOMER_KIND bill-day BILL_DAY [segment SEGMENT]"
        " [taxed-in TAX_PLACE] [tax-number TAX_NUMBER] [under PARENT]"
        " [in CURRENCY]"
    )
    number: str
    name: str
    customer_kind: CustomerKind
    bill_day: MonthDay
    segment: str | None
    tax_place: str | None
    tax_number: str | None
    parent: str | None
    currency: Currency | None


@dataclass(frozen=True, slots=True)
class ExemptAccount(Step):
    form = "exempt ACCOUNT certificate CERTIFICATE [until UNTIL]"
    account: str
    certificate: str
    until: date | None


@dataclass(frozen=True, slots=True)
class StartContract(Step):
    form = (
        "contract NUMBER of ACCOUNT offer OFFER [from SINCE] [until UNTIL] [pool POOL]"
        " [centre CENTRE] IDENTIFIERS..."
    )
    number: str
    account: str
    offer: str
    since: date | None
    until: date | None
    pool: str | None
    centre: str | None
    identifiers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangeContract(Step):
    form = "change contract NUMBER [to OFFER] [quantity QUANTITY] [from SINCE]"
    number: str
    offer: str | None
    quantity: int | None
    since: date | None


@dataclass(frozen=True, slots=True)
class TakeChangeBack(Step):
    form = "take back change of NUMBER"
    number: str


@dataclass(frozen=True, slots=True)
class PauseContract(Step):
    form = "pause contract NUMBER [from SINCE] [until UNTIL]"
    number: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class ResumeContract(Step):
    form = "resume contract NUMBER [from SINCE]"
    number: str
    since: date | None


class FirstCycle(StrEnum):
    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class ChangeBillDay(Step):
    form = "bill-day ACCOUNT BILL_DAY [first FIRST]"
    account: str
    bill_day: MonthDay
    first: FirstCycle | None


class Charge(StrEnum):
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class EndContract(Step):
    form = "end contract NUMBER [on SINCE] [charge CHARGE]"
    number: str
    since: date | None
    charge: Charge | None


@dataclass(frozen=True, slots=True)
class GiveNotice(Step):
    form = "notice contract NUMBER"
    number: str


@dataclass(frozen=True, slots=True)
class KeepContract(Step):
    form = "keep contract NUMBER"
    number: str


@dataclass(frozen=True, slots=True)
class RunContracts(Step):
    form = "contract run"


@dataclass(frozen=True, slots=True)
class GrantToContract(Step):
    form = "grant contract CONTRACT KIND NAME WORDS [until UNTIL]"
    contract: str
    kind: GrantKind
    name: str
    words: str
    until: date | None


@dataclass(frozen=True, slots=True)
class GrantToAccount(Step):
    form = "grant account ACCOUNT KIND NAME WORDS [until UNTIL]"
    account: str
    kind: GrantKind
    name: str
    words: str
    until: date | None


@dataclass(frozen=True, slots=True)
class EndGrant(Step):
    form = "end grant NAME of contract CONTRACT"
    name: str
    contract: str


@dataclass(frozen=True, slots=True)
class OverridePrice(Step):
    form = "override COMPONENT of CONTRACT PRICE [until UNTIL]"
    component: str
    contract: str
    price: str
    until: date | None


@dataclass(frozen=True, slots=True)
class EndOverride(Step):
    form = "end override COMPONENT of CONTRACT"
    component: str
    contract: str


@dataclass(frozen=True, slots=True)
class PublishPrices(Step):
    form = "prices PATH [correcting CORRECTING]"
    path: str
    correcting: date | None


@dataclass(frozen=True, slots=True)
class TakeUsage(Step):
    form = "usage FORMAT CONTENT"
    format: str
    content: bytes


@dataclass(frozen=True, slots=True)
class TakeCorrections(Step):
    form = "corrected usage FORMAT CONTENT"
    format: str
    content: bytes


@dataclass(frozen=True, slots=True)
class TakeUsageFile(Step):
    form = "usage file PATH FORMAT"
    path: str
    format: str


@dataclass(frozen=True, slots=True)
class ReleaseUsage(Step):
    form = "release late usage of ACCOUNT [as AS_WHAT]"
    account: str
    as_what: ReleasedAs | None


@dataclass(frozen=True, slots=True)
class Rate(Step):
    form = "rate"


@dataclass(frozen=True, slots=True)
class RateAgain(Step):
    form = "rate again from SINCE to UNTIL"
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class RunBills(Step):
    form = "bill run"


@dataclass(frozen=True, slots=True)
class RehearseBills(Step):
    form = "bill rehearse"


@dataclass(frozen=True, slots=True)
class Pay(Step):
    form = "pay ACCOUNT AMOUNT METHOD [in CURRENCY] [reference REFERENCE]"
    account: str
    amount: Decimal
    method: PaymentMethod
    currency: Currency | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class SetDebitTerms(Step):
    form = "debit terms fee FEE days DAYS tries TRIES"
    fee: Decimal
    days: int
    tries: int


@dataclass(frozen=True, slots=True)
class GiveMandate(Step):
    form = "mandate ACCOUNT REFERENCE IBAN"
    account: str
    reference: str
    iban: str


@dataclass(frozen=True, slots=True)
class RunDebits(Step):
    form = "debit run"


@dataclass(frozen=True, slots=True)
class ReturnDebit(Step):
    form = "debit return ACCOUNT REASON"
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefundCredit(Step):
    form = "refund ACCOUNT AMOUNT [of OF] [by WAY]"
    account: str
    amount: Decimal
    of: RefundOf | None
    way: RefundWay | None


@dataclass(frozen=True, slots=True)
class SetRefundable(Step):
    form = "allow refund of ORIGIN"
    origin: Origin


@dataclass(frozen=True, slots=True)
class Collect(Step):
    form = "collect"


@dataclass(frozen=True, slots=True)
class CreditInvoice(Step):
    form = "credit ACCOUNT invoice INVOICED [line LINE_NO] [part PART]"
    account: str
    invoiced: date
    line_no: int | None
    part: Decimal | None


@dataclass(frozen=True, slots=True)
class HoldDeposit(Step):
    form = "deposit ACCOUNT AMOUNT [interest RATE]"
    account: str
    amount: Decimal
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class EndDeposits(Step):
    form = "end deposits ACCOUNT"
    account: str


@dataclass(frozen=True, slots=True)
class RunDeposits(Step):
    form = "deposit run"


@dataclass(frozen=True, slots=True)
class PublishRules(Step):
    form = "posting rules PATH"
    path: str


@dataclass(frozen=True, slots=True)
class TurnBooks(Step):
    form = "turn books through THROUGH"
    through: date


@dataclass(frozen=True, slots=True)
class CloseBooks(Step):
    form = "close books through THROUGH"
    through: date


class CutOff(StrEnum):
    AT_ZERO = "at-zero"


@dataclass(frozen=True, slots=True)
class PayBefore(Step):
    form = (
        "prepaid ACCOUNT [credit CREDIT] [low LOW] [fee FEE] [days DAYS] [tax TAX] [cut CUT]"
        " [top-up FILL] [daily MOST]"
    )
    account: str
    credit: Decimal | None
    low: Decimal | None
    fee: Decimal | None
    days: int | None
    tax: str | None
    cut: CutOff | None
    fill: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class PayPartBefore(Step):
    form = "hybrid ACCOUNT [credit CREDIT] [low LOW]"
    account: str
    credit: Decimal | None
    low: Decimal | None


@dataclass(frozen=True, slots=True)
class GiveQuantity(Step):
    form = "give ACCOUNT QUANTITY of UNIT [until UNTIL]"
    account: str
    quantity: Decimal
    unit: str
    until: date | None


@dataclass(frozen=True, slots=True)
class TopUp(Step):
    form = "top up ACCOUNT AMOUNT [until UNTIL]"
    account: str
    amount: Decimal
    until: date | None


@dataclass(frozen=True, slots=True)
class MakeVouchers(Step):
    form = "vouchers BATCH COUNT worth WORTH until UNTIL"
    batch: str
    count: int
    worth: Decimal
    until: date


@dataclass(frozen=True, slots=True)
class RedeemVoucher(Step):
    form = "redeem voucher ACCOUNT of BATCH"
    account: str
    batch: str


@dataclass(frozen=True, slots=True)
class TransferBalance(Step):
    form = "transfer GIVER to TAKER AMOUNT [fee FEE]"
    giver: str
    taker: str
    amount: Decimal
    fee: Decimal | None


@dataclass(frozen=True, slots=True)
class RunBalances(Step):
    form = "balance run"


STEPS: Final[tuple[type[Step], ...]] = (
    OpenAccount, ExemptAccount, StartContract, ChangeContract,
    TakeChangeBack, PauseContract, ResumeContract, EndContract, GiveNotice, KeepContract,
    RunContracts, ChangeBillDay, GrantToContract, GrantToAccount, EndGrant, OverridePrice,
    EndOverride, PublishPrices, TakeUsage, TakeCorrections, TakeUsageFile, ReleaseUsage, Rate,
    RateAgain,
    RunBills, RehearseBills, Pay, SetDebitTerms, GiveMandate, RunDebits, ReturnDebit, RefundCredit,
    SetRefundable,
    Collect, CreditInvoice, HoldDeposit, EndDeposits, RunDeposits, PublishRules,
    TurnBooks, CloseBooks, PayBefore, PayPartBefore, GiveQuantity, TopUp, MakeVouchers,
    RedeemVoucher, TransferBalance, RunBalances,
    *BILL_ACTIONS, *EXPECTATIONS, *LATE_STEPS, *CARD_STEPS, *STOCK_STEPS,
    *ONLINE_STEPS, *EXCHANGE_STEPS, *OPERATOR_STEPS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it was read: its name, whose it is, and its steps in order of their days."""

    name: str
    business: Business
    steps: tuple[Step, ...]
