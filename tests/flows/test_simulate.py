"""A draft tried on the past: who pays more, what would not be rated, and nothing written."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.core.capture.decoded import Decoded
from tallystick.core.tariff.written import WrittenCatalogue
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.simulate import (
    DraftInOtherCurrency,
    NothingToSimulate,
    Simulation,
    simulate_draft,
)
from tests.flows.businesses import AT, CATALOGUE, open_talk_business

pytestmark = pytest.mark.usefixtures("module_database")

FEBRUARY = (date(2026, 2, 1), date(2026, 3, 1))
CALLS = (  # customer, day, seconds
    (1, "2026-02-10T10:00+00:00", 900),
    (1, "2026-02-11T10:00+00:00", 60),
    (2, "2026-02-10T10:00+00:00", 60),
    (3, "2026-02-27T10:00+00:00", 6_000),
    (3, "2026-03-01T10:00+00:00", 6_000),  # not in February
)
TABLES = ("usage_ratedline", "usage_chargetotal", "balances_counter", "usage_suspense",
          "balances_movement", "catalog_catalogversion", "catalog_offer")  # fmt: skip


@pytest.fixture(scope="module")
def tenant(module_database):
    tenant = open_talk_business()
    rows = [
        (n, f"r{n}", "msisdn", f"49170000000{who}", "voice", datetime.fromisoformat(day),
         Decimal(seconds), "s", "4930123456", None, None)
        for n, (who, day, seconds) in enumerate(CALLS)
    ]  # fmt: skip
    usage = pl.DataFrame(rows, schema=USAGE_IN, orient="row")
    total = sum(usage["quantity"], Decimal(0))
    chunk = Decoded(usage, REJECTS.to_frame(), len(rows), 0, total)
    capture_usage(Delivery("switch", "f", "x", "d"), tenant_id=tenant.id, chunks=[chunk], at=AT)
    charge_usage(tenant_id=tenant.id, at=AT)
    return tenant


def simulate(tenant, text: str) -> Simulation:
    first, last = FEBRUARY
    draft = WrittenCatalogue("draft.yaml", text, {})
    return simulate_draft(draft, tenant_id=tenant.id, first=first, last=last)[0]


def counts(tenant) -> list[int]:
    with acting_for(tenant.id), connection.cursor() as cursor:
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found.append(cursor.fetchone()[0])
        return found


def test_who_pays_more_and_who_less(tenant):
    before = counts(tenant)
    draft = CATALOGUE.replace("10 min, of", "20 min, of").replace("0.05", "0.20")
    found = simulate(tenant, draft)
    # A1: 6 of 16 min, two calls; A2: nothing but a call; A3: 90 of 100 min, one call
    # A1 0.72 + 0.10 = 0.82 -> 0 + 0.40; A2 0.05 -> 0.20; A3 10.80 + 0.05 -> 9.60 + 0.20
    assert found.events == 4
    assert (found.before, found.after) == (Decimal("11.72"), Decimal("10.40"))
    assert (found.more, found.less, found.same) == (1, 2, 0)
    changes = [str(change.normalize()) for change in found.accounts["change"]]
    assert changes == ["0.15", "-0.42", "-1.05"]
    assert dict(found.spread) == {
        "-50 % or less": 1, "-50 to -20 %": 0, "-20 to -5 %": 1, "unchanged": 0, "-5 to +5 %": 0,
        "+5 to +20 %": 0, "+20 to +50 %": 0, "over +50 %": 1, "paid nothing before": 0,
    }  # fmt: skip
    assert found.unrated.is_empty()
    assert counts(tenant) == before


def test_the_same_prices_cost_the_same_as_was_charged(tenant):
    found = simulate(tenant, CATALOGUE)
    assert (found.before, found.same) == (found.after, 3)
    with acting_for(tenant.id), connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM usage_ratedline WHERE started_at < '2026-03-01'")
        assert cursor.fetchone()[0] == found.before


def test_events_that_no_price_would_rate_are_told(tenant):
    draft = CATALOGUE.replace("calls: {of: voice", "calls: {of: voice, where: zone = home")
    found = simulate(tenant, draft)
    assert found.unrated.select("code", "events", "newly").rows() == [("no_component", 4, True)]
    assert found.after == 0


def test_a_price_by_the_period_is_in_it(tenant):
    draft = CATALOGUE.replace(
        "bill by: 60 s, price: 0.12 per min, connect: 0.05",
        "bill by: 60 s, measure: sum, price: {to 60 min: 0.10 per min, above: 0.05 per min}",
    )
    found = simulate(tenant, draft)
    # beyond the 10 included: A1 6 min 0.60; A3 60 min 6.00 + 30 min 1.50
    assert found.after == Decimal("8.10")


def test_what_cannot_be_compared_is_refused(tenant):
    with pytest.raises(DraftInOtherCurrency):
        simulate(tenant, CATALOGUE.replace("EUR", "USD"))
    draft = WrittenCatalogue("draft.yaml", CATALOGUE, {})
    with pytest.raises(NothingToSimulate):
        simulate_draft(draft, tenant_id=tenant.id, first=date(2025, 1, 1), last=date(2025, 2, 1))
