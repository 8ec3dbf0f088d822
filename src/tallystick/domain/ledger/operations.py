"""Writes of the general ledger: one balanced entry a business fact."""

from datetime import datetime

from tallystick.core.post.entry import Entry as EntryToPost
from tallystick.domain.ledger.models import Entry, Posting


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
    """
    if not entry.postings:
        return
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
            amount=posting.amount,
        )
        for posting in entry.postings
    )
