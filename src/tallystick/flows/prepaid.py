"""The ledger's side of balances: what was bought, used, moved and expired since it was told last.

What leaves a balance includes tax; the tax is told apart here, when it is used, as the operator's
table says for the account's place. The rounded money of every account is the prepaid liability
after each posting.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.money import EXACT, round_minor
from tallystick.base.progress import Progress, silent
from tallystick.core.charge.balance import booked, spread_change
from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.core.invoice.read_taxes import read_taxes
from tallystick.core.invoice.tax import NoTaxRate, Tax, TaxPosition, TaxRow, taxes_on
from tallystick.core.post.detail import TaxDetail, split_tax
from tallystick.core.post.entry import BusinessEvent, Entry, post_event
from tallystick.core.post.rules import EventKind
from tallystick.domain.balances.buckets import lock_terms, note_posted
from tallystick.domain.balances.models import MovementKind, PrepaidUse
from tallystick.domain.balances.queries import (
    Unposted,
    accounts_to_post,
    unposted_of,
)
from tallystick.domain.invoices.models import OtherTax, TaxCause
from tallystick.domain.ledger.tables import store_entries
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import exemptions_of
from tallystick.domain.tenants.locks import only_one
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for

ACCOUNTS_PER_STEP: Final = 1_000
ZERO: Final = Decimal(0)
_OTHER_KINDS: Final = {
    MovementKind.CREDIT: (EventKind.PREPAID_BOUGHT, 1),
    MovementKind.EXPIRE: (EventKind.PREPAID_EXPIRED, -1),
    MovementKind.TRANSFER_IN: (EventKind.PREPAID_MOVED, -1),
    MovementKind.TRANSFER_OUT: (EventKind.PREPAID_MOVED, -1),
    MovementKind.CORRECT: (EventKind.PREPAID_CORRECTED, 1),
}
"""What is posted of a movement that is no use, and with which sign."""


@dataclass(frozen=True, slots=True)
class PostReport:
    """What was posted: accounts, money used by currency, accounts held back with their reason."""

    accounts: int
    used: dict[str, Decimal]
    held: tuple[dict[str, str], ...]


@dataclass(slots=True)
class _Posted:
    """Entries and uses of some accounts, gathered for one write."""

    entries: dict[tuple[str, str], list[tuple[int, Entry]]] = field(default_factory=dict)
    uses: list[PrepaidUse] = field(default_factory=list)
    taxes: list[OtherTax] = field(default_factory=list)
    used: dict[str, Decimal] = field(default_factory=dict)
    through: dict[int, int] = field(default_factory=dict)
    held: list[dict[str, str]] = field(default_factory=list)


def post_prepaid(
    *, tenant_id: int, on: date, at: datetime, progress: Progress = silent
) -> PostReport:
    """Posts what every account bought, used and lost since the last posting.

    It may stop anywhere; the same call again posts what is left. An account whose use has no tax
    rate is held back whole.

    :raises AlreadyRunning: while another posting of the operator runs
    """
    with only_one("posting prepaid use", tenant_id=tenant_id):
        with acting_for(tenant_id):
            ids = accounts_to_post()
        accounts, used, held = 0, dict[str, Decimal](), list[dict[str, str]]()
        for start in range(0, len(ids), ACCOUNTS_PER_STEP):
            step = ids[start : start + ACCOUNTS_PER_STEP]
            with acting_for(tenant_id):
                posted = _post(step, tenant_id=tenant_id, on=on, at=at)
            accounts += len(posted.through)
            held += posted.held
            for currency, amount in posted.used.items():
                used[currency] = used.get(currency, ZERO) + amount
            progress("posting", done=min(start + ACCOUNTS_PER_STEP, len(ids)), total=len(ids))
        return PostReport(accounts, used, tuple(held))


def post_accounts(account_ids: Sequence[int], *, tenant_id: int, on: date, at: datetime) -> None:
    """The same for some accounts, as part of the caller's transaction.

    :raises NoTaxRate: when a use has no tax rate
    """
    posted = _post(sorted(account_ids), tenant_id=tenant_id, on=on, at=at)
    for one in posted.held:
        raise NoTaxRate(**{name: one[name] for name in NoTaxRate.__dataclass_fields__})


def _post(ids: Sequence[int], *, tenant_id: int, on: date, at: datetime) -> _Posted:
    lock_terms(ids)
    tenant = Tenant.objects.get(id=tenant_id)
    table = read_taxes(tenant.taxes, name="taxes")
    unposted = unposted_of(list(ids))
    accounts = Account.objects.select_related("party").in_bulk(list(unposted))
    exempt = exemptions_of(list(unposted))
    posted = _Posted()
    for account_id, waiting in unposted.items():
        account = accounts[account_id]
        position = TaxPosition(
            name=account.number,
            jurisdiction=account.tax_place or account.party.country,
            customer_kind=account.customer_kind,
            reverse_charge=account.customer_kind == "reverse_charge",
            exemptions=tuple(exempt.get(account_id, ())),
            seller_region=tenant.tax_place,
        )
        books = _Books(account, waiting, position, table, on)
        try:
            _post_one(books, posted=posted)
        except NoTaxRate as refusal:
            posted.held.append({"account": account.number, **refusal.parameters()})
    _store(posted, tenant_id=tenant_id, on=on, at=at)
    return posted


@dataclass(frozen=True, slots=True)
class _Books:
    """What one account has to be told of, and how it is taxed."""

    account: Account
    waiting: Unposted
    position: TaxPosition
    table: Sequence[TaxRow]
    on: date

    def taxes(self, category: str) -> tuple[Tax, ...]:
        return taxes_on(category, position=self.position, table=self.table, on=self.on)

    def percent(self, category: str) -> Decimal:
        return sum((tax.percent for tax in self.taxes(category)), ZERO)


def _post_one(books: _Books, *, posted: _Posted) -> None:
    """Adds the entries of one account; nothing when it is held back."""
    waiting, currency = books.waiting, books.account.currency
    exact = [part.quantity for part in waiting.parts]
    after = EXACT.add(waiting.known, sum(exact, ZERO))
    change = booked(after, currency=currency) - booked(waiting.known, currency=currency)
    shares = spread_change(change, parts=exact, currency=currency)
    uses = list(_uses(books, shares))
    taxes = _taxes(books, uses)
    events = [_used(books, uses, taxes)]
    other: dict[EventKind, dict[str, Decimal]] = {}
    for part, share in zip(waiting.parts, shares, strict=True):
        if part.kind in _OTHER_KINDS:
            kind, sign = _OTHER_KINDS[MovementKind(part.kind)]
            sums = other.setdefault(kind, {})
            sums[part.moved] = sums.get(part.moved, ZERO) + sign * share
    events += [_moved(kind, books, amounts) for kind, amounts in other.items()]
    for event in events:
        entry = post_event(event)
        if entry.postings:
            key = (entry.kind, currency)
            posted.entries.setdefault(key, []).append((books.account.id, entry))
    posted.uses += uses
    posted.taxes += taxes
    posted.through[books.account.id] = waiting.through
    total = sum((use.total for use in uses), ZERO)
    posted.used[currency] = posted.used.get(currency, ZERO) + total


def _uses(books: _Books, shares: Sequence[Decimal]) -> Iterator[PrepaidUse]:
    """What was used by revenue account and tax category, the tax told apart."""
    sums: dict[tuple[str, str], Decimal] = {}
    for part, share in zip(books.waiting.parts, shares, strict=True):
        if part.kind not in _OTHER_KINDS:
            key = (part.revenue, part.tax)
            sums[key] = sums.get(key, ZERO) - share
    for (revenue, category), total in sums.items():
        percent = books.percent(category)
        tax = EXACT.divide(EXACT.multiply(total, percent), 100 + percent)
        yield PrepaidUse(
            tenant_id=books.account.tenant_id,
            account_id=books.account.id,
            entry_key=_key(EventKind.PREPAID_USED, books),
            posted_on=books.on,
            revenue_account=revenue,
            tax_category=category,
            percent=percent,
            total=total,
            tax=round_minor(tax, currency=books.account.currency),
        )


def _taxes(books: _Books, uses: Sequence[PrepaidUse]) -> list[OtherTax]:
    """The taxes of uses, each tax on its own; those of one use share what it has by their rates."""
    sums: dict[Tax, tuple[Decimal, Decimal]] = {}
    for use in uses:
        rates = {tax: tax.percent for tax in books.taxes(use.tax_category) if not tax.levy}
        shares = split_tax(use.tax, weights=rates, currency=books.account.currency)
        for tax in rates:
            taxable, amount = sums.get(tax, (ZERO, ZERO))
            sums[tax] = (taxable + use.total - use.tax, amount + shares.get(tax, ZERO))
    return [
        OtherTax(
            tenant_id=books.account.tenant_id,
            account_id=books.account.id,
            entry_key=_key(EventKind.PREPAID_USED, books),
            cause=TaxCause.PREPAID_USED,
            counted_on=books.on,
            currency=books.account.currency,
            place=tax.place,
            jurisdiction=tax.jurisdiction,
            name=tax.tax,
            code=tax.code,
            rate=tax.percent,
            taxable=taxable,
            tax=amount,
        )
        for tax, (taxable, amount) in sums.items()
        if taxable or amount
    ]


def _key(kind: EventKind, books: _Books) -> str:
    return f"{kind}:{books.waiting.through}"


def _used(books: _Books, uses: Sequence[PrepaidUse], taxes: Sequence[OtherTax]) -> BusinessEvent:
    revenue: dict[str, Decimal] = {}
    for use in uses:
        net = use.total - use.tax
        revenue[use.revenue_account] = revenue.get(use.revenue_account, ZERO) + net
    due: dict[str, Decimal] = {}
    for tax in taxes:
        detail = str(TaxDetail(tax.jurisdiction, tax.name, tax.code, tax.rate))
        due[detail] = due.get(detail, ZERO) + tax.tax
    kind = EventKind.PREPAID_USED
    return BusinessEvent(
        kind, _key(kind, books), books.on, books.account.currency,
        {"total": sum((use.total for use in uses), ZERO)}, {"revenue": revenue}, {"tax": due},
    )  # fmt: skip


def _moved(kind: EventKind, books: _Books, amounts: Mapping[str, Decimal]) -> BusinessEvent:
    """What was bought, by how it was paid; or what else became of money."""
    return BusinessEvent(
        kind, _key(kind, books), books.on, books.account.currency, details={"amount": amounts}
    )


def _store(posted: _Posted, *, tenant_id: int, on: date, at: datetime) -> None:
    for (kind, currency), entries in posted.entries.items():
        store_entries(
            pl.DataFrame(
                [
                    (account_id, line.line_no, len(entry.postings), line.ledger_account,
                     line.amount, line.detail)
                    for account_id, entry in entries
                    for line in entry.postings
                ],
                schema={
                    "account_id": pl.Int64(), "line_no": pl.Int64(), "line_count": pl.Int64(),
                    "ledger_account": pl.String(), "amount": MONEY, "detail": pl.String(),
                },
                orient="row",
            ),
            heads=pl.DataFrame(
                [(id, entry.source_key, kind.replace("_", " ")) for id, entry in entries],
                schema={
                    "account_id": pl.Int64(), "source_key": pl.String(),
                    "description": pl.String(),
                },
                orient="row",
            ),
            tenant_id=tenant_id,
            kind=kind,
            occurred_on=on,
            currency=currency,
            posted_at=at,
        )  # fmt: skip
    PrepaidUse.objects.bulk_create(use for use in posted.uses if use.total)
    OtherTax.objects.bulk_create(posted.taxes)
    note_posted(posted.through)
