"""Reads of invoices and open items."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncMonth

from tallystick.base.money import EXACT
from tallystick.base.refusal import Refusal
from tallystick.core.receive.allocate import OpenItem as ItemToPay
from tallystick.domain.collections.models import Dispute, DisputeState
from tallystick.domain.contracts.models import Service, ServiceState
from tallystick.domain.invoices.models import Invoice, OpenItem, OpenState, VoidedInvoice
from tallystick.domain.parties.models import Account


@dataclass
class UnknownInvoice(Refusal):
    code = "unknown_invoice"
    number: str = ""

    def sentence(self) -> str:
        return f"no invoice has the number {self.number!r}"


def invoice_numbered(number: str) -> Invoice:
    """The invoice of that number, its account and party with it.

    :raises UnknownInvoice: when there is none
    """
    invoice = Invoice.objects.select_related("account__party").filter(number=number).first()
    if invoice is None:
        raise UnknownInvoice(number=number)
    return invoice


def items_to_pay(account_id: int) -> list[ItemToPay]:
    """What an account owes, as the allocation rules want it, oldest due first."""
    return [_to_pay(item) for item in _unpaid().filter(account_id=account_id)]


def items_to_pay_by_account() -> dict[str, list[ItemToPay]]:
    """What every account that owes anything owes, by its number, oldest due first."""
    found: dict[str, list[ItemToPay]] = {}
    for item in _unpaid().select_related("account"):
        found.setdefault(item.account.number, []).append(_to_pay(item))
    return found


def _unpaid() -> QuerySet[OpenItem]:
    return _owing((OpenState.OPEN, OpenState.PART_PAID))


def items_to_receive(account_id: int) -> list[ItemToPay]:
    """What money of an account may be for: what it owes, and then what was written off."""
    states = (OpenState.OPEN, OpenState.PART_PAID, OpenState.WRITTEN_OFF)
    return [_to_pay(item) for item in _owing(states).filter(account_id=account_id)]


def _owing(states: tuple[OpenState, ...]) -> QuerySet[OpenItem]:
    disputes = Dispute.objects.filter(
        tenant_id=OuterRef("tenant_id"),
        account_id=OuterRef("account_id"),
        invoice_id=OuterRef("invoice_id"),
        state=DisputeState.OPEN,
    )
    items = OpenItem.objects.select_related("invoice").filter(state__in=states, total__gt=0)
    disputed = Coalesce(Subquery(disputes.values("amount")[:1]), Decimal(0))
    return items.annotate(disputed=disputed).order_by("due_on", "invoice_id")


def _to_pay(item: Any) -> ItemToPay:
    return ItemToPay(
        invoice_id=str(item.invoice_id),
        number=item.invoice.number,
        due_on=item.due_on,
        currency=item.currency,
        open_amount=EXACT.subtract(item.total, item.settled),
        disputed_amount=item.disputed,
        written_off=item.state == OpenState.WRITTEN_OFF,
    )


class Standing(StrEnum):
    """How an account stands: what a person looks for first."""

    PAID_UP = "paid_up"
    OPEN = "open"
    OVERDUE = "overdue"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed in one currency, and the part of it that is overdue."""

    currency: str
    open: Decimal
    overdue: Decimal


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed in one month and currency."""

    month: date
    currency: str
    invoices: int
    total: Decimal


OVERDUE: Final = "overdue"
"""The state of an invoice that is open or part paid after its due day."""

_OWING: Final = Q(state__in=(OpenState.OPEN, OpenState.PART_PAID))


def accounts_with_standing(*, on: date) -> QuerySet[Any]:
    """The customers' accounts with their party and `standing`, and what each owes on that day.

    `left` is open and `late` of it overdue, in the account's currency; None where nothing is.
    """
    items = OpenItem.objects.filter(_OWING, account_id=OuterRef("pk"), total__gt=0)
    cut = Service.objects.filter(
        account_id=OuterRef("pk"), state__in=(ServiceState.RESTRICTED, ServiceState.SUSPENDED)
    )
    standing = Case(
        When(Exists(cut), then=Value(Standing.SUSPENDED.value)),
        When(Exists(items.filter(due_on__lt=on)), then=Value(Standing.OVERDUE.value)),
        When(Exists(items), then=Value(Standing.OPEN.value)),
        default=Value(Standing.PAID_UP.value),
        output_field=CharField(),
    )
    accounts = Account.objects.filter(house=False).select_related("party")
    owing = OpenItem.objects.filter(_OWING, account_id=OuterRef("pk")).values("account_id")
    sums = _open_and_overdue(on)
    return accounts.annotate(
        standing=standing,
        **{name: Subquery(owing.annotate(sum=one).values("sum")) for name, one in sums.items()},
    ).order_by("number")


def invoices_with_state(*, on: date) -> QuerySet[Any]:
    """Invoices with what is `left` of each to pay (None: nothing ever was) and its `state`.

    The state is its open item's, or OVERDUE; an invoice of zero is paid, unless it is void.
    """
    void = VoidedInvoice.objects.filter(account_id=OuterRef("account_id"), invoice=OuterRef("pk"))
    item = OpenItem.objects.filter(account_id=OuterRef("account_id"), invoice_id=OuterRef("pk"))
    late = Q(settlement__in=(OpenState.OPEN, OpenState.PART_PAID), due_on__lt=on, total__gt=0)
    return Invoice.objects.annotate(
        left=Subquery(
            item.exclude(state=OpenState.VOID)
            .annotate(left=F("total") - F("settled"))
            .values("left")[:1]
        ),
        settlement=Coalesce(Subquery(item.values("state")[:1]), Value(OpenState.PAID.value)),
        state=Case(
            When(Exists(void), then=Value(OpenState.VOID.value)),
            When(late, then=Value(OVERDUE)),
            default=F("settlement"),
            output_field=CharField(),
        ),
    )


def owed(*, on: date) -> list[Owed]:
    """What all customers owe on that day, by currency."""
    sums = OpenItem.objects.filter(_OWING).values_list("currency")
    return [Owed(*row) for row in sums.annotate(**_open_and_overdue(on)).order_by("currency")]


def _open_and_overdue(on: date) -> dict[str, Coalesce]:
    left = F("total") - F("settled")
    late = Q(due_on__lt=on, total__gt=0)
    nothing = Value(Decimal(0), output_field=OpenItem._meta.get_field("total"))
    return {
        "left": Coalesce(Sum(left), nothing),
        "late": Coalesce(Sum(left, filter=late), nothing),
    }


def billed_by_month() -> list[Billed]:
    """What was billed in each month, oldest first."""
    void = VoidedInvoice.objects.filter(account_id=OuterRef("account_id"), invoice=OuterRef("pk"))
    sums = (
        Invoice.objects.filter(~Exists(void))
        .annotate(month=TruncMonth("issued_on"))
        .values_list("month", "currency")
        .annotate(invoices=Count("id"), total=Sum("total"))
    )
    return [Billed(*row) for row in sums.order_by("month", "currency")]
