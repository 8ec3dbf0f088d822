"""Reads of published catalogues: their texts compiled to plans, kept while the process lives."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import count, zip_longest
from typing import Final

from django.db import connection

from tallystick.base.refusal import Refusal
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.nodes import Catalogue
from tallystick.core.tariff.own_prices import (
    Variant,
    variant_components,
    variant_ids,
    with_variants,
)
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.written import WrittenCatalogue
from tallystick.domain.catalog.models import CatalogFile, CatalogVersion, Component, Offer

DRAFT_IDS: Final = 2**62
"""Where the identities of what is not published yet begin; the database is far from there."""


@dataclass
class UnknownOffer(Refusal):
    code = "unknown_offer"
    offer: str = ""
    known: str = ""

    def sentence(self) -> str:
        known = f"offers: {self.known}" if self.known else "publish a catalogue first"
        return f"no offer has the code {self.offer!r}; {known}"


@dataclass
class UnknownVersion(Refusal):
    code = "unknown_version"
    number: int | None = None
    known: int = 0

    def sentence(self) -> str:
        if not self.known:
            return "no price list is published yet; publish one with: tallystick catalog publish"
        asked = "in force that day" if self.number is None else f"numbered {self.number}"
        return f"no version is {asked}; there are versions 1 to {self.known}"


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version; it prices what starts in [valid_from, valid_to)."""

    number: int
    valid_from: date
    valid_to: date | None
    published_at: datetime
    name: str
    digest: str

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def published_versions() -> list[PublishedVersion]:
    """Every published version of the operator acted for, oldest first.

    One that was corrected prices nothing any more: its valid_to is its first day.
    """
    columns = ("number", "valid_from", "published_at", "name", "digest")
    rows = list(CatalogVersion.objects.order_by("valid_from", "number").values_list(*columns))
    ends = [valid_from for _, valid_from, *_ in rows[1:]]
    return [
        PublishedVersion(number, valid_from, valid_to, *rest)
        for (number, valid_from, *rest), valid_to in zip_longest(rows, ends)
    ]


def published_version(*, number: int | None, on: date) -> PublishedVersion:
    """The version of that number, or the one in force on that day.

    :raises UnknownVersion: when there is none
    """
    versions = published_versions()
    for version in versions:
        if version.in_force(on) if number is None else version.number == number:
            return version
    raise UnknownVersion(number=number, known=len(versions))


def written_version(number: int) -> WrittenCatalogue:
    """What was published under that number, byte for byte.

    :raises UnknownVersion: when there is none
    """
    version = CatalogVersion.objects.filter(number=number).first()
    if version is None:
        raise UnknownVersion(number=number, known=CatalogVersion.objects.count())
    return _written(version)


def offer_coded(code: str) -> Offer:
    """The offer of that code.

    :raises UnknownOffer: when no published version names it
    """
    offer = Offer.objects.filter(code=code).first()
    if offer is None:
        known = Offer.objects.order_by("code").values_list("code", flat=True)
        raise UnknownOffer(offer=code, known=", ".join(known))
    return offer


def dated_plans(variants: tuple[Variant, ...] = ()) -> tuple[DatedPlan, ...]:
    """Every version in force of the operator acted for, oldest first, with these variants.

    A version that was corrected is in force no more; see `plans_by_version`.
    """
    versions = list(_in_force().items())
    ends = [valid_from for valid_from, _ in versions[1:]]
    return tuple(
        DatedPlan(version_id, valid_from, valid_to, _plan(_database(), version_id, variants))
        for (valid_from, version_id), valid_to in zip_longest(versions, ends)
    )


def plans_by_version() -> dict[int, Plan]:
    """Every published version by its identity, those that were corrected too."""
    ids = CatalogVersion.objects.order_by("id").values_list("id", flat=True)
    return {version_id: _plan(_database(), version_id) for version_id in ids}


def corrected_versions() -> dict[int, int]:
    """The version in force for each that was corrected."""
    current = _in_force()
    known = CatalogVersion.objects.order_by("id").values_list("id", "valid_from")
    return {one: current[day] for one, day in known if current[day] != one}


def _in_force() -> dict[date, int]:
    """The last version published for each day that one begins on, oldest first."""
    versions = CatalogVersion.objects.order_by("valid_from", "number")
    return dict(versions.values_list("valid_from", "id"))


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def catalogues_since(day: date) -> list[Catalogue]:
    """The published catalogues that price what starts on that day or later, oldest first."""
    in_force = CatalogVersion.objects.filter(id__in=_in_force().values())
    versions = list(in_force.order_by("valid_from"))
    current = [version for version in versions if version.valid_from <= day][-1:]
    return [
        _catalogue(version)
        for version in versions
        if version in current or version.valid_from > day
    ]


def _catalogue(version: CatalogVersion) -> Catalogue:
    return _written(version).read()


def _written(version: CatalogVersion) -> WrittenCatalogue:
    files = {file.name: bytes(file.content) for file in CatalogFile.objects.filter(version=version)}
    return WrittenCatalogue(version.name, version.source, files, published=True)


@lru_cache(maxsize=64)
def _plan(database: str, version_id: int, variants: tuple[Variant, ...] = ()) -> Plan:
    """A version never changes, so neither does its plan; `database` tells installations apart."""
    return _compile(_catalogue(CatalogVersion.objects.get(id=version_id)), variants)


def draft_plan(catalogue: Catalogue, *, variants: tuple[Variant, ...] = ()) -> Plan:
    """A catalogue that is not published, ready to rate; what is new in it has ids of its own."""
    return _compile(catalogue, variants)


def _compile(catalogue: Catalogue, variants: tuple[Variant, ...]) -> Plan:
    offers = dict(Offer.objects.values_list("code", "id"))
    components = {
        (offer, code): component_id
        for component_id, offer, code in Component.objects.values_list("id", "offer__code", "code")
    }
    fresh = count(DRAFT_IDS)
    for written in catalogue.offers:
        if written.code not in offers:
            offers[written.code] = next(fresh)
        for part in written.components:
            if (written.code, part.code) not in components:
                components[written.code, part.code] = next(fresh)
    if variants:
        catalogue = with_variants(catalogue, variants=variants)
        offers |= variant_ids(variants)
        components |= variant_components(variants, ids=components)
    return compile_plan(catalogue, offer_ids=offers, component_ids=components)
