"""Writes around parties and accounts."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tallystick.base.money import minor_decimals
from tallystick.base.refusal import Refusal
from tallystick.domain.parties.models import Account, AccountState, Party


@dataclass
class AccountExists(Refusal):
    code = "account_exists"
    number: str = ""

    def sentence(self) -> str:
        return f"there is already an account {self.number!r}; choose another number"


@dataclass(frozen=True, slots=True)
class PartyDetails:
    """Who a party is, as printed on its invoices."""

    kind: str
    name: str
    country: str
    language: str
    address: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """How an account is billed."""

    currency: str
    zone: str
    bill_day: int
    payment_days: int
    segment: str
    customer_kind: str


def open_account(
    details: PartyDetails,
    *,
    tenant_id: int,
    number: str,
    terms: AccountTerms,
    on: date,
    parent: Account | None = None,
    house: bool = False,
) -> Account:
    """A party and the account it pays from.

    :raises AccountExists: when the number is taken
    :raises InvalidCurrency: when the currency is not a code
    """
    minor_decimals(terms.currency)
    ZoneInfo(terms.zone)
    if Account.objects.filter(number=number).exists():
        raise AccountExists(number=number)
    party = Party.objects.create(
        tenant_id=tenant_id,
        kind=details.kind,
        name=details.name,
        email=details.email,
        phone=details.phone,
        address=list(details.address),
        country=details.country,
        tax_number=details.tax_number,
        language=details.language,
    )
    return Account.objects.create(
        tenant_id=tenant_id,
        party=party,
        parent=parent,
        number=number,
        currency=terms.currency,
        zone=terms.zone,
        bill_day=terms.bill_day,
        payment_days=terms.payment_days,
        segment=terms.segment,
        customer_kind=terms.customer_kind,
        state=AccountState.ACTIVE,
        opened_on=on,
        house=house,
    )
