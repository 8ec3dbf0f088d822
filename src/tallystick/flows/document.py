"""An issued invoice as a document: read back from the rows it was issued as, and printed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, Min, OuterRef, Q, Sum

from tallystick.base.money import EXACT
from tallystick.base.period import Period, day_start
from tallystick.base.ports import InvoicePrinter
from tallystick.core.invoice import document
from tallystick.core.invoice.describe import describe, describe_usage
from tallystick.core.invoice.document import InvoiceDocument, Language
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanUsage
from tallystick.domain.catalog.models import Component
from tallystick.domain.catalog.queries import plans_by_version
from tallystick.domain.contracts.models import Contract, ContractOffer
from tallystick.domain.inventory.models import Assignment
from tallystick.domain.invoices.history import lines_of
from tallystick.domain.invoices.models import (
    CreditedLine,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceTax,
    VoidedInvoice,
)
from tallystick.domain.invoices.queries import invoice_numbered
from tallystick.domain.invoices.voids import void_of
from tallystick.domain.parties.models import Account, Party
from tallystick.domain.payments.models import Payment
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.tenants.settings import tenant_when
from tallystick.domain.usage.models import ChargeTotal, PeriodLine
from tallystick.domain.usage.queries import RatedEvent, billed_totals, rated_events
from tallystick.flows.due import DIFFERENCE
from tallystick.flows.home_tax import home_tax_of

METERED: Final = frozenset({"B", "kWh", "kvarh", "kVAh", "m3"})
"""Units whose usage is drawn day by day; of the others every event is listed."""

_PRICE_UNITS: Final = {
    ("s", Decimal(60)): "min",
    ("s", Decimal(3600)): "h",
    ("B", Decimal(10) ** 6): "MB",
    ("B", Decimal(10) ** 9): "GB",
    ("B", Decimal(2) ** 20): "MiB",
    ("B", Decimal(2) ** 30): "GiB",
    ("kWh", Decimal(1000)): "MWh",
}


def print_invoice(
    number: str, *, tenant_id: int, printer: InvoicePrinter[InvoiceDocument]
) -> bytes:
    """The invoice of that number as a file of the printer's kind.

    :raises UnknownInvoice: when there is none
    """
    return printer(document_of(number, tenant_id=tenant_id))


def document_of(number: str, *, tenant_id: int) -> InvoiceDocument:
    """All that the invoice of that number shows; what happened after its issue is not on it.

    :raises UnknownInvoice: when there is none
    """
    with acting_for(tenant_id):
        invoice = invoice_numbered(number)
        tenant = tenant_when(invoice.id, tenant_id=tenant_id)
        lines = lines_of(invoice)
        named = _name_contracts(lines, invoice)
        usage = [line for line in lines if is_usage(line)]
        language = language_of(invoice.account.party.language, otherwise=tenant.language)
        consumption, annexes = _used(invoice, usage, named=named)
        previous, payments = _balance_before(invoice)
        void = void_of(invoice)
        paid = sum((payment.amount for payment in payments), Decimal(0))
        shown = InvoiceDocument(
            seller=seller_of(tenant),
            buyer=buyer_of(invoice.account.party),
            number=invoice.number,
            account_number=invoice.account.number,
            issued_on=invoice.issued_on,
            due_on=invoice.due_on,
            currency=invoice.currency,
            language=language,
            net=invoice.net,
            tax=invoice.tax,
            total=invoice.total,
            amount_due=EXACT.subtract(EXACT.add(previous, invoice.total), paid),
            how_to_pay=_how_to_pay(tenant, invoice),
            kind=document.DocumentKind(invoice.kind),
            period=_period(lines),
            summary=tuple(_summary(lines, named)),
            lines=tuple(_line(line, named) for line in lines if not is_usage(line)),
            usage=tuple(_usage_row(line, named) for line in usage),
            taxes=tuple(_taxes(invoice)),
            home_tax=home_tax_of(invoice, tenant=tenant),
            previous_balance=previous,
            payments=payments,
            consumption=consumption,
            annexes=annexes,
            voided_on=void.voided_on if void else None,
        )
        if void is not None:
            return replace(shown, amount_due=Decimal(0), previous_balance=Decimal(0), payments=())
        return _as_credit(shown, invoice) if invoice.kind == InvoiceKind.CREDIT_NOTE else shown


def _as_credit(shown: InvoiceDocument, note: Invoice) -> InvoiceDocument:
    """A credit note says what it gives back: amounts that are stored below zero stand above it."""
    minus, home = EXACT.minus, shown.home_tax
    credited = CreditedLine.objects.filter(account_id=note.account_id, credit_note_id=note.id)
    ids = set(credited.values_list("invoice_id", flat=True))
    numbers = Invoice.objects.filter(account_id=note.account_id, id__in=ids)
    return replace(
        shown,
        net=minus(shown.net),
        tax=minus(shown.tax),
        home_tax=home and replace(home, amount=minus(home.amount)),
        total=minus(shown.total),
        amount_due=minus(shown.total),
        corrects=", ".join(numbers.order_by("id").values_list("number", flat=True)),
        previous_balance=Decimal(0),
        payments=(),
        summary=tuple(replace(row, amount=minus(row.amount)) for row in shown.summary),
        lines=tuple(
            replace(row, amount=minus(row.amount), quantity=minus(row.quantity))
            for row in shown.lines
        ),
        taxes=tuple(
            replace(row, taxable=minus(row.taxable), amount=minus(row.amount))
            for row in shown.taxes
        ),
    )


def is_usage(line: InvoiceLine) -> bool:
    """Whether the line bills usage, so that rated events stand behind it."""
    return line.purpose.startswith(("usage", "period"))


def language_of(code: str, *, otherwise: str) -> Language:
    """That language where documents speak it, else the operator's, else English."""
    for wanted in (code, otherwise):
        short = wanted.lower().partition("-")[0]
        if short in {language.value for language in Language}:
            return Language(short)
    return Language.EN


