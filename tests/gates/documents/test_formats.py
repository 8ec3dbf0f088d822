"""Numbers, quantities and dates in every language, as tables."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tallystick.base.period import Period
from tallystick.core.invoice.document import Language, NumberFormat
from tallystick.gates.documents.formats import clean_text, format_for
from tallystick.gates.documents.words import (
    LONG_DATE,
    MONTHS,
    NUMBERS,
    SHORT_DATE,
    UNIT_WORDS,
    WORDS,
)

# language, value, unit -> as said (spaces that do not break are written as plain ones)
QUANTITIES = """
en 9150          s     152 min 30 s
en 60            s     1 min
en 0             s     0 s
en 0.5           s     0.5 s
en -90           s     −1 min 30 s
en 3600000       s     60,000 min
de 3600000       s     60.000 min
en 12400000000   B     12.4 GB
en 999           B     999 B
en 1000          B     1 kB
en 1234567       B     1.235 MB
de 12400000000   B     12,4 GB
en 431.25        kWh   431.250 kWh
es 1431.25       kWh   1.431,250 kWh
en 3             m3    3.000 m³
en 1             msg   1 message
en 12            msg   12 messages
de 12            msg   12 Nachrichten
es 1             month 1 mes
en 2             unit  2
en 7             GiB   7 GiB
""".replace("−", "\u2212")  # noqa: RUF001

MONEY = """
en EUR 1234567.89   €1,234,567.89
en EUR -0.50        −€0.50
en KWD 1.5          KWD 1.500
en JPY 1234         ¥1,234
de EUR 1234567.89   1.234.567,89 €
es EUR -1.5         −1,50 €
de CHF 0            0,00 CHF
""".replace("−", "\u2212")  # noqa: RUF001


def said(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("row", QUANTITIES.strip().splitlines())
def test_quantities(row: str) -> None:
    language, value, unit, expected = row.split(None, 3)
    form = format_for(language=Language(language), currency="EUR")
    assert said(form.quantity(Decimal(value), unit)) == expected


@pytest.mark.parametrize("row", MONEY.strip().splitlines())
def test_money(row: str) -> None:
    language, currency, value, expected = row.split(None, 3)
    form = format_for(language=Language(language), currency=currency)
    assert said(form.money(Decimal(value))) == expected


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (NumberFormat.COMMA_POINT, "1,234.56"),
        (NumberFormat.POINT_COMMA, "1.234,56"),
        (NumberFormat.SPACE_COMMA, "1\u202f234,56"),
        (NumberFormat.APOSTROPHE_POINT, "1\u2019234.56"),
    ],
)
def test_a_customer_may_have_a_number_format_of_its_own(
    numbers: NumberFormat, expected: str
) -> None:
    form = format_for(language=Language.DE, currency="EUR", numbers=numbers)
    assert form.amount(Decimal("1234.56")) == expected


def test_prices_keep_the_decimals_they_have() -> None:
    form = format_for(language=Language.EN, currency="EUR")
    assert [form.price(Decimal(p)) for p in ("0.09000", "5", "0.000000000001", "9.675")] == [
        "0.09",
        "5.00",
        "0.000000000001",
        "9.675",
    ]
    assert form.percent(Decimal("19.000000")) == "19%"
    wide = Decimal("12345678901234567890123456789012.125")
    assert form.shortest(wide) == "12,345,678,901,234,567,890,123,456,789,012.125"


@pytest.mark.parametrize(
    ("language", "long", "short"),
    [
        (Language.EN, "29 February 2024", "29/02/2024"),
        (Language.DE, "29. Februar 2024", "29.02.2024"),
        (Language.ES, "29 de febrero de 2024", "29/02/2024"),
    ],
)
def test_dates(language: Language, long: str, short: str) -> None:
    form, day = format_for(language=language, currency="EUR"), date(2024, 2, 29)
    assert (said(form.long_date(day)), form.short_date(day)) == (long, short)
    assert said(form.instant(datetime(2024, 2, 29, 7, 5, 3))) == f"{short}  07:05:03"


def test_a_period_is_printed_with_its_last_day() -> None:
    form = format_for(language=Language.DE, currency="EUR")
    march = Period(date(2026, 3, 1), date(2026, 4, 1))
    assert form.period(march) == "01.03.2026 – 31.03.2026"  # noqa: RUF001
    assert form.period(Period(date(2026, 3, 1), date(2026, 3, 2))) == "01.03.2026"


@pytest.mark.parametrize("language", Language)
def test_no_language_lacks_a_word(language: Language) -> None:
    assert set(WORDS[language]) == set(WORDS[Language.EN])
    assert set(UNIT_WORDS[language]) == set(UNIT_WORDS[Language.EN])
    assert all(WORDS[language].values())
    assert len(MONTHS[language]) == 12
    assert language in LONG_DATE
    assert language in SHORT_DATE
    assert language in NUMBERS


def test_texts_are_made_printable() -> None:
    assert clean_text("a\x00b\n\n c\t") == "a b c"
    assert clean_text("Plan \U0001f600 M\u200d") == "Plan M"
    assert clean_text("#panic() $x$ שלום") == "#panic() $x$ שלום"
    broken = clean_text("W" * 300)
    assert broken.replace("\u200b", "") == "W" * 300
    assert max(map(len, broken.split("\u200b"))) <= 28
