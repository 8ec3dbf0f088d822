"""Reads of the general ledger: every balance is a sum of postings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from tallystick.domain.ledger.models import Entry, LedgerAccount, OwnAccount, Posting

BOOKED: Final = Coalesce("own_account", "ledger_account")
"""Where a posting stands in the operator's chart; that is the standard one but for its rules."""


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """A ledger account's balance in one currency: debits less credits."""

    code: str
    name: str
    kind: str
    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        return self.debit - self.credit


def trial_balance(*, until: date | None = None) -> list[BalanceLine]:
    """Every account of the operator's chart that has postings, by code and currency."""
    postings = Posting.objects.all()
    if until is not None:
        postings = postings.filter(entry__occurred_on__lte=until)
    sums = (
        postings.values_list(BOOKED, "entry__currency")
        .annotate(
            debit=Coalesce(Sum("amount", filter=Q(amount__gt=0)), Decimal(0)),
            credit=Coalesce(Sum("amount", filter=Q(amount__lt=0)), Decimal(0)),
        )
        .exclude(debit=0, credit=0)
    )
    chart: dict[str, LedgerAccount | OwnAccount] = {
        **{line.code: line for line in LedgerAccount.objects.all()},
        **{line.code: line for line in OwnAccount.objects.all()},
    }
    return [
        BalanceLine(
            code=code,
            name=chart[code].name if code in chart else code,
            kind=chart[code].kind if code in chart else "",
            currency=currency,
            debit=debit,
            credit=-credit,
        )
        for code, currency, debit, credit in sorted(sums)
    ]


def booked_on(code: str, *, through: date | None = None) -> Decimal:
    """Debits less credits of an account of the operator's chart, by the evening of a day."""
    postings = Posting.objects.annotate(code=BOOKED).filter(code=code)
    if through is not None:
        postings = postings.filter(entry__occurred_on__lte=through)
    return postings.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def postings_of(account_id: int, *, source_key: str) -> dict[tuple[str, str], Decimal]:
    """What the entry of that fact posts to each ledger account and detail (empty: none)."""
    own = Posting.objects.filter(account_id=account_id, entry__source_key=source_key)
    sums = own.values_list("ledger_account", "detail").annotate(total=Sum("amount"))
    return {(code, detail or ""): total for code, detail, total in sums}


def balance_of(code: str, *, account_id: int | None = None) -> Decimal:
    """Debits less credits of a standard ledger account, of one customer or of all."""
    postings = Posting.objects.filter(ledger_account=code)
    if account_id is not None:
        postings = postings.filter(account_id=account_id)
    return postings.aggregate(total=Sum("amount"))["total"] or Decimal(0)


def moved_on(code: str, *, since: date, until: date) -> dict[str, Decimal]:
    """Debits less credits of a standard ledger account on these days, by currency."""
    own = Posting.objects.filter(
        ledger_account=code, entry__occurred_on__gte=since, entry__occurred_on__lte=until
    )
    return dict(own.values_list("entry__currency").annotate(total=Sum("amount")))


def recent_entries(
    *, account_id: int | None, since: date | None, until: date | None, count: int
) -> list[tuple[Entry, list[Posting]]]:
    """The entries posted last, the latest first, each with its postings."""
    entries = Entry.objects.select_related("account").order_by("-id")
    if account_id is not None:
        entries = entries.filter(account_id=account_id)
    if since is not None:
        entries = entries.filter(occurred_on__gte=since)
    if until is not None:
        entries = entries.filter(occurred_on__lte=until)
    found = list(entries[:count])
    sides: dict[int, list[Posting]] = {}
    ids = [entry.id for entry in found]
    for posting in Posting.objects.filter(entry_id__in=ids).order_by("entry_id", "line_no"):
        sides.setdefault(posting.entry_id, []).append(posting)
    return [(entry, sides.get(entry.id, [])) for entry in found]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A posting with what its entry says; a debit is positive."""

    entry_id: int
    occurred_on: date
    posted_at: datetime
    kind: str
    source_key: str
    description: str
    account: str
    ledger_account: str
    ledger_name: str
    currency: str
    amount: Decimal
    standard: str
    detail: str
    """Whose tax at which rate, or how the money moved; empty of other postings."""


_JOURNAL = """
    FROM ledger_entry e JOIN ledger_posting p ON p.tenant_id = e.tenant_id
        AND p.account_id = e.account_id AND p.entry_id = e.id
    JOIN parties_account a ON a.tenant_id = e.tenant_id AND a.id = e.account_id
    LEFT JOIN ledger_ledgeraccount l ON l.tenant_id = e.tenant_id AND l.code = p.ledger_account
    LEFT JOIN ledger_ownaccount o ON o.tenant_id = e.tenant_id AND o.code = p.own_account
    WHERE e.occurred_on BETWEEN %s AND %s
"""


def journal_between(since: date, until: date) -> Iterator[JournalRow]:
    """Every posting of the days, by entry, read piece by piece in the caller's transaction."""
    connection.ensure_connection()
    with connection.connection.cursor(name="journal") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            "SELECT e.id, e.occurred_on, e.posted_at, e.kind, e.source_key, e.description,"
            " a.number, coalesce(p.own_account, p.ledger_account),"
            " coalesce(o.name, l.name, p.ledger_account), e.currency,"
            f" p.amount, p.ledger_account, coalesce(p.detail, '') {_JOURNAL}"
            " ORDER BY e.id, a.number, p.line_no",
            [since, until],
        )
        for row in cursor:
            yield JournalRow(*row)


def journal_sums(since: date, until: date) -> tuple[int, Decimal, Decimal]:
    """How many entries the days have, their debits and their credits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT (e.account_id, e.id)),"
            " coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0),"
            f" coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0) {_JOURNAL}",
            [since, until],
        )
        entries, debit, credit = cursor.fetchone()
        return int(entries), debit, credit