def accent_of(brand: Mapping[str, Any]) -> str:
    """The brand's colour as `#rrggbb`, or ours where it has none."""
    colour = str(brand.get("colour", ""))
    return colour if document.COLOUR.fullmatch(colour) else "#1f4e79"


def totals_of_line(line: InvoiceLine) -> list[ChargeTotal]:
    """The usage totals that one usage line bills: those of its band, tier and price.

    Of a period's line they are all that the period counts.
    """
    component = Component.objects.get(id=line.component_id)
    if line.purpose.startswith("period"):
        return _totals_counted(line)
    kin: dict[tuple[int, str | None, int | None], list[ChargeTotal]] = defaultdict(list)
    for total in ChargeTotal.objects.filter(
        account_id=line.contract.account_id,
        invoice_id=line.invoice_id,
        contract_id=line.contract_id,
        component_id=line.component_id,
        cycle_start=line.period_from,
        unit_price=line.unit_price,
        per=line.per,
    ).order_by("id"):
        if describe_usage(
            component.code, band=total.band, tier=total.tier
        ) == line.description.removesuffix(DIFFERENCE):
            kin[total.version_id, total.band, total.tier].append(total)
    if line.description.endswith(DIFFERENCE):
        return [total for totals in kin.values() for total in totals]
    # Two versions may price alike: then the sums tell which of them this line is.
    alike = list(kin.values())
    exact = [totals for totals in alike if _sum(totals) == line.exact]
    return (exact or alike or [[]])[0]


