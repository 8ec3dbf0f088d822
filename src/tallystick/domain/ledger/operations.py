"""Writes of the general ledger: one balanced entry a business fact."""

from dataclasses import dataclass
from datetime import date, datetime

from tallystick.base.refusal import Refusal
from tallystick.core.post.chart import CHART
from tallystick.core.post.entry import Entry as EntryToPost
from tallystick.domain.ledger.chart_rules import own_account
from tallystick.domain.ledger.models import Closing, Entry, LedgerAccount, Posting


@dataclass
class BooksClosed(Refusal):
    code = "books_closed"
    on: str = ""
    through: str = ""

    def sentence(self) -> str:
        return (
            f"the books are closed through {self.through}, so nothing can be posted on {self.on}; "
            "use a later day, or open them again with: tallystick books reopen"
        )


@dataclass
class NothingToReopen(Refusal):
    code = "nothing_to_reopen"

    def sentence(self) -> str:
        return "no period is closed, so there is nothing to open again"


def complete_chart(*, tenant_id: int) -> None:
    """Gives the operator the accounts of the standard chart that it does not have yet."""
    LedgerAccount.objects.bulk_create(
        [
            LedgerAccount(tenant_id=tenant_id, code=line.code, name=line.name, kind=line.nature)
            for line in CHART.values()
        ],
        ignore_conflicts=True,
    )


def closed_through() -> date | None:
    """The last day of the closed books of the operator acted for; None while all are open."""
    last = Closing.objects.filter(reopened_at__isnull=True).order_by("-through").first()
    return None if last is None else last.through


def require_open(on: date) -> None:
    """Passes when something may be posted on that day.

    :raises BooksClosed: when it lies in a closed period
    """
    through = closed_through()
    if through is not None and on <= through:
        raise BooksClosed(on=on.isoformat(), through=through.isoformat())


def close_books(*, tenant_id: int, through: date, at: datetime) -> Closing:
    """Closes the books through that day.

    :raises BooksClosed: when they are closed through it or further already
    """
    require_open(through)
    return Closing.objects.create(tenant_id=tenant_id, through=through, closed_at=at)


def reopen_books(*, reason: str, at: datetime) -> Closing:
    """Opens the period that was closed last.

    :raises NothingToReopen: when none is closed
    """
    last = Closing.objects.filter(reopened_at__isnull=True).order_by("-through").first()
    if last is None:
        raise NothingToReopen
    last.reopened_at, last.reason = at, reason
    last.save(update_fields=["reopened_at", "reason"])
    return last


def store_entry(
    entry: EntryToPost,
    *,
    tenant_id: int,
    account_id: int,
    description: str,
    at: datetime,
) -> None:
    """Stores an entry and its postings; an entry without postings is not stored.

    Its source key is unique, so the same fact posted again is refused by the database.

    :raises BooksClosed: when its day lies in a closed period
    """
    if not entry.postings:
        return
    require_open(entry.on)
    count = len(entry.postings)
    head = Entry.objects.create(
        tenant_id=tenant_id,
        account_id=account_id,
        source_key=entry.source_key,
        kind=entry.kind,
        occurred_on=entry.on,
        posted_at=at,
        currency=entry.currency,
        line_count=count,
        description=description,
    )
    Posting.objects.bulk_create(
        Posting(
            tenant_id=tenant_id,
            account_id=account_id,
            entry=head,
            line_no=posting.line_no,
            line_count=count,
            ledger_account=posting.ledger_account,
            own_account=own_account(
                posting.ledger_account, kind=entry.kind, on=entry.on, detail=posting.detail
            ),
            detail=posting.detail or None,
            amount=posting.amount,
        )
        for posting in entry.postings
    )
