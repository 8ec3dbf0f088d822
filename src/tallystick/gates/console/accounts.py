"""Customers: the list to find one in, and all that is known of one."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tallystick.domain.balances.models import Terms
from tallystick.domain.balances.queries import balance_of
from tallystick.domain.collections.holds import holds_of
from tallystick.domain.collections.models import Action
from tallystick.domain.contracts.models import Contract, ContractOffer, Service
from tallystick.domain.inventory.models import Assignment
from tallystick.domain.invoices.queries import (
    Standing,
    accounts_with_standing,
    invoices_with_state,
)
from tallystick.domain.ledger.models import Entry, LedgerAccount, OwnAccount, Posting
from tallystick.domain.outbox.models import Order
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import UnknownAccount
from tallystick.domain.payments.models import Allocation, Payment
from tallystick.gates.console.page import Operator, cut, operator_page, show_list

STATES: Final = [(standing.value, standing.value.replace("_", " ")) for standing in Standing]
ROWS_SHOWN: Final = 50
"""Of each kind on an account's page, the latest."""


@operator_page
def list_accounts(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Accounts whose number, name or identifier holds the search, of one standing or all."""
    search = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    state = request.GET.get("state", "")
    state = state if state in {name for name, _ in STATES} else ""
    accounts = accounts_with_standing(on=operator.today)
    if state:
        accounts = accounts.filter(standing=state)
    if search:
        held = Assignment.objects.filter(
            account_id=OuterRef("pk"), identifier__value__icontains=search
        )
        accounts = accounts.filter(
            Q(number__icontains=search) | Q(party__name__icontains=search) | Exists(held)
        )
    found = cut(accounts, page=request.GET.get("page", ""))
    context = {
        "operator": operator,
        "search": search,
        "state": state,
        "states": STATES,
        "slice": found,
    }
    return show_list(
        request, "console/accounts.html", context, part="console/parts/account_rows.html"
    )


@operator_page
def show_account(request: HttpRequest, operator: Operator, number: str) -> HttpResponse:
    """All that is known of one account."""
    accounts = accounts_with_standing(on=operator.today).filter(number=number)
    paying_before = Exists(Terms.objects.filter(account_id=OuterRef("pk")))
    account = accounts.annotate(keeps_balance=paying_before).first()
    if account is None:
        raise UnknownAccount(number=number)
    invoices = invoices_with_state(on=operator.today).filter(account=account)
    context = {
        "operator": operator,
        "account": account,
        "contracts": _contracts(account),
        "invoices": invoices.order_by("-id")[:ROWS_SHOWN],
        "payments": _payments(account),
        "actions": Action.objects.filter(account=account).order_by("-id")[:ROWS_SHOWN],
        "holds": holds_of(account.id, count=ROWS_SHOWN),
        "orders": Order.objects.filter(account=account).order_by("-id")[:ROWS_SHOWN],
        "entries": _entries(account),
        "shown": ROWS_SHOWN,
    }
    if account.keeps_balance:
        context |= _balance(account)
    return render(request, "console/account.html", context)


def _balance(account: Account) -> dict[str, Any]:
    """How the account pays before, what it has and what became of it."""
    terms, buckets, movements = balance_of(account.id, moved=ROWS_SHOWN)
    money = (bucket.remaining for bucket in buckets if bucket.unit == account.currency)
    return {
        "terms": terms,
        "money_left": sum(money, Decimal(0)),
        "buckets": [bucket for bucket in buckets if bucket.remaining or bucket.reserved],
        "movements": movements,
    }


def _contracts(account: Account) -> QuerySet[Contract]:
    """Contracts with `offers` they held and `services` they bring, each with its `identifiers`.

    One read: what belongs to a contract comes as JSON, its days as ISO text.
    """
    own = {"account_id": OuterRef("account_id")}
    offers = ContractOffer.objects.filter(contract=OuterRef("pk"), **own).order_by("valid_from")
    services = Service.objects.filter(contract=OuterRef("pk"), **own).order_by("id")
    assigned = Assignment.objects.filter(service=OuterRef("pk"), **own).order_by("id")
    identifiers = _rows(
        assigned, kind="identifier__kind", value="identifier__value", until="valid_to",
        kept="kept_until",
    )  # fmt: skip
    return (
        Contract.objects.filter(account=account)
        .order_by("-starts_on", "-id")
        .annotate(
            offers=_rows(
                offers, code="offer__code", quantity="quantity", since="valid_from",
                until="valid_to",
            ),
            services=_rows(services, name="name", state="state", identifiers=identifiers),
        )
    )  # fmt: skip


def _rows(rows: QuerySet[Any], **columns: Any) -> ArraySubquery:
    return ArraySubquery(rows.values(row=JSONObject(**columns)))


def _payments(account: Account) -> QuerySet[Any]:
    """The last payments, each with the part of it that paid invoices (`used`)."""
    allocations = Allocation.objects.filter(account=account, payment=OuterRef("pk"))
    used = allocations.values("payment").annotate(sum=Sum("amount")).values("sum")
    payments = Payment.objects.filter(account=account).annotate(used=Subquery(used))
    return payments.order_by("-received_on", "-id")[:ROWS_SHOWN]


def _entries(account: Account) -> list[tuple[Entry, list[Any]]]:
    """The last entries with their sides, each with the `name` of its ledger account."""
    latest = Entry.objects.filter(account=account).order_by("-id")[:ROWS_SHOWN]
    named = LedgerAccount.objects.filter(code=OuterRef("ledger_account")).values("name")
    own = OwnAccount.objects.filter(code=OuterRef("own_account")).values("name")
    postings = (
        Posting.objects.filter(account=account, entry__in=latest.values("id"))
        .select_related("entry")
        .annotate(name=Coalesce(Subquery(own), Subquery(named)))
        .order_by("-entry_id", "line_no")
    )
    return [(sides[0].entry, sides) for sides in _grouped(postings)]


def _grouped(postings: Iterable[Any]) -> Iterator[list[Any]]:
    for _, sides in groupby(postings, key=lambda posting: posting.entry_id):
        yield list(sides)
