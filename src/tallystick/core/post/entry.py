"""One balanced entry a business event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tallystick.base.money import EXACT, total_of
from tallystick.base.period import Period
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.assemble import AssembledInvoice
from tallystick.core.post.detail import BY_DETAIL, BY_METHOD, NO_DETAIL, TaxDetail
from tallystick.core.post.rules import RULES, EventKind, Rules, Side, Template

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """What happened, in money: named parts, and parts that name their own ledger accounts.

    `source_key` is unique to the fact, so that posting it twice gives one entry. `details` are
    parts told apart by detail, in the place of their sum; `method` is how the money moved.
    """

    kind: EventKind
    source_key: str
    on: date
    currency: str
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    by_account: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    details: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    method: str = NO_DETAIL


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of an entry; a debit is positive, a credit negative."""

    line_no: int
    ledger_account: str
    amount: Decimal
    detail: str = NO_DETAIL


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings in one currency that sum to zero."""

    kind: EventKind
    source_key: str
    on: date
    currency: str
    postings: tuple[Posting, ...]


@dataclass
class UnbalancedEntry(Refusal):
    code = "unbalanced_entry"
    source_key: str = ""
    difference: str = ""

    def sentence(self) -> str:
        return (
            f"the entry for {self.source_key} is out of balance by {self.difference}; "
            "its parts or the posting rule of its kind must be corrected"
        )


@dataclass
class NoPostingRule(Refusal):
    code = "no_posting_rule"
    kind: str = ""

    def sentence(self) -> str:
        return f"no posting rule for {self.kind!r}; add its templates to the operator's rules"


@dataclass
class UnknownPart(Refusal):
    code = "unknown_part"
    source_key: str = ""
    part: str = ""

    def sentence(self) -> str:
        return f"{self.source_key} has a part {self.part!r} that its posting rule does not name"


def post_event(event: BusinessEvent, *, rules: Rules = RULES) -> Entry:
    """The entry of the event, one posting a ledger account and detail; zero posts nothing.

    :raises NoPostingRule: when its kind has no rule
    :raises UnknownPart: when it has a part that the rule does not post
    :raises UnbalancedEntry: when the postings do not sum to zero
    """
    if event.kind not in rules:
        raise NoPostingRule(kind=event.kind)
    templates = rules[event.kind]
    for part in (*event.parts, *event.by_account, *event.details):
        if not any(template.part == part for template in templates):
            raise UnknownPart(source_key=event.source_key, part=part)
    sums: dict[tuple[str, str], Decimal] = {}
    for template in templates:
        for place, amount in _amounts(template, event).items():
            signed = amount if template.side is Side.DEBIT else EXACT.minus(amount)
            sums[place] = EXACT.add(sums.get(place, ZERO), signed)
    difference = total_of(sums.values())
    if difference:
        raise UnbalancedEntry(source_key=event.source_key, difference=str(difference))
    posted = [(account, amount, detail) for (account, detail), amount in sums.items() if amount]
    return Entry(
        kind=event.kind,
        source_key=event.source_key,
        on=event.on,
        currency=event.currency,
        postings=tuple(Posting(n, *one) for n, one in enumerate(posted, start=1)),
    )


def _amounts(template: Template, event: BusinessEvent) -> dict[tuple[str, str], Decimal]:
    """What a template posts, by ledger account and detail."""
    account, part = template.account, template.part
    if account is None:
        named = event.by_account.get(part, {})
        return {(code, NO_DETAIL): amount for code, amount in named.items()}
    told = event.details.get(part, {})
    if told and account in BY_DETAIL:
        return {(account, detail): amount for detail, amount in told.items()}
    amount = total_of(told.values()) if told else event.parts.get(part, ZERO)
    return {(account, event.method if account in BY_METHOD else NO_DETAIL): amount}


def post_invoice(
    invoice: AssembledInvoice,
    *,
    source_key: str,
    issued_on: date,
    currency: str,
    rules: Rules = RULES,
) -> Entry:
    """Receivable against revenue by service, deferred revenue and tax.

    A line for days after the day of issue is deferred whole; `turn` releases it day by day. An
    invoice whose total is negative is posted alike, with the sides turned.

    :raises UnbalancedEntry: when the invoice does not add up
    """
    return _post_document(EventKind.INVOICE_ISSUED, invoice, source_key, issued_on, currency, rules)


def post_credit(
    credit_note: AssembledInvoice,
    *,
    source_key: str,
    issued_on: date,
    currency: str,
    rules: Rules = RULES,
) -> Entry:
    """The mirror of `post_invoice` for a credit note, whose amounts are positive.

    :raises UnbalancedEntry: when the credit note does not add up
    """
    kind = EventKind.CREDIT_NOTE_ISSUED
    return _post_document(kind, credit_note, source_key, issued_on, currency, rules)


def post_payment(
    amount: Decimal,
    *,
    source_key: str,
    on: date,
    currency: str,
    method: str = NO_DETAIL,
    rules: Rules = RULES,
) -> Entry:
    """Money received, as credit of the customer until it is allocated."""
    kind, parts = EventKind.PAYMENT_RECEIVED, {"amount": amount}
    event = BusinessEvent(kind, source_key, on, currency, parts, method=method)
    return post_event(event, rules=rules)


def post_allocation(
    amount: Decimal, *, source_key: str, on: date, currency: str, rules: Rules = RULES
) -> Entry:
    """Credit of the customer that pays an invoice."""
    kind, parts = EventKind.PAYMENT_ALLOCATED, {"amount": amount}
    return post_event(BusinessEvent(kind, source_key, on, currency, parts), rules=rules)


def post_deposit(
    amount: Decimal,
    *,
    source_key: str,
    on: date,
    currency: str,
    method: str = NO_DETAIL,
    rules: Rules = RULES,
) -> Entry:
    """Money received as a security, which stays the customer's."""
    kind, parts = EventKind.DEPOSIT_HELD, {"amount": amount}
    event = BusinessEvent(kind, source_key, on, currency, parts, method=method)
    return post_event(event, rules=rules)


