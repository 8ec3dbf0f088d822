"""An invoice in the terms of EN 16931: the business terms (BT) that both syntaxes write.

One line bears one VAT category. Where several taxes lie on a line (two halves of a goods and
services tax, say), they are one category at the rate of all of them, and its amount is theirs.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tallystick.base.money import EXACT, minor_decimals
from tallystick.base.period import Period
from tallystick.base.refusal import Refusal
from tallystick.core.invoice.document import (
    DocumentKind,
    DocumentLine,
    HomeTax,
    InvoiceDocument,
    LineTax,
    UsageRow,
)
from tallystick.core.invoice.round import share_out

UNIT_CODES: Final = {
    "s": "SEC", "B": "AD", "kWh": "KWH", "kvarh": "K3", "kVAh": "C79", "kW": "KWT", "kVA": "KVA",
    "m3": "MTQ", "day": "DAY", "week": "WEE", "month": "MON", "year": "ANN", "bit/s": "B10",
}  # fmt: skip
"""UN/ECE recommendation 20; what is not here is counted by the piece."""

PIECE: Final = "C62"
OUTSIDE, EXEMPT = "O", "E"
REASONS: Final = {
    "E": "Exempt from tax",
    "AE": "Reverse charge",
    "O": "Not subject to tax",
}


@dataclass
class NotElectronic(Refusal):
    """The invoice cannot be said in EN 16931."""

    code = "not_electronic"
    number: str = ""
    problem: str = ""

    def sentence(self) -> str:
        return f"invoice {self.number} cannot be an electronic invoice: {self.problem}"


@dataclass(frozen=True, slots=True)
class Party:
    """A seller or buyer; `vat` begins with its country, `registration` is any other tax number."""

    name: str
    address: tuple[str, ...]
    country: str
    vat: str
    registration: str
    legal: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """BG-25: the price is for `per` units and never negative; then the quantity is."""

    number: int
    name: str
    note: str
    period: Period | None
    quantity: Decimal
    unit: str
    price: Decimal
    per: Decimal
    net: Decimal
    tax: LineTax


@dataclass(frozen=True, slots=True)
class Breakdown:
    """BG-23: one VAT category and rate, what it is on and what it comes to."""

    tax: LineTax
    taxable: Decimal
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class ElectronicInvoice:
    """What both syntaxes write; the day an end falls on belongs to the period."""

    document: InvoiceDocument
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    taxes: tuple[Breakdown, ...]

    @property
    def type_code(self) -> str:
        return "381" if self.document.kind is DocumentKind.CREDIT_NOTE else "380"

    @property
    def means_code(self) -> str:
        """BT-81: a credit transfer where an account is known, else an instrument not defined."""
        return "30" if self.iban else "1"

    @property
    def delivered_on(self) -> date:
        """BT-72: the last day that is billed."""
        period = self.document.period
        return last_day(period) if period else self.document.issued_on

    @property
    def home_tax(self) -> HomeTax | None:
        """BT-6 and BT-111; none in a currency of three decimals, which the standard cannot say."""
        home = self.document.home_tax
        return home if home and minor_decimals(home.currency) <= 2 else None

    @property
    def iban(self) -> str:
        return self.document.how_to_pay.iban.replace(" ", "")


def last_day(period: Period) -> date:
    return max(period.end - timedelta(days=1), period.start)


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def number(value: Decimal) -> str:
    """A quantity, price or rate without an exponent and idle zeros."""
    said = f"{value.normalize(EXACT):f}"
    return "0" if said == "-0" else said


def understand(document: InvoiceDocument) -> ElectronicInvoice:
    """The document in the standard's terms.

    :raises NotElectronic: when the standard has no way to say it, or a party's country is not known
    """
    for who, country in (("seller", document.seller.country), ("buyer", document.buyer.country)):
        if not country:
            raise NotElectronic(document.number, f"the {who}'s country is not known")
    if minor_decimals(document.currency) > 2:
        problem = f"it has at most 2 decimals, {document.currency} has 3"
        raise NotElectronic(document.number, problem)
    rows: list[DocumentLine | UsageRow] = [*document.lines, *document.usage]
    if not rows:
        raise NotElectronic(document.number, "it has no lines")
    borne = _borne(document, rows)
    lines = tuple(
        _line(row, at, tax) for at, (row, tax) in enumerate(zip(rows, borne, strict=True), start=1)
    )
    taxes = tuple(_breakdown(document, lines))
    outside = all(line.tax.code == OUTSIDE for line in lines)
    return ElectronicInvoice(
        document,
        _seller(document, outside=outside),
        _buyer(document, outside=outside),
        lines,
        taxes,
    )


def _borne(document: InvoiceDocument, rows: Sequence[DocumentLine | UsageRow]) -> Iterator[LineTax]:
    """Each line's category. What lies outside the tax cannot stand beside what does not (BR-O-11):
    there it is exempt, which comes to the same.
    """
    taxes = [row.tax for row in rows]
    if None in taxes:
        raise NotElectronic(document.number, "what tax its lines bear was not kept when it issued")
    known = [tax for tax in taxes if tax is not None]
    mixed = len({tax.code == OUTSIDE for tax in known}) == 2
    for tax in known:
        yield LineTax(EXEMPT, Decimal(0)) if mixed and tax.code == OUTSIDE else tax


def _line(row: DocumentLine | UsageRow, at: int, tax: LineTax) -> Line:
    if isinstance(row, UsageRow):
        name, note, per = row.component, row.group, row.per
    else:
        name, note, per = row.description, row.detail, Decimal(1)
    quantity, price, unit = row.quantity, row.unit_price, UNIT_CODES.get(row.unit, PIECE)
    if price is None or price < 0 or not _fits(quantity, price, per, row.amount):
        quantity, price, per, unit = _signed(row.amount), row.amount.copy_abs(), Decimal(1), PIECE
    return Line(at, name, note, row.period, quantity, unit, price, per, row.amount, tax)


def _fits(quantity: Decimal, price: Decimal, per: Decimal, net: Decimal) -> bool:
    """Whether the price explains the net, but for rounding."""
    exact = Fraction(quantity) * Fraction(price) / Fraction(per)
    return abs(exact - Fraction(net)) < 1


def _signed(amount: Decimal) -> Decimal:
    return Decimal(-1) if amount < 0 else Decimal(1)


def _breakdown(document: InvoiceDocument, lines: Sequence[Line]) -> Iterator[Breakdown]:
    """The sums of each category and rate; a rate that the invoice has once keeps its own amount.

    What several taxes of a line come to is shared out over the rates by their sums.
    """
    sums: dict[LineTax, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.tax] = EXACT.add(sums[line.tax], line.net)
    due: dict[LineTax, Decimal] = {}
    for row in document.taxes:
        own = LineTax(row.code, row.percent)
        if own in sums:
            due[own] = EXACT.add(due.get(own, Decimal(0)), row.amount)
    shared = [tax for tax in sums if tax not in due]
    left = EXACT.subtract(document.tax, sum(due.values(), Decimal(0)))
    decimals = minor_decimals(document.currency)
    exact = [Fraction(sums[tax]) * Fraction(tax.percent) * 10**decimals / 100 for tax in shared]
    if shared:
        parts = share_out(int(left.scaleb(decimals)), exact=exact)
        for tax, part in zip(shared, parts, strict=True):
            due[tax] = Decimal(part).scaleb(-decimals)
    for tax, taxable in sums.items():
        yield Breakdown(tax, taxable, due[tax], REASONS.get(tax.code, ""))


def _seller(document: InvoiceDocument, *, outside: bool) -> Party:
    seller = document.seller
    vat, registration = _numbers(seller.vat_number, seller.country)
    if outside:
        return Party(seller.name, seller.address, seller.country, "", "", vat or registration)
    if not (vat or registration):
        problem = "the operator has no tax number; write brand.vat_number"
        raise NotElectronic(document.number, problem)
    legal = "" if vat else registration  # somebody must be named by a number (BR-CO-26)
    return Party(seller.name, seller.address, seller.country, vat, registration, legal)


def _buyer(document: InvoiceDocument, *, outside: bool) -> Party:
    buyer = document.buyer
    vat, registration = _numbers(buyer.vat_number, buyer.country)
    if outside:
        vat = registration = ""
    return Party(buyer.name, buyer.address, buyer.country, vat, registration)


def _numbers(written: str, country: str) -> tuple[str, str]:
    """A VAT number with its country before it, or a tax number of another kind."""
    compact = "".join(written.split())
    prefix = "EL" if country == "GR" else country
    if compact.upper().startswith(prefix) and country not in NO_VAT_PREFIX:
        return compact.upper(), ""
    return "", written.strip()


NO_VAT_PREFIX: Final = frozenset({"AU", "IN", "NZ", "SG", "US", "CA"})
"""Countries whose tax numbers are not VAT numbers, whatever they begin with."""
