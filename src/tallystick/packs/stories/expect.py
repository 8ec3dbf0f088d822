"""What an expectation expects and what is found: two texts, the same where it holds."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from tallystick.base.courier import PlacedOrder
from tallystick.base.money import EXACT, plain, round_minor
from tallystick.core.post import chart
from tallystick.domain.balances.queries import money_left
from tallystick.domain.collections.models import Dispute, Promise
from tallystick.domain.contracts.models import Service
from tallystick.domain.invoices.models import Invoice, InvoiceLine, InvoiceTax
from tallystick.domain.invoices.reports import sum_taxes
from tallystick.domain.ledger.queries import balance_of, booked_on
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import Pull
from tallystick.domain.payments.payouts import items_in_clearing
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.usage.late_tables import list_held
from tallystick.domain.usage.queries import open_suspense
from tallystick.domain.usage.rejects import open_rejects
from tallystick.flows.reconcile import reconcile
from tallystick.packs.open_business import morning
from tallystick.packs.stories.bill_steps import BILL_EXPECTATIONS
from tallystick.packs.stories.by_bill import look_at_bills
from tallystick.packs.stories.by_exchange import find_exchanged, find_home_tax
from tallystick.packs.stories.by_stock import look_at_stock
from tallystick.packs.stories.card_steps import ExpectCard, ExpectClearing
from tallystick.packs.stories.exchange_steps import ExpectExchanged, ExpectHomeTax
from tallystick.packs.stories.expectations import (
    ExpectBalance,
    ExpectBooks,
    ExpectHeld,
    ExpectInvoice,
    ExpectInvoices,
    ExpectLedger,
    ExpectLine,
    ExpectMoney,
    ExpectNetwork,
    ExpectNoInvoice,
    ExpectRejects,
    ExpectServiceState,
    ExpectSuspense,
    ExpectTax,
    ExpectTaxes,
    ExpectTold,
)
from tallystick.packs.stories.late_steps import ExpectDispute, ExpectPromise
from tallystick.packs.stories.step import Step
from tallystick.packs.stories.stock_steps import StockExpectation

Seen = tuple[str, str]
"""(expected, found)"""

Told = Mapping[str, Sequence[PlacedOrder]]

NO_INVOICE = "no invoice of that day"


def look(step: Step, *, tenant: Tenant, told: Told) -> Seen:
    """What the step expects and what is found; `told` is what the outside was told, by port.

    It is part of the caller's `acting_for`.

    :raises UnknownAccount: when no account has the number
    """
    if isinstance(step, BILL_EXPECTATIONS):
        return look_at_bills(
            step, tenant_id=tenant.id, money=partial(_money, currency=tenant.currency)
        )
    if isinstance(step, StockExpectation):
        return look_at_stock(step, at=morning(step.day, zone=tenant.zone))
    match step:
        case ExpectInvoice():
            return _look_for_invoice(step)
        case ExpectInvoices():
            return _look_for_invoices(step)
        case ExpectNoInvoice():
            invoice = _invoice_of_day(step, step.account)
            return NO_INVOICE, _invoice_in_words(invoice)
        case ExpectLine():
            return _look_for_line(step)
        case ExpectTax():
            return _look_for_tax(step)
        case ExpectTaxes():
            return _look_for_taxes(step)
        case ExpectBalance():
            owed = _owed(account_numbered(step.account).id)
            return _moneys(step.amount, owed, currency=tenant.currency)
        case ExpectCard():
            return _look_for_card(step)
        case ExpectClearing():
            return _moneys(step.amount, _held_in_clearing(), currency=tenant.currency)
        case ExpectPromise():
            return _look_for_promise(step)
        case ExpectDispute():
            about = Dispute.objects.filter(account=account_numbered(step.account)).order_by("-id")
            return step.state, about.values_list("state", flat=True).first() or "no dispute"
        case ExpectMoney():
            account = account_numbered(step.account)
            left = money_left(account.id, currency=account.currency)
            return plain(step.amount), plain(left)
        case ExpectServiceState():
            states = Service.objects.filter(contract__number=step.contract).order_by("id")
            return step.state, ", ".join(one.state for one in states) or "no service"
        case ExpectNetwork() | ExpectTold():
            return _look_for_orders(step, told)
        case ExpectRejects():
            return str(step.count), str(open_rejects(code=step.code).count())
        case ExpectSuspense():
            return str(step.count), str(dict(open_suspense()).get(step.code, 0))
        case ExpectHeld():
            held = list_held(account_id=account_numbered(step.account).id)
            return str(step.count), str(len(held))
        case ExpectLedger():
            return _moneys(
                step.amount, booked_on(step.code, through=step.through), currency=tenant.currency
            )
        case ExpectExchanged():
            return _exchanged(step, tenant.currency), find_exchanged(step)
        case ExpectHomeTax():
            amount = round_minor(step.amount, currency=step.currency)
            found = find_home_tax(step.account, on=step.day, tenant=tenant)
            return f"{amount} {step.currency}", found
        case ExpectBooks():
            return "they balance", _books_in_words(tenant)
        case _:
            raise AssertionError(f"nobody looks for {type(step).__name__}")


def _look_for_orders(step: ExpectNetwork | ExpectTold, told: Told) -> Seen:
    port = step.port if isinstance(step, ExpectTold) else "network"
    found = [order.action for order in told[port] if order.account == step.account]
    return ", ".join(step.actions) or "nothing", ", ".join(found) or "nothing"


def _exchanged(step: ExpectExchanged, currency: str) -> str:
    given = round_minor(step.given, currency=step.given_currency)
    return (
        f"{given} {step.given_currency} counts {round_minor(step.amount, currency=currency)} "
        f"worth {round_minor(step.worth, currency=currency)}"
    )


def _look_for_invoice(step: ExpectInvoice) -> Seen:
    expected = _in_words(step.net, step.tax, step.total, step.currency)
    return expected, _invoice_in_words(_invoice_of_day(step, step.account))


def _look_for_invoices(step: ExpectInvoices) -> Seen:
    """All that were issued to the account that day, in its currency."""
    found = Invoice.objects.filter(
        account=account_numbered(step.account), issued_on=step.day, currency=step.currency
    )
    total = sum(found.values_list("total", flat=True), Decimal(0))
    said = "{} of {} {}"
    return (
        said.format(step.count, _money(step.total, step.currency), step.currency),
        said.format(found.count(), _money(total, step.currency), step.currency),
    )


def _look_for_line(step: ExpectLine) -> Seen:
    """Lines that begin alike, such as those of several tiers, are added up."""
    invoice = _invoice_of_day(step, step.account)
    if invoice is None:
        return _line_in_words(step.quantity, step.net, ""), NO_INVOICE
    lines = list(InvoiceLine.objects.filter(account_id=invoice.account_id, invoice=invoice))
    alike = [line for line in lines if line.description.startswith(step.prefix)]
    expected = _line_in_words(step.quantity, step.net, invoice.currency)
    if not alike:
        return expected, f"none of its lines: {', '.join(line.description for line in lines)}"
    quantity = sum((line.quantity for line in alike), Decimal(0))
    net = sum((line.net for line in alike), Decimal(0))
    return expected, _line_in_words(quantity, net, invoice.currency)


def _look_for_tax(step: ExpectTax) -> Seen:
    invoice = _invoice_of_day(step, step.account)
    if invoice is None:
        return f"{step.name} on {plain(step.taxable)}: {plain(step.tax)}", NO_INVOICE
    taxes = InvoiceTax.objects.filter(account_id=invoice.account_id, invoice=invoice)
    found = [
        f"{tax.name} on {plain(tax.taxable)}: {plain(tax.tax)}" for tax in taxes.order_by("id")
    ]
    expected = f"{step.name} on {plain(step.taxable)}: {plain(step.tax)}"
    return expected, expected if expected in found else "; ".join(found) or "no tax"


def _held_in_clearing() -> Decimal:
    return sum((one.held for one in items_in_clearing()), Decimal(0))


def _look_for_promise(step: ExpectPromise) -> Seen:
    own = Promise.objects.filter(account=account_numbered(step.account)).order_by("-id")
    return step.state, own.values_list("state", flat=True).first() or "no promise"


def _look_for_card(step: ExpectCard) -> Seen:
    asked = Pull.objects.filter(account=account_numbered(step.account)).order_by("-id")
    return step.state, asked.values_list("state", flat=True).first() or "nothing was asked for"


def _books_in_words(tenant: Tenant) -> str:
    off = [
        f"{one.name}: {plain(one.expected)} and {plain(one.found)}"
        for one in reconcile(tenant_id=tenant.id)
        if not one.ok
    ]
    return "; ".join(off) or "they balance"


def _look_for_taxes(step: ExpectTaxes) -> Seen:
    """The tax return's rows of that place and name, whatever made them due."""
    own = [
        one for one in sum_taxes(step.since, step.until)
        if (one.place, one.name) == (step.place, step.name)
    ]  # fmt: skip
    taxable = sum((one.taxable for one in own), Decimal(0))
    tax = sum((one.tax for one in own), Decimal(0))
    found = f"{plain(taxable)}: {plain(tax)}" if own else "no such tax"
    return f"{plain(step.taxable)}: {plain(step.tax)}", found


