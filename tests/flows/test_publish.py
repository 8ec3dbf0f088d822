"""Price lists at the door of publishing."""

from datetime import date

import pytest

from tallystick.core.tariff.source import CatalogueRefused
from tallystick.domain.catalog.models import CatalogVersion, Offer
from tallystick.domain.catalog.operations import VersionBeforeAnother
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import NotBilledYet, publish_catalogue
from tests.flows.businesses import AT, CATALOGUE, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

BY_PERIOD = CATALOGUE.replace(
    "bill by: 60 s, price: 0.12 per min, connect: 0.05",
    "measure: sum, price: 0.12 per min",
)
ROLLS_OVER = CATALOGUE.replace("of: voice}", "of: voice, roll over: 1 cycle}", 1)


@pytest.mark.parametrize(
    ("text", "day", "refusal"),
    [
        (BY_PERIOD, date(2026, 2, 1), NotBilledYet),
        (ROLLS_OVER, date(2026, 2, 1), NotBilledYet),
        (CATALOGUE.replace("month", "moon"), date(2026, 2, 1), CatalogueRefused),
        (CATALOGUE, date(2025, 1, 1), VersionBeforeAnother),
    ],
)
def test_refused_list_leaves_nothing_published(text, day, refusal):
    tenant = open_talk_business(customers=0)
    with pytest.raises(refusal):
        publish_catalogue(text, tenant_id=tenant.id, name="two", files={}, valid_from=day, at=AT)
    with acting_for(tenant.id):
        assert CatalogVersion.objects.count() == 1
        assert list(Offer.objects.values_list("code", flat=True)) == ["talk"]
