"""A pack's business lived through day by day on its rehearsal clock, from first file to last cent.

Every morning: new customers, the files that arrived, charging and the bill run if somebody is due,
payments as each customer's habit has it, collections, and orders out to the network.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tallystick.base.courier import Courier
from tallystick.base.money import minor_decimals
from tallystick.base.period import month_after
from tallystick.base.progress import Progress, silent
from tallystick.core.capture.conserve import Manifest
from tallystick.core.receive.allocate import OpenItem
from tallystick.core.recover.ladder import Action
from tallystick.domain.invoices import tables as invoice_tables
from tallystick.domain.invoices.queries import items_to_pay_by_account
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.operations import move_clock
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.deliver import deliver_orders
from tallystick.flows.invoice import run_bills
from tallystick.flows.receive import receive_payment
from tallystick.flows.recover import collect
from tallystick.packs.open_business import chunks_of, morning, open_business, take_on
from tallystick.packs.pack import Pack, PayingHabit, RehearsedCustomer, UsageFile

DAYS_AFTER: Final = 45
"""How long the story goes on after its last month, so that late payers are seen through."""

EARLY_DAYS: Final = 3
REST_DAYS: Final = 10
CUT_OFF_DAYS: Final = 2
"""How long a late payer is without service before it pays."""


@dataclass(slots=True)
class Story:
    """What happened to a business while it was rehearsed."""

    tenant: Tenant
    title: str
    customers: int = 0
    files: int = 0
    files_again: int = 0
    usage: Manifest = field(default_factory=Manifest)
    lines: int = 0
    suspended_events: int = 0
    invoices: int = 0
    billed: Decimal = Decimal(0)
    payments: int = 0
    paid: Decimal = Decimal(0)
    cut_off: list[tuple[date, str]] = field(default_factory=list)
    restored: list[tuple[date, str]] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)
    told: int = 0


def rehearse(
    pack: Pack,
    *,
    code: str,
    couriers: Mapping[str, Courier],
    progress: Progress = silent,
) -> Story:
    """The pack's whole rehearsal as a new operator of that code.

    :raises TenantExists: when the code is taken
    """
    start = pack.first_month
    end = date(*month_after(start.year, start.month, pack.months), 1) + timedelta(days=DAYS_AFTER)
    story = Story(open_business(pack, code=code, on=start), pack.title)
    months = [date(*month_after(start.year, start.month, n), 1) for n in range(pack.months)]
    files = [file for month in months for file in pack.usage_of_month(month)]
    day = _Day(pack, story, couriers)
    for number in range((end - start).days):
        today = start + timedelta(days=number)
        arrived = [file for file in files if file.arrives_on == today]
        day.live_through(today, arrived=arrived)
        progress(pack.title, done=number + 1, total=(end - start).days)
    return story


class _Day:
    """One day after the other of a business."""

    def __init__(self, pack: Pack, story: Story, couriers: Mapping[str, Courier]) -> None:
        self._pack, self._story, self._couriers = pack, story, couriers
        self._tenant_id = story.tenant.id
        self._rest_due: dict[str, date] = {}

    def live_through(self, today: date, *, arrived: list[UsageFile]) -> None:
        business, story = self._pack.business, self._story
        at = morning(today, zone=business.zone)
        move_clock(tenant_id=self._tenant_id, to=at)
        for customer in self._pack.customers():
            if customer.starts_on == today:
                take_on(customer, tenant=story.tenant, business=business)
                story.customers += 1
        for file in arrived:
            self._load(file, at)
        self._bill(today, at)
        with acting_for(self._tenant_id):
            owed = items_to_pay_by_account()
        for customer in self._pack.customers():
            if customer.number in owed:
                self._pay(customer, owed[customer.number], today, at)
        late = collect(tenant_id=self._tenant_id, on=today, at=at)
        for step in late.steps:
            story.steps[step.action] += 1
            if step.action == Action.SUSPEND:
                story.cut_off.append((today, step.account))
        told = deliver_orders(tenant_id=self._tenant_id, couriers=self._couriers, at=at)
        story.told += told.delivered

    def _load(self, file: UsageFile, at: datetime) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / file.name
            path.write_bytes(file.content)
            report = capture_usage(
                Delivery(file.source, file.name, file.format, sha256(file.content).hexdigest()),
                tenant_id=self._tenant_id,
                chunks=chunks_of(self._pack, path=path, format=file.format),
                at=at,
            )
        if report.already_loaded:
            self._story.files_again += 1
        else:
            self._story.files += 1
            self._story.usage += report.manifest

    def _bill(self, today: date, at: datetime) -> None:
        with acting_for(self._tenant_id):
            due = invoice_tables.count_due(on=today)
        if due.is_empty():
            return
        charged = charge_usage(tenant_id=self._tenant_id, at=at, workers=1)
        self._story.lines += charged.lines
        self._story.suspended_events += charged.suspended
        billed = run_bills(tenant_id=self._tenant_id, on=today, at=at, workers=1)
        self._story.invoices += billed.invoices
        self._story.billed += sum(billed.totals.values(), Decimal(0))

    def _pay(
        self, customer: RehearsedCustomer, items: list[OpenItem], today: date, at: datetime
    ) -> None:
        amount = self._amount(customer, items, today)
        if not amount:
            return
        business = self._pack.business
        report = receive_payment(
            Receipt(
                key=f"{customer.number}-{today:%Y%m%d}",
                method="bank",
                amount=amount,
                currency=business.currency,
                received_on=today,
                reference=items[0].number,
                payer=customer.name,
            ),
            tenant_id=self._tenant_id,
            account=customer.number,
            at=at,
        )
        self._story.payments += 1
        self._story.paid += amount
        self._story.restored += [(today, customer.number) for _ in report.restored]

    def _amount(self, customer: RehearsedCustomer, items: list[OpenItem], today: date) -> Decimal:
        """What the customer pays today by its habit, 0 for nothing."""
        owed = sum((item.open_amount for item in items), Decimal(0))
        due = sum((item.open_amount for item in items if item.due_on <= today), Decimal(0))
        early = timedelta(days=self._pack.business.payment_days - EARLY_DAYS)
        match customer.habit:
            case PayingHabit.PUNCTUAL:
                return due
            case PayingHabit.EARLY:
                soon = [item.open_amount for item in items if item.due_on <= today + early]
                return sum(soon, Decimal(0))
            case PayingHabit.LATE:
                patience = today - timedelta(days=CUT_OFF_DAYS)
                cut_off = (on for on, number in self._story.cut_off if number == customer.number)
                last = max(cut_off, default=date.max)
                return owed if last <= patience else Decimal(0)
            case PayingHabit.PARTIAL:
                return self._in_parts(customer.number, due, today)
            case _:
                return Decimal(0)

    def _in_parts(self, number: str, due: Decimal, today: date) -> Decimal:
        """Half when it is due, the rest ten days later."""
        rest_due = self._rest_due.get(number)
        if not due:
            return Decimal(0)
        if rest_due is None:
            self._rest_due[number] = today + timedelta(days=REST_DAYS)
            step = Decimal(1).scaleb(-minor_decimals(self._pack.business.currency))
            return (due / 2).quantize(step, rounding=ROUND_DOWN)
        if today < rest_due:
            return Decimal(0)
        del self._rest_due[number]
        return due
