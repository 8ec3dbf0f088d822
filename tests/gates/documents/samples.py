"""Invented invoices of every kind: short, long, metered, hostile."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from tallystick.base.period import Period
from tallystick.core.invoice.document import (
    Annex,
    AnnexRow,
    Buyer,
    Consumption,
    DocumentKind,
    DocumentLine,
    HowToPay,
    InvoiceDocument,
    Language,
    PaymentRow,
    Seller,
    SummaryGroup,
    TaxRow,
    UsageRow,
)

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))

SELLER = Seller(
    name="Northwind Fibre",
    address=("12 Harbour Lane", "Exampleton EX1 2AB"),
    vat_number="XX 123 4567 89",
    contact=("help@northwind.example", "+44 1632 960 001"),
    accent="#0b5c6b",
    legal="Northwind Fibre Ltd · 12 Harbour Lane, Exampleton · Company 00000000 · VAT XX123456789",
)
BUYER = Buyer("Ada Example", ("7 Mill Road", "Flat 3", "Exampleton EX4 5CD"))
PAY = HowToPay(
    reference="RF18 2026 0001 2345",
    holder="Northwind Fibre Ltd",
    iban="XX00000000000000000000",
    bic="EXAMPXXX",
    bank="Example Bank",
)

SHORT = InvoiceDocument(
    seller=SELLER,
    buyer=BUYER,
    number="2026-001234",
    account_number="A-204418",
    issued_on=date(2026, 4, 1),
    due_on=date(2026, 4, 15),
    currency="EUR",
    language=Language.EN,
    net=Decimal("35.24"),
    tax=Decimal("6.70"),
    total=Decimal("41.94"),
    amount_due=Decimal("41.94"),
    how_to_pay=PAY,
    period=MARCH,
    lines=(
        DocumentLine(
            "Fibre 100", Decimal(1), "month", Decimal("25.13"), Decimal("25.13"), MARCH,
            detail="Download 100 Mbit/s, upload 40 Mbit/s",
        ),
        DocumentLine(
            "Static address", Decimal(2), "unit", Decimal("5.50"), Decimal("11.00"), MARCH
        ),
        DocumentLine(
            "Credit for the interruption of 12 March", Decimal(1), "unit", Decimal("-0.89"),
            Decimal("-0.89"),
        ),
    ),
    taxes=(TaxRow("VAT", Decimal(19), Decimal("35.24"), Decimal("6.70")),),
    notes=("Questions? We answer at help@northwind.example, every day from 8 to 20.",),
)  # fmt: skip


def calls(count: int) -> tuple[AnnexRow, ...]:
    begin = datetime(2026, 3, 1, 8, 12, 5)
    return tuple(
        AnnexRow(
            begin + timedelta(hours=7 * n, seconds=37 * n),
            f"+44 1632 960 {n * 37 % 1000:03d}" if n % 3 else "+49 30 23125 088",
            Decimal(n * 53 % 900 + 1),
            "s",
            Decimal(n * 53 % 900) / 1000,
        )
        for n in range(count)
    )


LONG = InvoiceDocument(
    seller=SELLER,
    buyer=BUYER,
    number="2026-001235",
    account_number="A-204418",
    issued_on=date(2026, 4, 1),
    due_on=date(2026, 4, 15),
    currency="EUR",
    language=Language.EN,
    net=Decimal("1204.60"),
    tax=Decimal("228.87"),
    total=Decimal("1433.47"),
    amount_due=Decimal("1443.47"),
    how_to_pay=PAY,
    period=MARCH,
    summary=(
        SummaryGroup("Plans and services", Decimal("89.00"), "4 contracts"),
        SummaryGroup("Calls and messages", Decimal("1097.38"), "152 min 30 s beyond your plan"),
        SummaryGroup("Data", Decimal("23.22"), "12.4 GB, of which 10 GB are included"),
        SummaryGroup("Credits", Decimal("-5.00")),
    ),
    lines=(
        DocumentLine(
            "Mobile M", Decimal(3), "month", Decimal("18.00"), Decimal("54.00"), MARCH,
            detail="+44 1632 960 101, 960 102, 960 103",
        ),
        DocumentLine("Fibre 250", Decimal(1), "month", Decimal("35.00"), Decimal("35.00"), MARCH),
        DocumentLine(
            "Change from Fibre 100", Decimal(1), "month", Decimal("-5.00"), Decimal("-5.00"),
            Period(date(2026, 3, 15), date(2026, 4, 1)),
        ),
    ),
    usage=(
        UsageRow(
            "Calls and messages", "National calls", Decimal(9150), "s", Decimal("13.73"),
            Decimal("0.09"), "min", band="Peak",
        ),
        UsageRow(
            "Calls and messages", "National calls", Decimal(18000), "s", Decimal("0.00"),
            tier="included",
        ),
        UsageRow(
            "Calls and messages", "International calls", Decimal(3722), "s",
            Decimal("1083.05"), Decimal("0.021"), "min",
        ),
        UsageRow(
            "Calls and messages", "Text messages", Decimal(12), "msg", Decimal("0.60"),
            Decimal("0.05"),
        ),
        UsageRow(
            "Data", "Data at home", Decimal(10) ** 10, "B", Decimal("0.00"), tier="included"
        ),
        UsageRow(
            "Data", "Data at home", Decimal("2.4") * 10**9, "B", Decimal("23.22"),
            Decimal("9.675"), "GB", tier="above 10 GB",
        ),
    ),
    taxes=(TaxRow("VAT", Decimal(19), Decimal("1204.60"), Decimal("228.87")),),
    previous_balance=Decimal("51.94"),
    payments=(PaymentRow(date(2026, 3, 12), "Payment received", Decimal("41.94")),),
    annexes=(Annex("+44 1632 960 101", calls(45)),),
)  # fmt: skip

METERED = InvoiceDocument(
    seller=Seller(
        name="Stadtwerke Musterhausen",
        address=("Am Kraftwerk 1", "00000 Musterhausen"),
        vat_number="XX000000000",
        contact=("service@stadtwerke.example", "030 23125 000"),
        accent="#a14b00",
    ),
    buyer=Buyer("Familie Mustermann", ("Lindenweg 4", "00000 Musterhausen")),
    number="R-2026-77",
    account_number="4711",
    issued_on=date(2026, 4, 2),
    due_on=date(2026, 4, 16),
    currency="EUR",
    language=Language.DE,
    net=Decimal("155.83"),
    tax=Decimal("29.61"),
    total=Decimal("185.44"),
    amount_due=Decimal("85.44"),
    how_to_pay=HowToPay(
        reference="4711", note="Wir buchen den Betrag am 16. April 2026 von Ihrem Konto ab."
    ),
    period=MARCH,
    summary=(
        SummaryGroup("Grundpreis", Decimal("13.95"), "31 Tage"),
        SummaryGroup("Strom", Decimal("141.88"), "Zähler 1 EXA 0001 2345"),
    ),
    usage=(
        UsageRow(
            "Strom", "Arbeitspreis", Decimal("310.000"), "kWh", Decimal("96.10"),
            Decimal("0.31"), "kWh", band="Tag", tier="bis 310 kWh",
        ),
        UsageRow(
            "Strom", "Arbeitspreis", Decimal("61.250"), "kWh", Decimal("22.05"),
            Decimal("0.36"), "kWh", band="Tag", tier="darüber",
        ),
        UsageRow(
            "Strom", "Arbeitspreis", Decimal("124.900"), "kWh", Decimal("23.73"),
            Decimal("0.19"), "kWh", band="Nacht",
        ),
    ),
    taxes=(TaxRow("USt.", Decimal(19), Decimal("155.83"), Decimal("29.61")),),
    payments=(PaymentRow(date(2026, 3, 1), "Abschlag März", Decimal("100.00")),),
    consumption=(
        Consumption(
            "Zähler 1 EXA 0001 2345",
            "kWh",
            tuple(
                (date(2026, 3, 1) + timedelta(days=n), Decimal(9 + n * 17 % 13) + Decimal("0.125"))
                for n in range(31)
            ),
            detail="Stand 12.345,600 – 12.841,750",  # noqa: RUF001
        ),
    ),
)  # fmt: skip

HOSTILE = InvoiceDocument(
    seller=Seller(
        name="#panic() & Söhne \\ $x^2$ *bold* _it_ `raw` @ref <label> // no /* comment */",
        address=('#read("/etc/passwd")', "] ) } #let x = 1", "https://pay.example//x"),
        vat_number="= Heading",
        accent="#6b2fa0",
        logo_svg=(
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40">'
            b'<rect width="40" height="40" rx="8" fill="#6b2fa0"/>'
            b'<circle cx="60" cy="20" r="18" fill="#c39be0"/></svg>'
        ),
    ),
    buyer=Buyer(
        "שרה דוגמה", ("רחוב הדוגמה 5", "محمد مثال", "例え 太郎", "\x00\x07\tnull\n\nlines")
    ),
    number="F-1' \"quoted\"",
    account_number="A" * 300,
    issued_on=date(2024, 2, 29),
    due_on=date(2024, 3, 14),
    currency="KWD",
    language=Language.ES,
    net=Decimal("-1234567.891"),
    tax=Decimal("0.000"),
    total=Decimal("-1234567.891"),
    amount_due=Decimal("-1234567.891"),
    how_to_pay=HowToPay(reference="#sys.inputs"),
    kind=DocumentKind.CREDIT_NOTE,
    corrects="F-0",
    lines=(
        DocumentLine("😀 emoji 👩‍👩‍👧 🇪🇸", Decimal(1), "unit", Decimal(1), Decimal("-1.000")),
        DocumentLine("W" * 300, Decimal("0.123456789"), "kWh", Decimal("0.000000000001"),
                     Decimal("-0.001"), detail="long " * 60),
    ),
    taxes=(
        TaxRow("IVA", Decimal(0), Decimal("-1234567.891"), Decimal(0),
               note="Inversión del sujeto pasivo #1"),
    ),
)  # fmt: skip

SAMPLES = {"short": SHORT, "long": LONG, "metered": METERED, "hostile": HOSTILE}
