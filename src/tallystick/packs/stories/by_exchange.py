"""Steps of a story about money in another currency."""

from datetime import date, datetime

from tallystick.base.money import plain, round_minor
from tallystick.domain.currencies.operations import RateWish, record_rates
from tallystick.domain.invoices.models import Invoice
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import ExchangedPart
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.home_tax import home_tax_of
from tallystick.packs.stories.exchange_steps import ExpectExchanged, GiveRate


def give_rate(step: GiveRate, *, tenant_id: int, at: datetime) -> str:
    """The rate, as it stands from that day on.

    :raises Refusal: when it cannot be one
    """
    wish = RateWish(step.base, step.quote, step.rate, step.day, step.source, step.until)
    with acting_for(tenant_id):
        record_rates([wish], tenant_id=tenant_id, at=at)
    return f"1 {step.base} = {plain(step.rate)} {step.quote} until {wish.valid_to}"


def find_exchanged(step: ExpectExchanged) -> str:
    """The account's last foreign payment as the expectation says it; part of `acting_for`."""
    parts = ExchangedPart.objects.filter(account_id=account_numbered(step.account).id)
    last = parts.order_by("-payment_id").values_list("payment_id", flat=True).first()
    if last is None:
        return "nothing was exchanged"
    own = list(parts.filter(payment_id=last).select_related("payment"))
    given_currency, currency = own[0].given_currency, own[0].payment.currency
    given, amount, worth = (
        sum(getattr(part, name) for part in own) for name in ("given", "amount", "worth")
    )
    return (
        f"{round_minor(given, currency=given_currency)} {given_currency} "
        f"counts {round_minor(amount, currency=currency)} "
        f"worth {round_minor(worth, currency=currency)}"
    )


def find_home_tax(account: str, *, on: date, tenant: Tenant) -> str:
    """The tax of the account's invoice of that day in the operator's own currency."""
    invoices = Invoice.objects.filter(account=account_numbered(account), issued_on=on)
    invoice = invoices.order_by("-id").first()
    found = invoice and home_tax_of(invoice, tenant=tenant)
    return f"{found.amount} {found.currency}" if found else "none is said"
