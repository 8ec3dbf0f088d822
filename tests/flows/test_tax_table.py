"""Which days a tax table may change: none on which something was taxed, for whom it was."""

from datetime import date
from decimal import Decimal

import pytest

from tallystick.domain.balances.models import PrepaidUse
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.models import SettingVersion, Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.balances import set_terms
from tallystick.flows.invoice import run_bills
from tallystick.flows.tax_table import TaxedDaysChange, publish_taxes
from tallystick.flows.void import void_invoice
from tests.flows.businesses import AT, TAXES, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

ON = date(2026, 1, 1)
CITY = "place: {place}\ncategories:\n  standard: [{{from: 2020-01-01, rate: 1 %, name: City}}]\n"


@pytest.fixture
def tenant():
    return open_talk_business("talk")


def publish(text, tenant, **how):
    return publish_taxes(text, file="taxes.yaml", tenant_id=tenant.id, at=AT, **how)


def with_city(place: str) -> str:
    """The table in force and a tax of one place."""
    tables = (TAXES, CITY.format(place=place))
    listed = ("  - " + text.strip().replace("\n", "\n    ") + "\n" for text in tables)
    return f"tables:\n{''.join(listed)}"


HIGHER = TAXES.replace("19 %", "21 %")


def test_a_tax_of_a_place_counts_for_who_lives_there(tenant):
    run_bills(tenant_id=tenant.id, on=ON, at=AT, workers=1)
    assert publish(with_city("DE-BE/Mitte"), tenant, keep=False).taxed == ()
    with acting_for(tenant.id):
        Account.objects.filter(number="A2").update(tax_place="DE-BE/Mitte")
        Account.objects.filter(number="A3").update(tax_place="DE-BEX")
    for place, moved in (("DE-BE", 1), ("DE-BE/Mitte", 1), ("DE-BE/Wedding", 0), ("DE-BEX", 1)):
        text = with_city(place)
        if moved:
            with pytest.raises(TaxedDaysChange) as refused:
                publish(text, tenant)
            assert (refused.value.documents, refused.value.last) == (1, "2026-01-01")
        assert len(publish(text, tenant, taxed_days=True, keep=False).taxed) == moved


def test_what_is_void_was_not_taxed(tenant):
    run_bills(tenant_id=tenant.id, on=ON, at=AT, workers=1)
    with pytest.raises(TaxedDaysChange) as refused:
        publish(HIGHER, tenant)
    assert refused.value.documents == 3
    for number in (1, 2, 3):
        void_invoice(f"INV-2026-00000{number}", reason="a test", tenant_id=tenant.id, on=ON, at=AT)
    assert publish(HIGHER, tenant).number == 2


def test_prepaid_use_was_taxed_on_its_day(tenant):
    set_terms(tenant_id=tenant.id, account="A1", changes={"mode": "prepaid"})
    with acting_for(tenant.id):
        PrepaidUse.objects.create(
            tenant_id=tenant.id, account=Account.objects.get(number="A1"), entry_key="k",
            posted_on=ON, revenue_account="4010", tax_category="standard", percent=Decimal(19),
            total=Decimal("1.19"), tax=Decimal("0.19"),
        )  # fmt: skip
    with pytest.raises(TaxedDaysChange) as refused:
        publish(HIGHER, tenant)
    assert (refused.value.documents, refused.value.first) == (1, "2026-01-01")
    later = TAXES.replace(
        "rate: 19 %}", "to: 2026-01-02, rate: 19 %}, {from: 2026-01-02, rate: 9 %}"
    )
    assert publish(later, tenant).taxed == ()


def test_nothing_is_kept_of_what_is_refused_or_tried(tenant):
    run_bills(tenant_id=tenant.id, on=ON, at=AT, workers=1)
    with pytest.raises(TaxedDaysChange):
        publish(HIGHER, tenant)
    publish(HIGHER, tenant, taxed_days=True, keep=False)
    assert publish(TAXES, tenant).number is None
    with acting_for(tenant.id):
        assert not SettingVersion.objects.exists()
        assert Tenant.objects.get(id=tenant.id).taxes == TAXES
