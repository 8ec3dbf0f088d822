"""Opening a business: the operator with its books, taxes and ladders, and its price lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction

from tallystick.core.recover.read import read_ladder
from tallystick.core.tariff.own_prices import check_variants
from tallystick.core.tariff.read import read_catalogue
from tallystick.domain.catalog.models import CatalogVersion
from tallystick.domain.catalog.operations import publish_version
from tallystick.domain.collections.models import Ladder
from tallystick.domain.ledger.operations import complete_chart
from tallystick.domain.parties.operations import AccountTerms, PartyDetails, open_account
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.operations import open_tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.grant import own_variants

HOUSE = "HOUSE"
"""The number of the operator's own account."""


def open_operator(*, code: str, at: datetime, **columns: Any) -> Tenant:
    """A new operator with its chart of accounts and its house account.

    :raises TenantExists: when the code is taken
    """
    tenant = open_tenant(code=code, at=at, **columns)
    with acting_for(tenant.id):
        complete_chart(tenant_id=tenant.id)
        open_account(
            PartyDetails("organisation", tenant.name, tenant.country, tenant.language),
            tenant_id=tenant.id,
            number=HOUSE,
            terms=AccountTerms(tenant.currency, tenant.zone, 1, 0, "house", "business"),
            on=at.astimezone(ZoneInfo(tenant.zone)).date(),
            house=True,
        )
    return tenant


def set_ladder(*, tenant_id: int, segment: str, text: str) -> None:
    """The steps of a segment's collections from now on.

    :raises InvalidLadder: with every mistake in the text
    """
    with acting_for(tenant_id):
        country = Tenant.objects.get(id=tenant_id).country
        read_ladder(text, source=segment, country=country)
        Ladder.objects.update_or_create(
            tenant_id=tenant_id, segment=segment, defaults={"source": text}
        )


@dataclass(frozen=True, slots=True)
class Publishing:
    """How a price list is published: in the place of the version of its day, and kept or tried.

    One that was published `before`, elsewhere, is taken as it was then.
    """

    correct: bool = False
    keep: bool = True
    before: bool = False


PLAINLY: Final = Publishing()


def publish_catalogue(
    text: str,
    *,
    tenant_id: int,
    name: str,
    files: Mapping[str, bytes],
    valid_from: date,
    at: datetime,
    how: Publishing = PLAINLY,
) -> CatalogVersion:
    """Checks a price list and publishes it from that day on, whole or not at all.

    Correcting, it takes the place of the version of that day for all that is rated from now on.
    Tried, all is done and then undone: what would be refused is.

    :raises CatalogueRefused: with every mistake in the text, or contracts' own prices that it
        cannot have
    :raises VersionBeforeAnother: when a version begins on that day or later
    :raises NothingToCorrect: when none begins on the day to correct
    """
    catalogue = read_catalogue(text, name=name, files=files, published=how.before)
    with acting_for(tenant_id):
        check_variants(catalogue, variants=own_variants(since=valid_from))
        version = publish_version(
            catalogue,
            tenant_id=tenant_id,
            source=text,
            files=files,
            valid_from=valid_from,
            at=at,
            correct=how.correct,
        )
        if not how.keep:
            transaction.set_rollback(True)
        return version
