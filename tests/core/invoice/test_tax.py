"""Taxes: which rate is found, for whom and when."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.core.invoice.read_taxes import TaxesRefused, read_taxes
from tallystick.core.invoice.tax import (
    ANY,
    Exemption,
    InvalidTaxRate,
    NoTaxRate,
    TaxCode,
    TaxPosition,
    TaxRow,
    rates_frame,
    taxes_on,
)

SHIPPED = Path(__file__).parents[3] / "src/tallystick/packs/taxes"


def row(text: str) -> TaxRow:
    """`DE standard * VAT 19 2007-01-01 2020-07-01 [compound]`."""
    jurisdiction, category, kind, tax, percent, start, end, *rest = text.split()
    until = None if end == "-" else date.fromisoformat(end)
    return TaxRow(
        jurisdiction, category, kind, tax, Decimal(percent), date.fromisoformat(start), until,
        TaxCode.ZERO if percent == "0" else TaxCode.STANDARD, "compound" in rest,
    )  # fmt: skip


TABLE = [
    row(text)
    for text in """
DE standard * VAT 19 2007-01-01 2020-07-01
DE standard * VAT 16 2020-07-01 2021-01-01
DE standard * VAT 19 2021-01-01 -
DE standard agency VAT 0 2021-01-01 -
DE reduced * VAT 7 2021-01-01 -
CA-QC standard * GST 5 2008-01-01 -
CA-QC standard * QST 9.975 2013-01-01 -
XX standard * A 5 2008-01-01 -
XX standard * B 9.975 2008-01-01 - compound
YY standard * A 1.23456 2008-01-01 -
YY standard * B 1.23456 2008-01-01 - compound
""".strip().splitlines()
]

# jurisdiction kind category day position -> tax code percent, ...
CASES = """
DE    consumer standard 2020-06-30 -       VAT S 19
DE    consumer standard 2020-07-01 -       VAT S 16
DE    consumer standard 2020-12-31 -       VAT S 16
DE    consumer standard 2021-01-01 -       VAT S 19
DE    agency   standard 2026-01-01 -       VAT Z 0
DE    agency   reduced  2026-01-01 -       VAT S 7
DE    business standard 2026-01-01 reverse VAT AE 0
DE    consumer standard 2026-01-01 exempt  VAT E 0
DE    consumer reduced  2026-01-01 exempt  VAT S 7
DE    consumer standard 2026-07-01 exempt  VAT S 19
CA-QC consumer standard 2026-01-01 -       GST S 5, QST S 9.975
XX    consumer standard 2026-01-01 -       A S 5, B S 10.47375
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_taxes_on(case: str) -> None:
    jurisdiction, kind, category, day, special, *taxes = case.split()
    exemption = Exemption(
        "cert-7", date(2025, 1, 1), date(2026, 7, 1), categories=frozenset({"standard"})
    )
    position = TaxPosition(
        "p", jurisdiction, kind, special == "reverse", (exemption,) if special == "exempt" else ()
    )
    found = taxes_on(category, position=position, table=TABLE, on=date.fromisoformat(day))
    expected = [tuple(part.split()) for part in " ".join(taxes).split(", ")]
    assert [(t.tax, t.code.value if isinstance(t.code, TaxCode) else t.code) for t in found] == [
        (tax, code) for tax, code, _ in expected
    ]
    assert [t.percent for t in found] == [Decimal(percent) for _, _, percent in expected]


def test_no_rate_says_what_is_missing() -> None:
    position = TaxPosition("p", "DE", "consumer")
    with pytest.raises(NoTaxRate, match=r"'books'.*'DE' on 2026-01-01"):
        taxes_on("books", position=position, table=TABLE, on=date(2026, 1, 1))


@pytest.mark.parametrize(("jurisdiction", "percent"), [("YY", None), ("ZZ", "-1")])
def test_rates_that_cannot_be_held_are_refused(jurisdiction: str, percent: str | None) -> None:
    table = list(TABLE)
    if percent:
        table.append(TaxRow(jurisdiction, "standard", ANY, "T", Decimal(percent), date(2020, 1, 1)))
    position = TaxPosition("p", jurisdiction, "consumer")
    with pytest.raises(InvalidTaxRate):
        taxes_on("standard", position=position, table=table, on=date(2026, 1, 1))


def test_rates_frame_holds_every_position() -> None:
    positions = [TaxPosition("home", "DE", "consumer"), TaxPosition("qc", "CA-QC", "consumer")]
    frame = rates_frame(
        positions=positions,
        categories=["standard", "reduced"],
        table=TABLE,
        on=date(2026, 1, 1),
    )
    assert frame.rows() == [
        ("home", "reduced", "VAT", "S", Decimal(7), 0, "", "DE", "DE"),
        ("home", "standard", "VAT", "S", Decimal(19), 0, "", "DE", "DE"),
        ("qc", "standard", "GST", "S", Decimal(5), 0, "", "CA-QC", "CA-QC"),
        ("qc", "standard", "QST", "S", Decimal("9.975"), 0, "", "CA-QC", "CA-QC"),
    ]


