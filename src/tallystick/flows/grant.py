"""Giving a contract or an account terms of its own: grants, and prices of single components."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from tallystick.core.tariff.bill_terms import Commitment, Discount
from tallystick.core.tariff.check_bill import Priced, term_faults
from tallystick.core.tariff.own_prices import Variant, check_variants
from tallystick.core.tariff.plan import PlanOffer
from tallystick.core.tariff.source import CatalogueError, CatalogueRefused
from tallystick.domain.catalog.queries import catalogues_since, dated_plans
from tallystick.domain.contracts import grants
from tallystick.domain.contracts.models import Contract, ContractOffer, Grant, PriceOverride
from tallystick.domain.contracts.queries import contract_numbered
from tallystick.domain.parties.models import Account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.own_prices import load_own_prices


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a grant: a contract or a whole account, by number."""

    contract: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class GrantWish:
    """A discount, coupon or commitment in the words of a price list, and its name on bills."""

    kind: str
    name: str
    wording: grants.Wording


def give_grant(wish: GrantWish, *, to: Holder, tenant_id: int, at: datetime) -> Grant:
    """The grant, which bills have from now on.

    :raises UnknownContract: when no contract has the number
    :raises UnknownAccount: when no account has the number
    :raises CatalogueRefused: with every mistake in its words
    :raises GrantExists: when the holder has one of that name
    :raises NotOfAnAccount: when it can only be a contract's
    :raises EndsBeforeStart: when it would end before it begins
    """
    with acting_for(tenant_id):
        account, contract = _holder(to)
        term = grants.read_grant(wish.kind, name=wish.name, words=wish.wording.words)
        _refuse_unfit(term, _offers_of(account, contract, on=wish.wording.valid_from))
        return grants.grant_term(
            account,
            contract=contract,
            kind=wish.kind,
            name=wish.name,
            wording=wish.wording,
            at=at,
        )


def stop_grant(name: str, *, of: Holder, tenant_id: int, on: date) -> Grant:
    """The grant, which no cycle or bill has that begins on that day or later.

    :raises UnknownContract: when no contract has the number
    :raises UnknownAccount: when no account has the number
    :raises UnknownGrant: when none of that name runs
    """
    with acting_for(tenant_id):
        account, contract = _holder(of)
        return grants.end_grant(account, contract=contract, name=name, on=on)


def give_price(
    contract: str, *, component: str, wording: grants.Wording, tenant_id: int, at: datetime
) -> PriceOverride:
    """The contract's own price: of usage from its day on, of what recurs from its next cycle.

    What was rated before stays as it was rated.

    :raises UnknownContract: when no contract has the number
    :raises UnknownComponent: when it holds no offer with that component
    :raises CatalogueRefused: when the component cannot have that price
    :raises OverrideExists: when it has one in that time
    :raises EndsBeforeStart: when it would end before it begins
    """
    with acting_for(tenant_id):
        holder = contract_numbered(contract)
        found = grants.component_of(holder, code=component, on=wording.valid_from)
        variant = Variant(found.offer.code, ((component, wording.words),))
        for catalogue in catalogues_since(wording.valid_from):
            check_variants(catalogue, variants=[variant])
        return grants.override_price(holder, component=found, wording=wording, at=at)


def stop_price(contract: str, *, component: str, tenant_id: int, on: date) -> PriceOverride:
    """The contract's own price, ended with the day before.

    :raises UnknownContract: when no contract has the number
    :raises UnknownOverride: when none of that component runs
    """
    with acting_for(tenant_id):
        return grants.end_override(contract_numbered(contract), component=component, on=on)


def own_variants(*, since: date) -> tuple[Variant, ...]:
    """What a version from that day on must be able to price besides its offers."""
    spans = (span for spans in load_own_prices().spans.values() for span in spans)
    return tuple(sorted({variant for _, end, variant in spans if end > since}))


def _holder(of: Holder) -> tuple[Account, Contract | None]:
    assert (of.contract is None) != (of.account is None)
    if of.contract is not None:
        contract = contract_numbered(of.contract)
        return contract.account, contract
    return account_numbered(str(of.account)), None


def _offers_of(account: Account, contract: Contract | None, *, on: date) -> list[PlanOffer]:
    """What the holder's contracts hold, as the version of that day has it."""
    held = ContractOffer.objects.filter(account=account)
    if contract is not None:
        held = held.filter(contract=contract)
    plans = dated_plans()
    plan = next((one.plan for one in reversed(plans) if one.valid_from <= on), plans[0].plan)
    codes = dict.fromkeys(held.order_by("id").values_list("offer_id", flat=True))
    return [plan.offers[offer] for offer in codes if offer in plan.offers]


def _refuse_unfit(term: Discount | Commitment, offers: list[PlanOffer]) -> None:
    """Passes when the term can be had with one of the offers, or there are none yet.

    :raises CatalogueRefused: with all that is wrong with it
    """
    faults = [list(_faults(term, offer)) for offer in offers]
    if faults and all(faults):
        raise CatalogueRefused(errors=tuple(sorted({one for own in faults for one in own})))


def _faults(term: Discount | Commitment, offer: PlanOffer) -> Iterator[CatalogueError]:
    prices = {part.code: Priced(False) for part in offer.recurring} | {
        part.code: Priced(True, part.unit, part.period is not None) for part in offer.usages
    }
    for message in term_faults(term, offer=offer.code, prices=prices):
        yield CatalogueError(term.code, term.line, "", message)
