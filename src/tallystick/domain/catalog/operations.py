"""Writes around catalogues: publishing a version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tallystick.base.refusal import Refusal
from tallystick.core.tariff.nodes import Catalogue
from tallystick.core.tariff.written import WrittenCatalogue
from tallystick.domain.catalog.models import CatalogFile, CatalogVersion, Component, Offer


@dataclass
class VersionBeforeAnother(Refusal):
    code = "version_before_another"
    valid_from: str = ""
    latest: str = ""

    def sentence(self) -> str:
        return (
            f"a version valid from {self.latest} is published already; "
            f"a new one must begin after it, not on {self.valid_from}; "
            "--correct takes the place of one that begins on that day"
        )


@dataclass
class NothingToCorrect(Refusal):
    code = "nothing_to_correct"
    valid_from: str = ""
    known: str = ""

    def sentence(self) -> str:
        return (
            f"no version begins on {self.valid_from}, so there is none to correct; "
            f"versions begin on: {self.known or 'no day yet'}"
        )


def publish_version(
    catalogue: Catalogue,
    *,
    tenant_id: int,
    source: str,
    files: Mapping[str, bytes],
    valid_from: date,
    at: datetime,
    correct: bool = False,
) -> CatalogVersion:
    """A new immutable version, and the identities of offers and components it names first.

    With `correct` it takes the place of the version that begins on that day, which is kept.

    :raises VersionBeforeAnother: when a version begins on that day or later
    :raises NothingToCorrect: when none begins on the day to correct
    """
    days = sorted(set(CatalogVersion.objects.values_list("valid_from", flat=True)))
    if correct and valid_from not in days:
        raise NothingToCorrect(
            valid_from=valid_from.isoformat(), known=", ".join(day.isoformat() for day in days)
        )
    if not correct and days and days[-1] >= valid_from:
        raise VersionBeforeAnother(valid_from=valid_from.isoformat(), latest=days[-1].isoformat())
    latest = CatalogVersion.objects.order_by("number").last()
    version = CatalogVersion.objects.create(
        tenant_id=tenant_id,
        number=latest.number + 1 if latest else 1,
        valid_from=valid_from,
        name=catalogue.name,
        source=source,
        digest=WrittenCatalogue(catalogue.name, source, files).digest(),
        published_at=at,
    )
    CatalogFile.objects.bulk_create(
        CatalogFile(tenant_id=tenant_id, version=version, name=name, content=files[name])
        for name in sorted(files)
    )
    _name_offers(catalogue, tenant_id=tenant_id)
    return version


def _name_offers(catalogue: Catalogue, *, tenant_id: int) -> None:
    known = {offer.code: offer for offer in Offer.objects.all()}
    for written in catalogue.offers:
        if written.code not in known:
            known[written.code] = Offer.objects.create(tenant_id=tenant_id, code=written.code)
    named = set(Component.objects.values_list("offer_id", "code"))
    Component.objects.bulk_create(
        Component(tenant_id=tenant_id, offer=known[written.code], code=component.code)
        for written in catalogue.offers
        for component in written.components
        if (known[written.code].id, component.code) not in named
    )