def periods_priced(line: InvoiceLine) -> list[PeriodLine]:
    """What the line of a whole period was made from: the cycle that it prices, whoever owns it.

    The line's own days may begin later than the cycle.
    """
    account = line.contract.account
    priced = PeriodLine.objects.filter(
        account_id__in={account.id, account.organisation_id or account.id},
        invoice_id=line.invoice_id,
        component_id=line.component_id,
        cycle_start__lte=line.period_from,
    ).filter(Q(contract_id=line.contract_id) | Q(contract_id__lte=0))
    found = list(priced.order_by("id"))
    latest = max((one.cycle_start for one in found), default=None)
    return [one for one in found if one.cycle_start == latest]


def _totals_counted(line: InvoiceLine) -> list[ChargeTotal]:
    """The usage of all who share the price of the line, which its bill counted or one before."""
    priced = periods_priced(line)
    totals = ChargeTotal.objects.filter(
        component_id=line.component_id,
        cycle_start=priced[0].cycle_start if priced else line.period_from,
    )
    owner = priced[0] if priced else None
    if owner is None or owner.contract_id > 0:
        account_id = line.contract.account_id
        totals = totals.filter(account_id=account_id, contract_id=line.contract_id)
    elif owner.contract_id < 0:
        members = Contract.objects.filter(pool_id=-owner.contract_id)
        own = members.values_list("account_id", "id")
        totals = totals.filter(
            account_id__in={account for account, _ in own},
            contract_id__in=[contract for _, contract in own],
        )
    else:
        part = plans_by_version()[owner.version_id].components[line.component_id]
        accounts = {owner.account_id}
        if isinstance(part, PlanUsage) and part.scope is Scope.ORGANISATION:
            below = Account.objects.filter(organisation_id=owner.account_id)
            accounts |= set(below.values_list("id", flat=True))
        totals = totals.filter(account_id__in=accounts)
    return list(totals.order_by("id"))


def events_of_line(
    line: InvoiceLine, *, limit: int | None = None, offset: int = 0, usage_id: int | None = None
) -> list[RatedEvent]:
    """The rated events behind one usage line of an invoice, by start; all, or of one event."""
    owner = line.contract.account
    since, until = span_of([line], zone=ZoneInfo(owner.zone))
    return rated_events(
        totals_of_line(line),
        since=since,
        until=until,
        usage_id=usage_id,
        limit=limit,
        offset=offset,
    )


def _sum(totals: Sequence[ChargeTotal]) -> Decimal:
    return sum((total.amount for total in totals), Decimal(0))


def seller_of(tenant: Tenant) -> document.Seller:
    """The operator as its documents show it."""
    brand: dict[str, Any] = tenant.brand
    contact = [str(brand[name]) for name in ("email", "phone", "web") if brand.get(name)]
    logo = brand.get("logo_svg")
    return document.Seller(
        name=str(brand.get("name") or tenant.name),
        address=tuple(map(str, brand.get("address", ()))),
        vat_number=str(brand.get("vat_number", "")),
        contact=tuple(contact),
        accent=accent_of(brand),
        logo_svg=str(logo).encode() if logo else None,
        legal=str(brand.get("legal") or brand.get("name") or tenant.name),
        country=tenant.country,
    )


def buyer_of(party: Party) -> document.Buyer:
    """The customer as its documents show it."""
    address = tuple(map(str, party.address))
    return document.Buyer(party.name, address, party.tax_number, party.country)


def _how_to_pay(tenant: Tenant, invoice: Invoice) -> document.HowToPay:
    bank: dict[str, Any] = tenant.brand.get("bank") or {}
    known = {name: str(bank[name]) for name in ("holder", "iban", "bic", "note") if name in bank}
    return document.HowToPay(reference=invoice.number, bank=str(bank.get("name", "")), **known)


def _period(lines: Sequence[InvoiceLine]) -> Period | None:
    if not lines:
        return None
    return Period(min(line.period_from for line in lines), max(line.period_to for line in lines))


@dataclass(frozen=True, slots=True)
class _Named:
    """A contract as a customer knows it: what it is of, and what identifies its service.

    `section` says whose it is, where an invoice pays for several accounts or cost centres.
    """

    title: str
    detail: str
    section: str = ""


