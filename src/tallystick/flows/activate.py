"""Taking a customer on: a contract of an offer, the service it brings and what identifies it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.base.refusal import Refusal
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.nodes import Alignment
from tallystick.domain.catalog.models import Offer
from tallystick.domain.catalog.queries import dated_plans, offer_coded
from tallystick.domain.contracts.models import Contract
from tallystick.domain.contracts.operations import (
    join_pool,
    label_contract,
    open_contract,
    open_service,
)
from tallystick.domain.inventory.operations import assign_identifier
from tallystick.domain.outbox.operations import place_order
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.leave import require_whole_term


@dataclass
class OfferInOtherCurrency(Refusal):
    code = "offer_in_other_currency"
    offer: str = ""
    currency: str = ""
    account_currency: str = ""

    def sentence(self) -> str:
        return (
            f"offer {self.offer!r} is priced in {self.currency} and the account is kept in "
            f"{self.account_currency}; open an account in {self.currency} for it"
        )


@dataclass(frozen=True, slots=True)
class ServiceWish:
    """The service a customer wants: its kind and the (kind, value) pairs that identify it."""

    kind: str
    identifiers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ContractWish:
    """What an account (by number) takes: an offer (by code) from a day on, and its service."""

    account: str
    number: str
    offer: str
    starts_on: date
    ends_on: date | None = None
    service: ServiceWish | None = None
    pool: str = ""
    cost_centre: str = ""


def start_contract(wish: ContractWish, *, tenant_id: int, at: datetime) -> Contract:
    """A contract with the service wished for, its identifiers assigned and the network told.

    :raises UnknownAccount: when no account has the number
    :raises UnknownOffer: when no published version names the offer
    :raises OfferInOtherCurrency: when the account is kept in another currency than the offer
    :raises ContractExists: when the contract's number is taken
    :raises EndsWithinTerm: when it would end within the offer's minimum term
    :raises IdentifierHeld: when another service holds an identifier in that time
    :raises IdentifierQuarantined: when one is kept from other accounts on that day
    """
    with acting_for(tenant_id):
        payer = account_numbered(wish.account)
        sold = offer_coded(wish.offer)
        offered = latest_plan(sold)
        if offered.plan.currency != payer.currency:
            raise OfferInOtherCurrency(
                offer=sold.code, currency=offered.plan.currency, account_currency=payer.currency
            )
        zone = ZoneInfo(payer.zone)
        contract = open_contract(
            payer,
            number=wish.number,
            offer=sold,
            starts_on=wish.starts_on,
            ends_on=wish.ends_on,
            cycle_day=wish.starts_on.day
            if begins_on_anniversary(offered, sold=sold)
            else payer.bill_day,
        )
        require_whole_term(contract, offer=sold.code)
        if wish.cost_centre:
            label_contract(contract, cost_centre=wish.cost_centre)
        if wish.pool:
            join_pool(contract, pool=wish.pool)
        if wish.service is None:
            return contract
        kind = wish.service.kind
        service = open_service(contract, kind=kind, name=f"{kind} {wish.number}")
        for kind, value in wish.service.identifiers:
            assign_identifier(
                service,
                kind=kind,
                value=value,
                valid_from=day_start(wish.starts_on, zone),
                valid_to=day_start(wish.ends_on, zone) if wish.ends_on else None,
            )
        place_order(
            tenant_id=tenant_id,
            account_id=payer.id,
            port="network",
            action="activate",
            key=f"activate:{contract.number}",
            payload={"service": service.id, "identifiers": dict(wish.service.identifiers)},
            at=at,
        )
        return contract


def latest_plan(sold: Offer) -> DatedPlan:
    """The latest published version that names the offer."""
    for dated in reversed(dated_plans()):
        if sold.id in dated.plan.offers:
            return dated
    raise AssertionError(f"no published version names {sold.code}, which one did name")


def begins_on_anniversary(dated: DatedPlan, *, sold: Offer) -> bool:
    """Whether the offer's cycles begin on the contract's own day."""
    recurring = dated.plan.offers[sold.id].recurring
    return any(part.price.align is Alignment.ANNIVERSARY for part in recurring)
