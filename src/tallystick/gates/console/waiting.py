"""What waits for a person: usage, disputes, promises, bank lines, card news, orders, rates."""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.domain.collections.models import Dispute, DisputeState, Promise, PromiseState
from tallystick.domain.outbox.models import Order, OrderState
from tallystick.domain.payments.models import BankLine, BankLineState, FactState, ProcessorFact
from tallystick.domain.usage.queries import open_suspense
from tallystick.domain.usage.rejects import count_by_code, open_rejects
from tallystick.flows.home_tax import lacking_since
from tallystick.gates.console.page import Operator, operator_page

ROWS_SHOWN: Final = 50
LACKING_DAYS: Final = 92
"""Invoices older than this are not looked at for rates that they lack."""


@operator_page
def show_waiting(request: HttpRequest, operator: Operator) -> HttpResponse:
    """All worklists on one page, the oldest first."""
    disputes = Dispute.objects.select_related("account", "invoice")
    promises = Promise.objects.select_related("account").filter(state=PromiseState.OPEN)
    lines = BankLine.objects.filter(state=BankLineState.WAITING)
    facts = ProcessorFact.objects.filter(state=FactState.WAITING)
    orders = Order.objects.select_related("account").filter(state=OrderState.FAILED)
    context = {
        "operator": operator,
        "disputes": disputes.filter(state=DisputeState.OPEN).order_by("id")[:ROWS_SHOWN],
        "promises": promises.order_by("until", "id")[:ROWS_SHOWN],
        "lines": lines.order_by("booked_on", "id")[:ROWS_SHOWN],
        "facts": facts.order_by("happened_at", "id")[:ROWS_SHOWN],
        "orders": orders.order_by("id")[:ROWS_SHOWN],
        "rejects": count_by_code(open_rejects()),
        "suspense": open_suspense(),
        "lacking": lacking_since(
            operator.today - timedelta(days=LACKING_DAYS), tenant=operator.tenant
        ),
        "lacking_days": LACKING_DAYS,
        "shown": ROWS_SHOWN,
    }
    return render(request, "console/waiting.html", context)