def _name_contracts(lines: Sequence[InvoiceLine], invoice: Invoice) -> dict[int, _Named]:
    on = invoice.issued_on
    numbers = {line.contract_id: line.contract.number for line in lines}
    sections = _sections(lines, invoice)
    offers: dict[int, str] = {}
    held = ContractOffer.objects.filter(contract_id__in=numbers, valid_from__lte=on)
    for contract_id, code in held.order_by("valid_from").values_list("contract_id", "offer__code"):
        offers[contract_id] = code
    identifiers: dict[int, list[str]] = defaultdict(list)
    assigned = Assignment.objects.filter(service__contract_id__in=numbers).order_by("id")
    for contract_id, value in assigned.values_list("service__contract_id", "identifier__value"):
        identifiers[contract_id].append(value)
    return {
        contract_id: _Named(
            describe(offers.get(contract_id, number)),
            " · ".join(dict.fromkeys(identifiers[contract_id][:1] or [number])),
            sections.get(contract_id, ""),
        )
        for contract_id, number in numbers.items()
    }


def _sections(lines: Sequence[InvoiceLine], invoice: Invoice) -> dict[int, str]:
    """Whose each contract is, by account and cost centre; none where there is but the payer."""
    contracts = {line.contract_id: line.contract for line in lines}
    others = any(one.account_id != invoice.account_id for one in contracts.values())
    said = {}
    for contract_id, one in contracts.items():
        account = f"{one.account.party.name} ({one.account.number})" if others else ""
        said[contract_id] = " · ".join(part for part in (account, one.cost_centre) if part)
    return said


def _summary(
    lines: Sequence[InvoiceLine], named: Mapping[int, _Named]
) -> Iterator[document.SummaryGroup]:
    """A row a section where the invoice has any, else a row a contract."""
    sections: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sections[named[line.contract_id].section] += line.net
    if any(sections):
        yield from (document.SummaryGroup(name, amount) for name, amount in sections.items())
        return
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.contract_id] += line.net
    for contract_id, amount in sums.items():
        name = named[contract_id]
        yield document.SummaryGroup(name.title, amount, name.detail)


def _line(line: InvoiceLine, named: Mapping[int, _Named]) -> document.DocumentLine:
    name = named[line.contract_id]
    return document.DocumentLine(
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        amount=line.net,
        period=Period(line.period_from, line.period_to),
        detail=f"{name.title} {name.detail}",
        tax=_line_tax(line),
        section=name.section,
    )


def _line_tax(line: InvoiceLine) -> document.LineTax | None:
    if line.tax_code is None or line.tax_rate is None:
        return None
    return document.LineTax(line.tax_code, line.tax_rate)


def _usage_row(line: InvoiceLine, named: Mapping[int, _Named]) -> document.UsageRow:
    name = named[line.contract_id]
    return document.UsageRow(
        group=" · ".join(part for part in (name.section, f"{name.title} {name.detail}") if part),
        component=line.description,
        quantity=line.quantity,
        unit=line.unit,
        amount=line.net,
        unit_price=line.unit_price,
        price_unit=price_unit(line.per, unit=line.unit),
        per=line.per,
        period=Period(line.period_from, line.period_to),
        tax=_line_tax(line),
    )


def price_unit(per: Decimal, *, unit: str) -> str:
    """What a price is for, as people say it: `min` for 60 s, `kWh` for 1 kWh."""
    known = _PRICE_UNITS.get((unit, per.normalize(EXACT)))
    if known:
        return known
    return unit if per == 1 else f"{per.normalize(EXACT):f} {unit}"


