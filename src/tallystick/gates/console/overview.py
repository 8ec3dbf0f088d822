"""All operators at a glance, and one operator's month: money, runs, usage, books."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.base.money import EXACT
from tallystick.domain.invoices.models import OVER, BillDraft, BillRun, BillTask, Invoice
from tallystick.domain.invoices.queries import Billed, Owed, billed_by_month, owed
from tallystick.domain.ledger.queries import BalanceLine, trial_balance
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.scope import acting_for, list_tenants
from tallystick.domain.usage.models import Batch
from tallystick.domain.usage.queries import open_rejects, open_suspense, recent_batches
from tallystick.gates.console.chart import draw_months
from tallystick.gates.console.page import Operator, answering, operator_page

RUNS_SHOWN = 12
BATCHES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """How much was billed in one currency, and how much of it is open and overdue."""

    currency: str
    billed: Decimal
    invoices: int
    open: Decimal
    overdue: Decimal


@dataclass(frozen=True, slots=True)
class Books:
    """The trial balance of one currency and its two sums, which must be equal."""

    currency: str
    lines: list[BalanceLine]
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> bool:
        return self.debit == self.credit


@answering
def list_operators(request: HttpRequest) -> HttpResponse:
    """Every operator of this installation with its figures."""
    cards = []
    for tenant_id, _, _ in list_tenants():
        with acting_for(tenant_id):
            operator = Operator.read(tenant_id)
            figures = _figures(operator, billed_by_month(), owed(on=operator.today))
            accounts = Account.objects.filter(house=False).count()
        cards.append({"operator": operator, "figures": figures, "accounts": accounts})
    return render(request, "console/operators.html", {"cards": cards})


@operator_page
def show_operator(request: HttpRequest, operator: Operator) -> HttpResponse:
    """One operator: its figures, its last runs and files, what waits for a hand, its books."""
    months = billed_by_month()
    context = {
        "operator": operator,
        "figures": _figures(operator, months, owed(on=operator.today)),
        "accounts": Account.objects.filter(house=False).count(),
        "chart": draw_months(months, currency=operator.tenant.currency, until=operator.today),
        "runs": _runs(operator.tenant.currency),
        "batches": [_shown(batch) for batch in recent_batches(count=BATCHES_SHOWN)],
        "rejects": open_rejects(),
        "suspense": open_suspense(),
        "books": _books(trial_balance()),
    }
    return render(request, "console/operator.html", context)


def _figures(operator: Operator, months: Sequence[Billed], owing: Sequence[Owed]) -> list[Figures]:
    """Figures of each currency, the operator's own first and always there."""
    billed: dict[str, Decimal] = defaultdict(Decimal)
    invoices: dict[str, int] = defaultdict(int)
    for month in months:
        billed[month.currency] += month.total
        invoices[month.currency] += month.invoices
    owes = {one.currency: one for one in owing}
    own = operator.tenant.currency
    nothing = Owed("", Decimal(0), Decimal(0))
    return [
        Figures(
            currency,
            billed[currency],
            invoices[currency],
            owes.get(currency, nothing).open,
            owes.get(currency, nothing).overdue,
        )
        for currency in [own, *sorted({*billed, *owes} - {own})]
    ]


def _runs(currency: str) -> Any:
    """The last bill runs, with the invoices each made and their total in the own currency.

    `waiting` is how many bills wait for approval, of whatever run.
    """
    tasks = BillTask.objects.filter(bill_run=OuterRef("pk")).values("bill_run")
    totals = Invoice.objects.filter(bill_run=OuterRef("pk"), currency=currency).values("bill_run")
    drafts = BillDraft.objects.exclude(state__in=OVER).order_by().values("tenant")
    return BillRun.objects.annotate(
        waiting=Subquery(drafts.annotate(count=Count("id")).values("count")),
        invoices=Subquery(tasks.annotate(sum=Sum(F("invoices"))).values("sum")),
        billed=Coalesce(
            Subquery(totals.annotate(sum=Sum("total")).values("sum")), Value(Decimal(0))
        ),
    ).order_by("-bill_date")[:RUNS_SHOWN]


def _shown(batch: Batch) -> dict[str, Any]:
    """A file, what it brought of each kind, and whether each of its rows went somewhere."""
    kinds = batch.sums.get("accepted", {})
    revised = batch.corrected + batch.cancelled
    out = batch.accepted + batch.duplicates + batch.rejected + batch.absorbed + revised
    return {
        "batch": batch,
        "sums": [(*kind.rsplit(" ", 1), Decimal(total)) for kind, total in kinds.items()],
        "revised": revised,
        "conserved": batch.rows_in == out,
    }


def _books(lines: Sequence[BalanceLine]) -> list[Books]:
    by_currency: dict[str, list[BalanceLine]] = defaultdict(list)
    for line in lines:
        by_currency[line.currency].append(line)
    books = []
    for currency, kept in sorted(by_currency.items()):
        debit = credit = Decimal(0)
        for line in kept:
            debit, credit = EXACT.add(debit, line.debit), EXACT.add(credit, line.credit)
        books.append(Books(currency, kept, debit, credit))
    return books