def post_deposit_end(
    amount: Decimal,
    *,
    interest: Decimal,
    source_key: str,
    on: date,
    currency: str,
    rules: Rules = RULES,
) -> Entry:
    """A security and its interest that become credit of the customer."""
    kind, parts = EventKind.DEPOSIT_APPLIED, {"amount": amount, "interest": interest}
    return post_event(BusinessEvent(kind, source_key, on, currency, parts), rules=rules)


def post_write_off(
    *,
    loss: Decimal,
    tax: Mapping[str, Decimal],
    source_key: str,
    on: date,
    currency: str,
    rules: Rules = RULES,
) -> Entry:
    """A receivable given up: the net is bad debt, the tax comes back where the law lets it.

    `tax` is by detail.
    """
    kind, parts, details = EventKind.DEBT_WRITTEN_OFF, {"loss": loss}, {"tax": tax}
    event = BusinessEvent(kind, source_key, on, currency, parts, details=details)
    return post_event(event, rules=rules)


def post_recovery(
    *,
    loss: Decimal,
    tax: Mapping[str, Decimal],
    source_key: str,
    on: date,
    currency: str,
    rules: Rules = RULES,
) -> Entry:
    """Money came for what was given up: a receivable once more, its tax (by detail) owed again."""
    kind, parts, details = EventKind.DEBT_RECOVERED, {"loss": loss}, {"tax": tax}
    event = BusinessEvent(kind, source_key, on, currency, parts, details=details)
    return post_event(event, rules=rules)


def is_deferred(period: Period, *, issued_on: date) -> bool:
    """Whether a line for those days is deferred: some of them come after the day of issue."""
    return period.last > issued_on


def _post_document(
    kind: EventKind,
    document: AssembledInvoice,
    source_key: str,
    issued_on: date,
    currency: str,
    rules: Rules,
) -> Entry:
    revenue: dict[str, Decimal] = {}
    deferred = ZERO
    for one in document.lines:
        if is_deferred(one.line.period, issued_on=issued_on):
            deferred = EXACT.add(deferred, one.net)
        else:
            account = one.line.revenue_account
            revenue[account] = EXACT.add(revenue.get(account, ZERO), one.net)
    taxes: dict[str, Decimal] = {}
    for row in document.taxes:
        tax = row.tax
        detail = str(TaxDetail(tax.jurisdiction, tax.tax, tax.code, tax.percent))
        taxes[detail] = EXACT.add(taxes.get(detail, ZERO), row.amount)
    event = BusinessEvent(
        kind, source_key, issued_on, currency, {"total": document.total, "deferred": deferred},
        {"revenue": revenue}, {"tax": taxes},
    )  # fmt: skip
    return post_event(event, rules=rules)
