"""A small invented operator for the tests of flows: one offer, three customers."""

from datetime import UTC, date, datetime

from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.tenants.models import ClockKind, Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import open_operator, publish_catalogue, set_ladder
from tallystick.flows.activate import ContractWish, ServiceWish, start_contract

AT = datetime(2026, 1, 1, 8, tzinfo=UTC)

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    from: 2025-01-01
    components:
      line: {every: month, in: advance, price: 10.00}
      minutes: {include: 10 min, of: voice}
      calls: {of: voice, bill by: 60 s, price: 0.12 per min, connect: 0.05}
"""
TAXES = """
country: DE
categories:
  standard: [{from: 2021-01-01, rate: 19 %}]
"""
LADDER = """
ladder: consumer
currency: EUR
steps:
  - {after: 3 days, remind: mail}
  - {after: 10 days, suspend: outgoing, reconnect: 5.00}
"""


def open_talk_business(code: str = "talk", *, customers: int = 3) -> Tenant:
    """The operator with its price list and accounts A1.. that hold `talk` since January 1st."""
    tenant = open_operator(
        code=code,
        at=AT,
        name="Quillback Telecom (invented)",
        industry="mvno",
        country="DE",
        currency="EUR",
        zone="Europe/Berlin",
        language="en",
        rounding="half_up",
        payment_days=14,
        brand={},
        taxes=TAXES,
        clock=ClockKind.REHEARSAL,
        rehearsal_at=AT,
    )
    publish_catalogue(
        CATALOGUE,
        tenant_id=tenant.id,
        name="talk.yaml",
        files={},
        valid_from=date(2025, 1, 1),
        at=AT,
    )
    set_ladder(tenant_id=tenant.id, segment="consumer", text=LADDER)
    for number in range(1, customers + 1):
        add_customer(tenant, number)
    return tenant


def add_customer(tenant: Tenant, number: int, *, bill_day: int = 1) -> None:
    with acting_for(tenant.id):
        open_account(
            PartyDetails("person", f"Customer {number}", "DE", "en", ("1 Sample Street",)),
            tenant_id=tenant.id,
            number=f"A{number}",
            terms=AccountTerms("EUR", "Europe/Berlin", bill_day, 14, "consumer", "consumer"),
            on=date(2026, 1, 1),
        )
    wish = ContractWish(
        account=f"A{number}",
        number=f"C{number}",
        offer="talk",
        starts_on=date(2026, 1, 1),
        service=ServiceWish("mobile", [("msisdn", f"4917000000{number:02d}")]),
    )
    start_contract(wish, tenant_id=tenant.id, at=AT)
