"""What would mar the figures of other work waits until that has ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event

import pytest
from django.db import connection

from tallystick.domain.tenants.locks import AlreadyRunning, only_one
from tallystick.flows.charge import CHARGING, charge_usage
from tallystick.flows.invoice import BILLING, run_bills
from tallystick.flows.tax_table import publish_taxes
from tests.flows.businesses import AT, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

ON = date(2026, 1, 1)


def hold(tenant_id, *, begun, ended, work=CHARGING):
    try:
        with only_one(work, tenant_id=tenant_id):
            begun.set()
            ended.wait(30)
    finally:
        connection.close()


def test_no_bill_run_beside_a_charge_run():
    """A total stored between the reading and the marking of a bill would be lost."""
    tenant, other = open_talk_business("one"), open_talk_business("two")
    begun, ended = Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold, tenant.id, begun=begun, ended=ended)
        assert begun.wait(30)
        with pytest.raises(AlreadyRunning, match="charging usage is already running"):
            run_bills(tenant_id=tenant.id, on=ON, at=AT)
        assert run_bills(tenant_id=other.id, on=ON, at=AT).invoices == 3
        ended.set()
        held.result()
    assert run_bills(tenant_id=tenant.id, on=ON, at=AT).invoices == 3
    assert charge_usage(tenant_id=tenant.id, at=AT).runs == 0


def test_no_other_tax_table_beside_a_bill_run():
    """Half of a run's invoices would bear the taxes of another table than they say."""
    tenant = open_talk_business("one")
    text = "country: DE\ncategories:\n  standard: [{from: 2030-01-01, rate: 19 %}]\n"
    begun, ended = Event(), Event()

    def publish():
        return publish_taxes(text, file="taxes.yaml", tenant_id=tenant.id, at=AT)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold, tenant.id, begun=begun, ended=ended, work=BILLING)
        assert begun.wait(30)
        with pytest.raises(AlreadyRunning, match="a bill run is already running"):
            publish()
        ended.set()
        held.result()
    assert publish().number == 2