def _taxes(invoice: Invoice) -> Iterator[document.TaxRow]:
    """The tax table; one tax in several places, as of a bill for many, is one row of it."""
    own = InvoiceTax.objects.filter(account_id=invoice.account_id, invoice_id=invoice.id)
    rows = own.values_list("name", "rate", "code").alias(at=Min("id")).order_by("at")
    for name, rate, code, taxable, tax in rows.annotate(Sum("taxable"), Sum("tax")):
        yield document.TaxRow(name, rate, taxable, tax, code=code)


def _balance_before(invoice: Invoice) -> tuple[Decimal, tuple[document.PaymentRow, ...]]:
    """What the invoice before left open, and the payments between the two."""
    void = VoidedInvoice.objects.filter(account_id=invoice.account_id, invoice=OuterRef("pk"))
    earlier = Invoice.objects.filter(
        ~Exists(void), account_id=invoice.account_id, id__lt=invoice.id
    )
    before = earlier.order_by("-id").first()
    balance = sum(earlier.values_list("total", flat=True), Decimal(0))
    rows: list[document.PaymentRow] = []
    payments = Payment.objects.filter(
        Q(received_on__lte=invoice.issued_on),
        account_id=invoice.account_id,
        recorded_at__lte=invoice.issued_at,
    )
    for payment in payments.order_by("received_on", "id"):
        if before is not None and payment.recorded_at <= before.issued_at:
            balance -= payment.amount
        else:
            rows.append(document.PaymentRow(payment.received_on, "", payment.amount))
    return balance, tuple(rows)


def span_of(lines: Sequence[InvoiceLine], *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants between which the usage of these lines began."""
    day = timedelta(days=1)
    first, end = min(x.period_from for x in lines), max(x.period_to for x in lines)
    return day_start(first - day, zone), day_start(end + day, zone)


def _used(
    invoice: Invoice, usage: Sequence[InvoiceLine], *, named: Mapping[int, _Named]
) -> tuple[tuple[document.Consumption, ...], tuple[document.Annex, ...]]:
    """What was metered day by day, and every call and message with what it costs."""
    if not usage:
        return (), ()
    zone = ZoneInfo(invoice.account.zone)
    since, until = span_of(usage, zone=zone)
    events = [
        event
        for owner in dict.fromkeys(line.contract.account_id for line in usage)
        for event in rated_events(
            billed_totals(account_id=owner, invoice_id=invoice.id),
            since=since,
            until=until,
        )
    ]
    others = {event.contract_id for event in events} - {*named}  # they share a line of another
    sharing = dict(Contract.objects.filter(id__in=others).values_list("id", "number"))
    days: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    calls: dict[str, dict[int, document.AnnexRow]] = defaultdict(dict)
    measured_by: dict[int, int] = {}  # an event is measured once, however many prices it has
    for event in events:
        name = sharing.get(event.contract_id) or named[event.contract_id].detail
        at = event.started_at.astimezone(zone)
        if event.unit in METERED:
            if measured_by.setdefault(event.usage_id, event.component_id) != event.component_id:
                continue
            days[f"{name} {event.kind}", event.unit][at.date()] += event.measured
            continue
        known = calls[name].get(event.usage_id)
        calls[name][event.usage_id] = document.AnnexRow(
            at=at.replace(tzinfo=None),
            what=f"+{event.called}" if event.called else describe(event.kind),
            quantity=event.quantity,
            unit=event.unit,
            amount=EXACT.add(known.amount if known else Decimal(0), event.amount),
        )
    consumption = (
        document.Consumption(title, unit, tuple(_every_day(by_day)))
        for (title, unit), by_day in days.items()
    )
    annexes = (document.Annex(name, tuple(rows.values())) for name, rows in calls.items())
    return tuple(consumption), tuple(annexes)


def _every_day(by_day: Mapping[date, Decimal]) -> Iterator[tuple[date, Decimal]]:
    """Each day from the first to the last, those without usage as zero."""
    day = min(by_day)
    while day <= max(by_day):
        yield day, by_day.get(day, Decimal(0))
        day += timedelta(days=1)
