"""Every pack is whole: its texts read, its customers hold what it sells, its files decode."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import phonenumbers
import polars as pl
import pytest

from tallystick.base.period import month_after
from tallystick.core.capture.decoded import Format
from tallystick.core.capture.lines import frame_lines
from tallystick.core.capture.mapped import mapped_format
from tallystick.core.capture.read_mapping import read_mapping
from tallystick.core.invoice.read_taxes import read_taxes
from tallystick.core.invoice.tax import TaxPosition, taxes_on
from tallystick.core.recover.read import read_ladder
from tallystick.core.tariff.nodes import Catalogue
from tallystick.core.tariff.plan import compile_plan
from tallystick.core.tariff.read import read_catalogue
from tallystick.gates.files.formats import find_format
from tallystick.packs.energy import usage as energy_usage
from tallystick.packs.energy.pack import PACK as ENERGY
from tallystick.packs.isp.pack import PACK as ISP
from tallystick.packs.mvno.pack import PACK as MVNO
from tallystick.packs.pack import Pack, PayingHabit, UsageFile

PACKS = [pytest.param(pack, id=pack.name) for pack in (MVNO, ENERGY, ISP)]


def catalogue_of(pack: Pack) -> Catalogue:
    decks = {name: pack.content(name) for name in pack.deck_files}
    return read_catalogue(pack.text(pack.catalogue), name=pack.catalogue, files=decks)


def months_of(pack: Pack) -> Iterator[date]:
    first = pack.first_month
    for number in range(pack.months):
        yield date(*month_after(first.year, first.month, number), 1)


def files_of(pack: Pack) -> list[UsageFile]:
    return [file for month in months_of(pack) for file in pack.usage_of_month(month)]


@dataclass
class Taken:
    usage: pl.DataFrame
    rejects: Counter[str]
    duplicates: int


def decode(pack: Pack, files: list[UsageFile]) -> Taken:
    usage, rejects, duplicates = [], Counter[str](), 0
    for file in files:
        for part in format_of(pack, file).decode([frame_lines(unzipped(file))]):
            usage.append(part.usage)
            rejects.update(part.rejects["code"])
            duplicates += part.duplicates
    return Taken(pl.concat(usage), rejects, duplicates)


def format_of(pack: Pack, file: UsageFile) -> Format:
    kind, _, name = file.format.partition(":")
    if kind == "mapping":
        return mapped_format(read_mapping(pack.text(name), name=name))
    return find_format(file.format)


def unzipped(file: UsageFile) -> bytes:
    if not file.name.endswith(".zip"):
        return file.content
    with zipfile.ZipFile(BytesIO(file.content)) as archive:
        (name,) = archive.namelist()
        return archive.read(name)


@pytest.mark.parametrize("pack", PACKS)
def test_catalogue_reads_and_compiles(pack: Pack) -> None:
    catalogue = catalogue_of(pack)
    assert catalogue.currency == pack.business.currency
    assert catalogue.zone == pack.business.zone
    assert len(compile_plan(catalogue).offers) == len(catalogue.offers)


@pytest.mark.parametrize("pack", PACKS)
def test_every_category_is_taxed_for_every_kind_of_customer(pack: Pack) -> None:
    table = read_taxes(pack.text(pack.taxes), name=pack.taxes)
    categories = {part.tax for offer in catalogue_of(pack).offers for part in offer.components}
    country = pack.business.country
    for category in categories | {"standard", "none"}:
        for kind in ("consumer", "business"):
            position = TaxPosition(name="any", jurisdiction=country, customer_kind=kind)
            (tax,) = taxes_on(category, position=position, table=table, on=pack.first_month)
            assert (tax.percent == 0) == (category == "none")


@pytest.mark.parametrize("pack", PACKS)
def test_ladders_climb_from_reminder_to_termination(pack: Pack) -> None:
    assert {one.segment for one in pack.customers()} == set(pack.ladders)
    for name in pack.ladders.values():
        ladder = read_ladder(pack.text(name), source=name)
        assert ladder.currency == pack.business.currency
        steps = [(step.after_days, step.action.value, step.fee > 0) for step in ladder.steps]
        assert steps == [
            (3, "remind", False), (10, "remind", True), (20, "suspend", False),
            (60, "terminate", False),
        ]  # fmt: skip


@pytest.mark.parametrize("pack", PACKS)
def test_customers_hold_what_is_sold(pack: Pack) -> None:
    customers = pack.customers()
    offers = {offer.code for offer in catalogue_of(pack).offers}
    assert len(customers) >= 12
    assert {one.habit for one in customers} == set(PayingHabit)
    assert {offer for one in customers for offer in (one.offer, *one.options)} == offers
    for values in ([one.number for one in customers], [one.identifiers for one in customers]):
        assert len(values) == len(set(values))


@pytest.mark.parametrize("pack", PACKS)
def test_usage_is_told_apart_from_what_is_wrong_on_purpose(pack: Pack) -> None:
    # usage rows, rejects, duplicates the reader tells, rows sent again, rows of nobody
    expected = {
        # again: the 155 rows of three files sent twice, and a record a month
        "mvno": (4822, {"quantity_negative": 3, "instant_invalid": 3}, 0, 155 + 3, 3),
        # again: three weeks of 1,008 intervals a day, without the 432 of days that are sampled;
        # of nobody: three weeks of 48 intervals a day
        "energy": (112464, {"interval_count": 3}, 0, 3 * 7 * 1008 - 432, 3 * 7 * 48),
        # of nobody: four increments a month
        "isp": (3561, {}, 9, 0, 3 * 4),
    }
    files = files_of(pack)
    taken = decode(pack, files)
    held = {pair for one in pack.customers() for pair in one.identifiers}
    unheld = taken.usage.filter(
        ~pl.struct("subject_kind", "subject").map_elements(
            lambda row: (row["subject_kind"], row["subject"]) in held, return_dtype=pl.Boolean
        )
    )
    again = taken.usage.height - taken.usage["record_id"].n_unique()
    found = (taken.usage.height, dict(taken.rejects), taken.duplicates, again, unheld.height)
    assert found == expected[pack.name]
    kinds = {part.of for offer in catalogue_of(pack).offers for part in offer.components
             if hasattr(part, "of")}  # fmt: skip
    assert set(taken.usage["kind"]) <= kinds, "usage that no component prices"


@pytest.mark.parametrize("pack", PACKS)
def test_a_file_comes_twice_only_where_it_is_meant_to(pack: Pack) -> None:
    names = Counter(file.name for file in files_of(pack))
    twice = {"mvno": 3, "energy": 3, "isp": 0}
    assert sum(count == 2 for count in names.values()) == twice[pack.name]
    assert max(names.values()) <= 2


def test_deck_prefixes_lead_to_countries_and_prices_are_above_nothing() -> None:
    rows = catalogue_of(MVNO).decks["international"].rows
    assert len(rows) > 1000
    for row in rows:
        (prefix,) = row.match
        assert prefix is not None
        codes = [int(prefix[:size]) for size in (1, 2, 3)]
        assert any(code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE for code in codes), prefix
        assert row.price.amount > 0


def test_mobile_numbers_are_kept_for_fiction() -> None:
    for customer in MVNO.customers():
        assert 0 <= int(dict(customer.identifiers)["msisdn"]) - 447700900000 <= 999


def test_samples_hold_the_days_they_are_said_to_hold() -> None:
    files = {file.name: file for file in files_of(ENERGY)}
    for sample in energy_usage.SAMPLES:
        taken = decode(ENERGY, [files[sample.name]])
        assert not taken.rejects
        assert set(taken.usage["subject"]) == {sample.nmi}
        days = market_days(taken.usage)["day"]
        assert (days.min(), days.max()) == (sample.first, sample.last)


def market_days(usage: pl.DataFrame) -> pl.DataFrame:
    market = pl.col("started_at").dt.offset_by("10h").dt.date().alias("day")
    suffix = pl.col("record_id").str.split(":").list.get(1).alias("suffix")
    return usage.with_columns(market, suffix)


def test_every_meter_has_every_day_once() -> None:
    usage = market_days(decode(ENERGY, files_of(ENERGY)).usage.unique("record_id"))
    energy = usage.filter(pl.col("unit") == "kWh")
    days = energy.group_by("subject", "suffix").agg(pl.col("day").n_unique())
    for meter in energy_usage.METERS:
        short = 3 if meter.nmi == energy_usage.SHORT_METER else 0
        found = dict(days.filter(pl.col("subject") == meter.nmi).select("suffix", "day").rows())
        assert found == {suffix: 28 + 31 + 30 - short for suffix, _ in meter.channels}
    per_day = energy.group_by("subject", "suffix", "day").len()
    assert set(per_day["len"]) == {48, 96}