def test_places_lie_in_one_another() -> None:
    table = read_taxes(SHIPPED.joinpath("us-ny.yaml").read_text(encoding="utf-8"), name="us")
    for place, names in (
        ("US-NY", ["New York State"]),
        (
            "US-NY/New York City",
            ["New York State", "New York City", "Metropolitan district", "Public safety"],
        ),
        ("US-NY/Elsewhere", ["New York State"]),
    ):
        position = TaxPosition("p", place, "consumer")
        found = taxes_on("line", position=position, table=table, on=date(2026, 1, 1))
        assert [tax.tax for tax in found] == names
        assert {tax.place for tax in found} == {place}
        assert [tax.jurisdiction for tax in found] == ["US-NY", *[place] * (len(names) - 1)]
    assert (found[0].levy, found[-1].percent) == (0, 4)
    city = TaxPosition("p", "US-NY/New York City", "consumer")
    levy = taxes_on("line", position=city, table=table, on=date(2026, 1, 1))[-1]
    assert (levy.levy, levy.levy_unit, levy.percent) == (Decimal("1.20"), "each", 0)
    free = TaxPosition("p", city.jurisdiction, "consumer", True)
    assert {t.code for t in taxes_on("line", position=free, table=table, on=date(2026, 1, 1))} == {
        "AE"
    }


@pytest.mark.parametrize(
    ("place", "names"), [("IN-KA", ["CGST", "SGST"]), ("IN-KA/Mysuru", ["CGST", "SGST"]),
                         ("IN-MH", ["IGST"]), ("IN-K", ["IGST"])]
)  # fmt: skip
def test_taxes_of_the_own_region_and_of_others(place: str, names: list[str]) -> None:
    table = read_taxes(SHIPPED.joinpath("in.yaml").read_text(encoding="utf-8"), name="in")
    position = TaxPosition("p", place, "consumer", seller_region="IN-KA")
    found = taxes_on("standard", position=position, table=table, on=date(2026, 1, 1))
    assert [tax.tax for tax in found] == names
    assert sum(tax.percent for tax in found) == 18


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_shipped_tables_can_be_read(file: Path) -> None:
    rows = read_taxes(file.read_text(encoding="utf-8"), name=file.name)
    assert {"standard", "none"} <= {row.category for row in rows}


WRONG = """
{country: Germany, categories: {a: [{from: 2020-01-01, rate: 1 %}]}} | 'Germany' is not a place
{country: DE, categories: {a: [{from: 2020-01-01}]}} | write either `rate: 19 %` or `levy
{country: DE, categories: {a: [{from: 2020-01-01, rate: 1 %, levy: 1 each}]}} | write either `rate
{country: DE, categories: {a: [{from: 2020-01-01, levy: 1}]}} | '1' is not a levy
{country: DE, categories: {a: [{from: 2020-01-01, levy: 0 each}]}} | a levy is above 0
{country: DE, categories: {a: [{from: 2020-01-01, rate: 1 %, near: by}]}} | 'by' is not one of
{tables: 7} | is a list of tables
{tables: [7]} | is a table such as
{tables: [{country: DE}]} | write `categories:`
{tables: [{country: DE, categories: {a: [{from: 2020-01-01, rate: 1}]}}], name: x} | 'name' is not
"""


@pytest.mark.parametrize("case", WRONG.strip().splitlines())
def test_wrong_tables_say_how_to_mend_them(case: str) -> None:
    text, said = case.split(" | ")
    with pytest.raises(TaxesRefused) as refused:
        read_taxes(text, name="taxes.yaml")
    assert "taxes.yaml:1" in refused.value.sentence()
    assert said in refused.value.sentence()


@pytest.mark.parametrize(
    ("second", "refused"),
    [
        ("{from: 2018-04-01, rate: 15 %}", True),
        ("{from: 1990-01-01, rate: 10 %}", True),
        ("{from: 1990-01-01, to: 1993-04-07, rate: 10 %}", False),
        ("{from: 2018-04-01, rate: 15 %, for: business}", False),
        ("{from: 2018-04-01, rate: 2 %, name: Cess}", False),
        ("{from: 2018-04-01, levy: 0.50 each}", False),
    ],
)
def test_two_rates_of_one_tax_on_one_day_are_a_mistake(second: str, refused: bool) -> None:
    """A new rate beside one without an end would be charged on top of it."""
    rows = f"    - {{from: 1993-04-07, rate: 14 %}}\n    - {second}\n"
    text = f"country: ZA\ncategories:\n  standard:\n{rows}"
    if not refused:
        assert len(read_taxes(text, name="t.yaml")) == 2
        return
    with pytest.raises(TaxesRefused, match=r"t\.yaml:5: VAT has the rate of 1993-04-07"):
        read_taxes(text, name="t.yaml")
