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


@dataclass
class NotAbove(Refusal):
    code = "not_above"
    account: str = ""
    payer: str = ""

    def sentence(self) -> str:
        return (
            f"account {self.account!r} does not stand below {self.payer!r}; "
            "only an account above it can pay for it"
        )


@dataclass
class PayerIsPaidFor(Refusal):
    code = "payer_is_paid_for"
    account: str = ""
    payer: str = ""

    def sentence(self) -> str:
        return (
            f"{self.payer!r} cannot pay for {self.account!r}: whoever pays for others pays for "
            "itself; name the account at the top for all of them"
        )


@dataclass
class PayerCurrency(Refusal):
    code = "payer_currency"
    account: str = ""
    currency: str = ""
    payer: str = ""
    payer_currency: str = ""

    def sentence(self) -> str:
        return (
            f"{self.payer!r} is billed in {self.payer_currency} and {self.account!r} in "
            f"{self.currency}; one invoice has one currency"
        )


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


def set_payer(account: Account, *, payer: Account | None) -> None:
    """The account's bills go to that account from now on; None: it pays for itself again.

    :raises NotAbove: when the account does not stand below the payer
    :raises PayerIsPaidFor: when another pays for the payer, or the account pays for others
    :raises PayerCurrency: when the two are billed in different currencies
    """
    if payer is not None:
        named = {"account": account.number, "payer": payer.number}
        if payer.id not in _above(account):
            raise NotAbove(**named)
        pays = Account.objects.filter(payer_id=account.id).exists()
        if payer.payer_id is not None or pays:
            raise PayerIsPaidFor(**named)
        if payer.currency != account.currency:
            raise PayerCurrency(**named, currency=account.currency, payer_currency=payer.currency)
    account.payer_id = payer.id if payer else None
    account.save(update_fields=["payer_id"])


def _above(account: Account) -> set[int]:
    """The accounts that stand above the account."""
    found: set[int] = set()
    parent = account.parent
    while parent is not None and parent.id not in found:
        found.add(parent.id)
        parent = parent.parent
    return found


def split_bills(account: Account, *, by: str) -> None:
    """The account's bill of a cycle is cut by that from now on; empty = it is one invoice."""
    account.split_by = by
    account.save(update_fields=["split_by"])


def set_payment_days(days: int, *, accounts: Sequence[int], instead_of: int | None) -> int:
    """Gives these accounts, or all that have so many, other days to pay in; how many had others."""
    chosen = Account.objects.filter(house=False).exclude(payment_days=days)
    if instead_of is None:
        chosen = chosen.filter(id__in=accounts)
    else:
        chosen = chosen.filter(payment_days=instead_of)
    return chosen.update(payment_days=days)
