"""Setting up a pack's invented business: the operator, its price list, taxes and ladders."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tallystick.base.period import day_start
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.tenants.models import ClockKind, Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import open_operator, publish_catalogue, set_ladder
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract
from tallystick.flows.capture import Chunks
from tallystick.gates.files.formats import find_format
from tallystick.gates.files.usage import open_usage
from tallystick.packs.pack import Business, Pack, RehearsedCustomer

PRICES_FROM = date(2000, 1, 1)


def open_business(pack: Pack, *, code: str, on: date) -> Tenant:
    """The pack's operator on a rehearsal clock that stands at the morning of that day."""
    business = pack.business
    at = morning(on, zone=business.zone)
    tenant = open_operator(
        code=code,
        at=at,
        name=business.name,
        industry=business.industry,
        country=business.country,
        currency=business.currency,
        zone=business.zone,
        language=business.language,
        rounding="half_up",
        payment_days=business.payment_days,
        brand=business.brand,
        taxes=pack.text(pack.taxes),
        clock=ClockKind.REHEARSAL,
        rehearsal_at=at,
    )
    publish_catalogue(
        pack.text(pack.catalogue),
        tenant_id=tenant.id,
        name=f"{pack.name}/{pack.catalogue}",
        files={name: pack.content(name) for name in pack.deck_files},
        valid_from=PRICES_FROM,
        at=at,
    )
    for segment, name in pack.ladders.items():
        set_ladder(tenant_id=tenant.id, segment=segment, text=pack.text(name))
    return tenant


def take_on(customer: RehearsedCustomer, *, tenant: Tenant, business: Business) -> None:
    """The customer's account and contracts, from its first day."""
    at = morning(customer.starts_on, zone=business.zone)
    with acting_for(tenant.id):
        open_account(
            PartyDetails(
                kind=customer.kind,
                name=customer.name,
                country=customer.country,
                language=business.language,
                address=customer.address,
                email=customer.email,
                tax_number=customer.tax_number,
            ),
            tenant_id=tenant.id,
            number=customer.number,
            terms=AccountTerms(
                currency=business.currency,
                zone=business.zone,
                bill_day=customer.bill_day,
                payment_days=business.payment_days,
                segment=customer.segment,
                customer_kind=customer.customer_kind,
            ),
            on=customer.starts_on,
        )
    wish = ServiceWish(customer.service_kind, customer.identifiers)
    for offer, wanted in [(customer.offer, wish), *((option, None) for option in customer.options)]:
        contract = ContractWish(
            account=customer.number,
            number=f"{customer.number}-{offer}",
            offer=offer,
            starts_on=customer.starts_on,
            ends_on=customer.ends_on,
            service=wanted,
        )
        start_contract(contract, tenant_id=tenant.id, at=at)


def chunks_of(pack: Pack, *, path: Path, format: str) -> Chunks:
    """A usage file in chunks, its format named as a pack does: `mapping:` is one of its own."""
    if format.startswith("mapping:"):
        format = str(pack.path(format.removeprefix("mapping:")))
    return lambda sessions: open_usage(path, format=find_format(format, sessions=sessions))


def morning(day: date, *, zone: str) -> datetime:
    """Six hours after local midnight."""
    return day_start(day, ZoneInfo(zone)).replace(hour=6)
