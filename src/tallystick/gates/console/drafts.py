"""Bills that wait for approval: the worklist, and one bill with its lines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.base.period import Period
from tallystick.domain.invoices.drafts import drafts_of_account, lines_of_draft, list_drafts
from tallystick.domain.parties.queries import account_numbered
from tallystick.flows.home_tax import lacking_of_waiting
from tallystick.gates.console.page import Operator, operator_page


@operator_page
def list_waiting(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Every bill that waits, the largest first, beside what the account was billed last."""
    drafts = list_drafts()
    context = {
        "operator": operator,
        "drafts": drafts,
        "lacking": lacking_of_waiting(drafts, tenant=operator.tenant),
    }
    return render(request, "console/drafts.html", context)


@operator_page
def show_draft(request: HttpRequest, operator: Operator, number: str) -> HttpResponse:
    """What an account would be billed, line by line."""
    account = account_numbered(number)
    waiting = [
        {
            "draft": draft,
            "lines": [
                (line, Period(line.period_from, line.period_to)) for line in lines_of_draft(draft)
            ],
        }
        for draft in drafts_of_account(account.id, number=number)
    ]
    context = {"operator": operator, "account": account, "waiting": waiting}
    return render(request, "console/draft.html", context)