def _invoice_of_day(step: Step, account: str) -> Invoice | None:
    """The account's invoice issued on the step's day."""
    invoices = Invoice.objects.filter(account=account_numbered(account), issued_on=step.day)
    return invoices.order_by("id").last()


def _owed(account_id: int) -> Decimal:
    """What is open on the account's invoices less what stands to its credit."""
    owed = balance_of(chart.RECEIVABLE, account_id=account_id)
    return EXACT.add(owed, balance_of(chart.CUSTOMER_CREDIT, account_id=account_id))


def _invoice_in_words(invoice: Invoice | None) -> str:
    if invoice is None:
        return NO_INVOICE
    return _in_words(invoice.net, invoice.tax, invoice.total, invoice.currency)


def _in_words(net: Decimal, tax: Decimal, total: Decimal, currency: str) -> str:
    amounts = (_money(amount, currency) for amount in (net, tax, total))
    return "net {} tax {} total {} {}".format(*amounts, currency)


def _line_in_words(quantity: Decimal, net: Decimal, currency: str) -> str:
    return f"quantity {plain(quantity)} net {_money(net, currency) if currency else plain(net)}"


def _moneys(expected: Decimal, found: Decimal, *, currency: str) -> Seen:
    return _money(expected, currency), _money(found, currency)


def _money(amount: Decimal, currency: str) -> str:
    """The amount with its currency's decimals; one that has more keeps them."""
    rounded = round_minor(amount, currency=currency)
    return format(rounded, "f") if rounded == amount else plain(amount)
