"""Price lists at the door of publishing."""

from datetime import date

import pytest

from tallystick.core.tariff.source import CatalogueRefused
from tallystick.domain.catalog.models import CatalogVersion, Offer
from tallystick.domain.catalog.operations import VersionBeforeAnother
from tallystick.domain.contracts.models import Contract
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.activate import ContractWish, OfferInOtherCurrency, start_contract
from tests.flows.businesses import AT, CATALOGUE, open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.mark.parametrize(
    ("text", "day", "refusal"),
    [
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


def test_offer_in_another_currency_is_not_sold():
    tenant = open_talk_business(customers=0)
    with acting_for(tenant.id):
        open_account(
            PartyDetails("person", "Customer in dollars", "US", "en"),
            tenant_id=tenant.id,
            number="D1",
            terms=AccountTerms("USD", "Europe/Berlin", 1, 14, "consumer", "consumer"),
            on=date(2026, 1, 1),
        )
    wish = ContractWish("D1", "C-D1", "talk", date(2026, 1, 1))
    with pytest.raises(OfferInOtherCurrency):
        start_contract(wish, tenant_id=tenant.id, at=AT)
    with acting_for(tenant.id):
        assert not Contract.objects.exists()
