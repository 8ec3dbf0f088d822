"""Writes of what a contract or an account has beyond its offer: grants and its own prices."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from tallystick.base.refusal import Refusal
from tallystick.core.tariff.bill_terms import Commitment, Discount
from tallystick.core.tariff.read_bill_terms import read_commitment, read_discount, term_page
from tallystick.core.tariff.source import CatalogueRefused
from tallystick.domain.catalog.models import Component
from tallystick.domain.contracts.models import (
    Contract,
    ContractOffer,
    Grant,
    GrantKind,
    PriceOverride,
)
from tallystick.domain.parties.models import Account


@dataclass
class GrantExists(Refusal):
    code = "grant_exists"
    name: str = ""
    holder: str = ""

    def sentence(self) -> str:
        return f"{self.holder} has a grant {self.name!r} already; choose another name"


@dataclass
class UnknownGrant(Refusal):
    code = "unknown_grant"
    name: str = ""
    holder: str = ""
    known: str = ""

    def sentence(self) -> str:
        known = f"it has: {self.known}" if self.known else "it has none"
        return f"{self.holder} has no grant {self.name!r} that runs; {known}"


@dataclass
class NotOfAnAccount(Refusal):
    code = "not_of_an_account"
    name: str = ""
    kind: str = ""

    def sentence(self) -> str:
        if self.kind == GrantKind.COMMITMENT:
            return f"{self.name}: a commitment is a contract's; name a contract"
        return (
            f"{self.name}: a sum off a whole account is a coupon; grant a coupon, or a percentage"
        )


@dataclass
class OverrideExists(Refusal):
    code = "override_exists"
    contract: str = ""
    component: str = ""

    def sentence(self) -> str:
        return (
            f"contract {self.contract} has its own price of {self.component} in that time; "
            f"end it first: tallystick override end {self.contract} {self.component}"
        )


@dataclass
class UnknownOverride(Refusal):
    code = "unknown_override"
    contract: str = ""
    component: str = ""

    def sentence(self) -> str:
        return f"contract {self.contract} has no price of its own of {self.component} that runs"


@dataclass
class UnknownComponent(Refusal):
    code = "unknown_component"
    contract: str = ""
    component: str = ""
    known: str = ""

    def sentence(self) -> str:
        return (
            f"contract {self.contract} holds no offer with a component {self.component!r}; "
            f"its components: {self.known}"
        )


@dataclass
class EndsBeforeStart(Refusal):
    code = "ends_before_start"
    valid_from: str = ""
    valid_to: str = ""

    def sentence(self) -> str:
        return f"it begins on {self.valid_from}, so it cannot end on {self.valid_to}"


@dataclass(frozen=True, slots=True)
class Wording:
    """What is granted, in the words of a price list, on the days [valid_from, valid_to)."""

    words: str
    valid_from: date
    valid_to: date | None = None


def read_grant(kind: str, *, name: str, words: str) -> Discount | Commitment:
    """What the words of a grant say.

    :raises CatalogueRefused: with every mistake in them
    """
    page = term_page(words, name=name)
    term: Discount | Commitment
    if kind == GrantKind.COMMITMENT:
        term = read_commitment(page, code=name)
    else:
        term = read_discount(page, code=name, coupon=kind == GrantKind.COUPON)
    if page.errors:
        raise CatalogueRefused(errors=tuple(sorted(set(page.errors))))
    return term


def grant_term(
    account: Account,
    *,
    contract: Contract | None,
    kind: str,
    name: str,
    wording: Wording,
    at: datetime,
) -> Grant:
    """A grant to that contract, or to the whole account.

    :raises CatalogueRefused: with every mistake in its words
    :raises GrantExists: when the holder has one of that name
    :raises NotOfAnAccount: when it can only be a contract's
    :raises EndsBeforeStart: when it would end before it begins
    """
    _check_days(wording)
    term = read_grant(kind, name=name, words=wording.words)
    is_sum = isinstance(term, Discount) and kind == GrantKind.DISCOUNT and term.amount is not None
    if contract is None and (kind == GrantKind.COMMITMENT or is_sum):
        raise NotOfAnAccount(name=name, kind=kind)
    if Grant.objects.filter(account=account, contract=contract, name=name).exists():
        raise GrantExists(name=name, holder=contract.number if contract else account.number)
    return Grant.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        contract=contract,
        kind=kind,
        name=name,
        words=wording.words,
        valid_from=wording.valid_from,
        valid_to=wording.valid_to,
        granted_at=at,
    )


def end_grant(account: Account, *, contract: Contract | None, name: str, on: date) -> Grant:
    """Ends a grant with the day before; bills that have it keep it.

    :raises UnknownGrant: when none of that name runs
    :raises EndsBeforeStart: when it begins after that day
    """
    own = Grant.objects.filter(account=account, contract=contract)
    running = own.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    grant = running.filter(name=name).first()
    if grant is None:
        holder = contract.number if contract else account.number
        known = ", ".join(running.order_by("id").values_list("name", flat=True))
        raise UnknownGrant(name=name, holder=holder, known=known)
    if on < grant.valid_from:
        raise EndsBeforeStart(valid_from=str(grant.valid_from), valid_to=str(on))
    grant.valid_to = on
    grant.save(update_fields=["valid_to"])
    return grant


def component_of(contract: Contract, *, code: str, on: date) -> Component:
    """The component of that code of the offer that the contract holds on that day or later.

    :raises UnknownComponent: when it holds none
    """
    held = ContractOffer.objects.filter(contract=contract)
    later = held.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on)).order_by("valid_from")
    offers = list(later.values_list("offer_id", flat=True))
    components = Component.objects.filter(offer_id__in=offers).order_by("id")
    found = components.filter(code=code).first()
    if found is None:
        known = ", ".join(dict.fromkeys(components.values_list("code", flat=True)))
        raise UnknownComponent(contract=contract.number, component=code, known=known)
    return found


def override_price(
    contract: Contract, *, component: Component, wording: Wording, at: datetime
) -> PriceOverride:
    """The contract's own price of a component; the caller has seen that it can be compiled.

    :raises OverrideExists: when it has one in that time
    :raises EndsBeforeStart: when it would end before it begins
    """
    _check_days(wording)
    own = PriceOverride.objects.filter(contract=contract, component=component)
    until = wording.valid_to or date.max
    if any(one.valid_from < until and wording.valid_from < (one.valid_to or date.max)
           for one in own):  # fmt: skip
        raise OverrideExists(contract=contract.number, component=component.code)
    return PriceOverride.objects.create(
        tenant_id=contract.tenant_id,
        account_id=contract.account_id,
        contract=contract,
        component=component,
        words=wording.words,
        valid_from=wording.valid_from,
        valid_to=wording.valid_to,
        granted_at=at,
    )


def end_override(contract: Contract, *, component: str, on: date) -> PriceOverride:
    """Ends a contract's own price with the day before.

    :raises UnknownOverride: when none of that component runs
    """
    own = PriceOverride.objects.filter(contract=contract, component__code=component)
    running = own.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on)
    override = running.select_related("component").first()
    if override is None:
        raise UnknownOverride(contract=contract.number, component=component)
    override.valid_to = on
    override.save(update_fields=["valid_to"])
    return override


def grants_of(account_id: int | None) -> Iterator[Grant]:
    """The grants of an account and its contracts, or of all, oldest first."""
    grants = Grant.objects.select_related("account", "contract").order_by("id")
    yield from grants if account_id is None else grants.filter(account_id=account_id)


def overrides_of(contract_id: int | None) -> Iterator[PriceOverride]:
    """A contract's own prices, or those of all contracts, oldest first."""
    own = PriceOverride.objects.select_related("contract", "component").order_by("id")
    yield from own if contract_id is None else own.filter(contract_id=contract_id)


def _check_days(wording: Wording) -> None:
    if wording.valid_to is not None and wording.valid_to <= wording.valid_from:
        raise EndsBeforeStart(valid_from=str(wording.valid_from), valid_to=str(wording.valid_to))
