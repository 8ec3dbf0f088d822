"""Writes around parties and accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tallystick.base.money import minor_decimals
from tallystick.base.refusal import Refusal
from tallystick.domain.parties.models import Account, AccountState, Party, TaxExemption


@dataclass
class AccountExists(Refusal):
    code = "account_exists"
    number: str = ""

    def sentence(self) -> str:
        return f"there is already an account {self.number!r}; choose another number"


@dataclass
class CertificateExists(Refusal):
    code = "certificate_exists"
    certificate: str = ""

    def sentence(self) -> str:
        return (
            f"the account holds certificate {self.certificate!r} already; "
            "give the new one a number of its own"
        )


@dataclass
class CertificateNeverHolds(Refusal):
    code = "certificate_never_holds"
    valid_from: str = ""
    valid_to: str = ""

    def sentence(self) -> str:
        return f"a certificate from {self.valid_from} cannot end before, on {self.valid_to}"


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
    tax_place: str = ""  # where it is taxed, e.g. US-NY/Kings; empty = the party's country


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
        organisation_id=(parent.organisation_id or parent.id) if parent else None,
        number=number,
        currency=terms.currency,
        zone=terms.zone,
        bill_day=terms.bill_day,
        payment_days=terms.payment_days,
        segment=terms.segment,
        customer_kind=terms.customer_kind,
        tax_place=terms.tax_place,
        state=AccountState.ACTIVE,
        opened_on=on,
        house=house,
    )


def exempt_account(
    account: Account,
    *,
    certificate: str,
    valid_from: date,
    valid_to: date | None,
    categories: Sequence[str] = (),
) -> TaxExemption:
    """A certificate that frees the account from tax, on these categories or on all.

    :raises CertificateExists: when the account has it already
    :raises CertificateNeverHolds: when it ends before it begins
    """
    if valid_to is not None and valid_to <= valid_from:
        raise CertificateNeverHolds(valid_from=str(valid_from), valid_to=str(valid_to))
    held = TaxExemption.objects.filter(account_id=account.id, certificate=certificate)
    if held.exists():
        raise CertificateExists(certificate=certificate)
    return TaxExemption.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        certificate=certificate,
        categories=sorted(set(categories)),
        valid_from=valid_from,
        valid_to=valid_to,
    )
