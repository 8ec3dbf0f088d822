"""Two operators that have lived, each with a row in every table, and doors for plain SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import psycopg
import pytest

from tallystick.base.frames import REJECTS, USAGE_IN
from tallystick.core.capture.decoded import Decoded
from tallystick.core.capture.revise import SAID
from tallystick.core.capture.sessions import SESSIONS
from tallystick.core.receive.returned import ReturnTerms
from tallystick.core.receive.statement import Statement, StatementLine
from tallystick.domain.balances.models import (
    Bucket,
    BucketMovement,
    PrepaidUse,
    RolledOver,
    Terms,
    Voucher,
    VoucherBatch,
)
from tallystick.domain.catalog import queries
from tallystick.domain.catalog.models import CatalogFile, CatalogVersion, Component
from tallystick.domain.collections.models import (
    Dispute,
    Interest,
    Promise,
    Protection,
    Recovery,
    WriteOff,
)
from tallystick.domain.contracts.grants import Wording
from tallystick.domain.currencies.operations import RateWish, record_rates
from tallystick.domain.documents.models import Channel, DocumentFormat
from tallystick.domain.documents.operations import queue_dispatches, wish_delivery
from tallystick.domain.inventory.loans import Device, lend
from tallystick.domain.inventory.models import Assignment, EarlyRelease
from tallystick.domain.invoices.drafts import Waits, set_rules
from tallystick.domain.invoices.models import BillDraft, DraftLine, Invoice, Offset, OtherTax
from tallystick.domain.invoices.operations import charge_once
from tallystick.domain.invoices.voids import note_void
from tallystick.domain.ledger.models import ChartRules, OwnAccount, Revaluation, Turn
from tallystick.domain.parties.operations import exempt_account
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.mandates import Creditor, Signed, add_mandate, set_debit_terms
from tallystick.domain.payments.models import (
    Deposit,
    Instrument,
    Payment,
    Payout,
    ProcessorFact,
    ProcessorMovement,
    Pull,
    PullTerms,
)
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.tenants.settings import Change, keep_change
from tallystick.domain.usage.models import (
    LateUsage,
    PeriodLevel,
    PeriodLine,
    PeriodMeasure,
    Rerating,
)
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.alter import rest_contract
from tallystick.flows.bank import import_statement
from tallystick.flows.capture import Delivery, capture_usage
from tallystick.flows.charge import charge_usage
from tallystick.flows.credit import credit_invoice
from tallystick.flows.debit import confirm_debits, prepare_debits
from tallystick.flows.give_back import Comeback, RefundWish, refund_credit, return_payment
from tallystick.flows.grant import GrantWish, Holder, give_grant, give_price
from tallystick.flows.receive import receive_payment
from tallystick.flows.turn import turn_books
from tests.flows.businesses import CATALOGUE
from tests.flows.charging import Asker, asking
from tests.gates.console.business import noon, open_lived_business

TABLES = """
    SELECT c.relname, CASE c.relname WHEN 'tenants_tenant' THEN 'id' ELSE 'tenant_id' END
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND (c.relname = 'tenants_tenant' OR EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
        AND NOT a.attisdropped))
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Lived:
    """A database with two operators; `tables` are (name, column of the operator)."""

    database: object
    first: int
    second: int
    tables: tuple[tuple[str, str], ...]

    @contextmanager
    def sql(self, role: str, *, tenant: int | None = None) -> Iterator[psycopg.Connection]:
        """A transaction as that role, undone in the end."""
        with psycopg.connect(self.database.conninfo(role)) as connection:
            if tenant is not None:
                connection.execute(f"SET LOCAL tallystick.tenant = '{tenant}'")
            yield connection
            connection.rollback()


@pytest.fixture(scope="module")
def lived(module_database) -> Iterator[Lived]:
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    first, second = (_live(code) for code in ("first", "second"))
    with psycopg.connect(module_database.conninfo("postgres")) as connection:
        tables = tuple(connection.execute(TABLES).fetchall())
    yield Lived(module_database, first, second, tables)
    queries._plan.cache_clear()


def _live(code: str) -> int:
    """What a business leaves behind, and the traces that an ordinary one may lack."""
    tenant = open_lived_business(code)
    publish_catalogue(
        CATALOGUE, tenant_id=tenant.id, name="talk-2.yaml", files={},
        valid_from=date(2027, 1, 1), at=noon(3, 16),
    )  # fmt: skip
    with acting_for(tenant.id):
        version = CatalogVersion.objects.latest("id")
        CatalogFile.objects.create(
            tenant_id=tenant.id, version=version, name="deck.csv", content=b"prefix,price\n"
        )
        charge_once(
            account_numbered("A1"), key="visit", description="A visit", amount=Decimal(30),
            tax_category="standard", revenue_account="revenue", on=date(2026, 3, 16),
        )  # fmt: skip
        exempt_account(
            account_numbered("A1"), certificate="free", valid_from=date(2026, 1, 1), valid_to=None
        )
    give_grant(
        GrantWish("discount", "loyal", Wording("{less: 1 %}", date(2027, 1, 1))),
        to=Holder(contract="C1"), tenant_id=tenant.id, at=noon(3, 16),
    )  # fmt: skip
    give_price(
        "C1", component="line", wording=Wording("9.00", date(2027, 1, 1)),
        tenant_id=tenant.id, at=noon(3, 16),
    )  # fmt: skip
    _leave_paper(tenant.id)
    with acting_for(tenant.id):
        Turn.objects.create(
            tenant_id=tenant.id, kind="release", through=date(2025, 1, 1), turned_at=noon(3, 16)
        )
        valued = Turn.objects.create(
            tenant_id=tenant.id, kind="revalue", through=date(2025, 1, 1), turned_at=noon(3, 16)
        )
        Revaluation.objects.create(
            tenant_id=tenant.id, account=account_numbered("A1"), turn=valued, ledger_account="1200",
            currency="USD", balance=1, carried=1, worth=1, posted=0, rate=1, said="made up",
        )  # fmt: skip
        invoice, other = Invoice.objects.filter(account__number="A1").order_by("id")[:2]
        Offset.objects.create(
            tenant_id=tenant.id, account_id=invoice.account_id, credit_invoice_id=invoice.id,
            invoice_id=other.id, amount=Decimal(1), offset_on=date(2026, 3, 16),
        )  # fmt: skip
    _leave_debits(tenant.id)
    with acting_for(tenant.id):
        _leave_balances(tenant.id, account_numbered("A1").id)
        _leave_periods(tenant.id, account_numbered("A1").id)
    fax = (1, "f1", "msisdn", "491700000001", "fax", datetime(2026, 3, 2, tzinfo=UTC),
           Decimal(1), "page", None, None, None)  # fmt: skip
    usage = pl.DataFrame([fax], schema=USAGE_IN, orient="row")
    session = dict.fromkeys(SESSIONS) | {
        "nas": "nas-1", "session": "s-1", "last_at": noon(3, 2), "input": 1, "output": 1,
    }  # fmt: skip
    sessions = pl.DataFrame([session], schema=SESSIONS)
    _take_back(tenant.id)
    capture_usage(
        Delivery("fax", "fax.csv", "fax", "fax"),
        tenant_id=tenant.id,
        chunks=[Decoded(usage, REJECTS.to_frame(), 1, 0, Decimal(1), sessions=sessions)],
        at=noon(3, 16),
    )
    charge_usage(tenant_id=tenant.id, at=noon(3, 16))
    _leave_reservations(tenant.id)
    with acting_for(tenant.id):
        _leave_arrears(tenant.id)
        _leave_numbers(tenant.id)
        _leave_pulls(tenant.id)
    return tenant.id


def _leave_numbers(tenant_id: int) -> None:
    """A number of long ago that was released from its quarantine."""
    held = Assignment.objects.earliest("id")
    EarlyRelease.objects.create(
        tenant_id=tenant_id, identifier_id=held.identifier_id, account_id=held.account_id,
        kept_until=noon(3, 16), released_at=noon(3, 15), reason="asked for",
    )  # fmt: skip
    router = Device("router", "R-1", Decimal(90), 14, "standard")
    lend(router, contract=held.service.contract, on=date(2026, 1, 1))


def _take_back(tenant_id: int) -> None:
    """A fax that was sent and taken back."""
    row = (1, "f0", "msisdn", "491700000001", "fax", datetime(2026, 3, 2, tzinfo=UTC),
           Decimal(1), "page", None, None, None, None, False)  # fmt: skip
    void = pl.DataFrame([{"line": 2, "record_id": "f0", "cancels": True}], schema=SAID)
    usage = pl.concat([pl.DataFrame([row], schema=SAID, orient="row"), void])
    capture_usage(
        Delivery("fax", "fax-0.csv", "fax", "fax-0"),
        tenant_id=tenant_id,
        chunks=[Decoded(usage, REJECTS.to_frame(), 2, 0, Decimal(1))],
        at=noon(3, 16),
        corrections=True,
    )


def _leave_paper(tenant_id: int) -> None:
    """Statements, documents on their way, a rest, a credit note, closed books."""
    paid = StatementLine("line-1", date(2026, 3, 16), Decimal(1), "EUR", text="nobody's")
    import_statement(
        Statement("S-1", "DE00", "EUR", Decimal(0), Decimal(1), (paid,)),
        tenant_id=tenant_id, filename="s.xml", at=noon(3, 16),
    )  # fmt: skip
    with acting_for(tenant_id):
        wish_delivery(
            account_numbered("A1"), channel=Channel.FOLDER, address="printer",
            format=DocumentFormat.PDF, at=noon(1, 1),
        )  # fmt: skip
        queue_dispatches(tenant_id=tenant_id, at=noon(3, 16))
    rest_contract(
        "C1", on=date(2027, 1, 1), until=date(2027, 1, 2), tenant_id=tenant_id, at=noon(3, 16)
    )
    with acting_for(tenant_id):
        number = Invoice.objects.filter(account__number="A1").order_by("id").first().number
    credit_invoice(
        number, parts={1: Decimal("0.01")}, tenant_id=tenant_id, on=date(2026, 3, 16),
        at=noon(3, 16),
    )  # fmt: skip
    _leave_worklist(tenant_id)
    turn_books(tenant_id=tenant_id, through=date(2025, 1, 1), at=noon(3, 16), close=True)


def _leave_worklist(tenant_id: int) -> None:
    """A bill that waits, the rules that hold it, and an invoice noted as void."""
    with acting_for(tenant_id):
        invoice = Invoice.objects.filter(account__number="A1").order_by("id").first()
        own = {"tenant_id": tenant_id, "account_id": invoice.account_id}
        set_rules(Waits(Decimal(700), 20, new=False, void_sent=False), tenant_id=tenant_id)
        note_void(invoice, reason="wrong", on=date(2026, 3, 16), at=noon(3, 16))
        draft = BillDraft.objects.create(
            **own,
            bill_date=date(2026, 3, 1),
            currency="EUR",
            invoices=1,
            net=7,
            tax=0,
            total=7,
            cause="over",
            digest="7",
            state="pending",
            drafted_at=noon(3, 16),
        )
        DraftLine.objects.create(
            **own,
            draft=draft,
            bill="7",
            line_no=1,
            contract_id=1,
            period_from=date(2026, 3, 1),
            period_to=date(2026, 4, 1),
            description="a line",
            quantity=1,
            unit="unit",
            net=7,
        )


def _leave_periods(tenant_id: int, account_id: int) -> None:
    """What closing a cycle leaves where prices need the whole period or allowances go over."""
    invoice = Invoice.objects.filter(account_id=account_id).earliest("id")
    where = {
        "tenant_id": tenant_id, "account_id": account_id, "contract_id": 0,
        "component_id": Component.objects.earliest("id").id, "cycle_start": date(2026, 3, 1),
    }  # fmt: skip
    PeriodLine.objects.create(
        **where, version=CatalogVersion.objects.earliest("id"), bill_run_id=1, measured=1,
        billed=1, unit_price=0, per=1, fee=0, amount=0, invoice_id=invoice.id,
    )  # fmt: skip
    PeriodMeasure.objects.create(**where, band="", value=1)
    PeriodLevel.objects.create(**where, series="", level=1)
    RolledOver.objects.create(**where, lives=1, quantity=1)
    LateUsage.objects.create(
        tenant_id=tenant_id, account_id=account_id, usage_id=1, started_at=noon(3, 2),
        component_id=where["component_id"], late="hold", state="released", charge_run_id=1,
        decided_at=noon(3, 16),
    )  # fmt: skip
    Rerating.objects.create(
        tenant_id=tenant_id, account_id=account_id, cycle_from=date(2026, 3, 1), charge_run_id=1
    )


def _leave_reservations(tenant_id: int) -> None:
    """What online charging leaves: an event, a session with its answer, what is owed for them."""

    async def ask(asker: Asker) -> None:
        await asker.ask("event", customer=4, quantity=60)
        await asker.ask("reserve", customer=4, quantity=60, session="s1")

    asking(tenant_id, ask)


def _leave_debits(tenant_id: int) -> None:
    """A mandate, a debit that came back after it was booked, and a refund of its account."""
    own, at = "DE02120300000000202051", noon(3, 16)
    with acting_for(tenant_id):
        set_debit_terms(
            Creditor("Invented", "DE98ZZZ09999999999", own), terms=ReturnTerms(),
            tenant_id=tenant_id,
        )  # fmt: skip
        signed = Signed("M-4", "Ada", "DE89370400440532013000", "", date(2026, 1, 1))
        add_mandate(account_numbered("A4"), signed, on=at.date())
    day = date(2026, 4, 1)
    run = prepare_debits(tenant_id=tenant_id, collect_on=day, today=day, at=at)
    confirm_debits(run.number, tenant_id=tenant_id, on=day, at=at)
    comeback = Comeback(run.lines[0].end_to_end, "AM04", day)
    return_payment(comeback, tenant_id=tenant_id, at=at)
    receive_payment(
        Receipt("too-much", "cash", Decimal(9999), "EUR", at.date()),
        tenant_id=tenant_id, account="A4", at=at,
    )  # fmt: skip
    wish = RateWish("EUR", "USD", Decimal("1.1"), at.date(), "ECB")
    with acting_for(tenant_id):
        record_rates([wish], tenant_id=tenant_id, at=at)
    receive_payment(
        Receipt("dollars", "cash", Decimal(11), "USD", at.date()),
        tenant_id=tenant_id, account="A4", at=at,
    )  # fmt: skip
    refund_credit(RefundWish("A4", Decimal(1), "back", at.date()), tenant_id=tenant_id, at=at)


def _leave_balances(tenant_id: int, account_id: int) -> None:
    """A prepaid account's rows: terms, a bucket with its movement, what was posted, a voucher."""
    here = {"tenant_id": tenant_id, "account_id": account_id}
    at = noon(3, 16)
    Terms.objects.create(**here, mode="prepaid")
    bucket = Bucket.objects.create(
        **here, unit="EUR", origin="top_up", source_key="cash-1", valid_from=at,
        quantity=Decimal(10), remaining=Decimal(10),
    )  # fmt: skip
    BucketMovement.objects.create(
        **here, bucket=bucket, kind="credit", quantity=Decimal(10), source_key="cash-1",
        occurred_at=at,
    )  # fmt: skip
    PrepaidUse.objects.create(
        **here, entry_key="none", posted_on=at.date(), revenue_account="4000",
        tax_category="standard", percent=Decimal(19), total=Decimal(0), tax=Decimal(0),
    )  # fmt: skip
    OtherTax.objects.create(
        **here, entry_key="none", cause="prepaid_used", counted_on=at.date(), currency="EUR",
        place="DE", jurisdiction="DE", name="VAT", code="S", rate=Decimal(19),
        taxable=Decimal(0), tax=Decimal(0),
    )  # fmt: skip
    batch = VoucherBatch.objects.create(
        tenant_id=tenant_id, code="spring", unit="EUR", quantity=Decimal(10),
        valid_until=date(2027, 1, 1), made_at=at,
    )  # fmt: skip
    Voucher.objects.create(
        tenant_id=tenant_id, batch=batch, serial="spring-1", pin_hash="0", state="active"
    )


def _leave_arrears(tenant_id: int) -> None:
    """What was said of a debt, a deposit, a debt given up that was paid after all; own accounts."""
    invoice = Invoice.objects.filter(account__number="A4").order_by("id").first()
    payment = Payment.objects.filter(account__number="A4").order_by("id").first()
    owner = {"tenant_id": tenant_id, "account_id": invoice.account_id}
    day, amount = date(2026, 3, 16), Decimal(1)
    of_invoice = owner | {"invoice": invoice}
    Dispute.objects.create(
        **of_invoice, amount=amount, reason="wrong", state="refused", opened_on=day
    )
    Interest.objects.create(**of_invoice, charged_to=day)
    lost = {"loss": amount, "tax": Decimal(0)}
    WriteOff.objects.create(**of_invoice, **lost, reason="old", written_off_on=day)
    Recovery.objects.create(**of_invoice, **lost, payment=payment, recovered_on=day)
    Promise.objects.create(**owner, amount=amount, made_on=day, until=day, state="kept")
    Protection.objects.create(
        **owner, kind="exempt", reason="ours", valid_from=date(2027, 1, 1), valid_to=None
    )
    Deposit.objects.create(
        **owner, key="d", currency="EUR", amount=amount, rate=0, held_on=day,
        recorded_at=noon(3, 16),
    )  # fmt: skip
    OwnAccount.objects.create(tenant_id=tenant_id, code="4000", name="Calls", kind="income")
    tenant = Tenant.objects.get(id=tenant_id)
    rise = Change("payment_days", "14", "21", "changed.yaml")
    keep_change(rise, tenant=tenant, at=noon(3, 16), after_invoice=0)
    ChartRules.objects.create(
        tenant_id=tenant_id, name="rules.yaml", text="", valid_from=date(2027, 1, 1),
        published_at=noon(3, 16),
    )  # fmt: skip


def _leave_pulls(tenant_id: int) -> None:
    """A card, what was asked of it and what its processor told."""
    invoice = Invoice.objects.filter(account__number="A4").order_by("id").first()
    owner = {"tenant_id": tenant_id, "account_id": invoice.account_id}
    day, at = date(2026, 3, 16), noon(3, 16)
    PullTerms.objects.create(tenant_id=tenant_id, retry_days=[3])
    card = Instrument.objects.create(
        **owner, processor="stripe", kind="card", customer="cus_1", method="pm_1",
        state="active", added_on=day,
    )  # fmt: skip
    Pull.objects.create(
        **owner, instrument=card, key="pull", purpose="invoice", invoice=invoice,
        amount=Decimal(1), currency="EUR", state="declined", asked_on=day,
    )  # fmt: skip
    Payout.objects.create(
        tenant_id=tenant_id, processor="stripe", name="po_1", amount=Decimal(1), currency="EUR",
        state="booked", arrived_on=date(2026, 3, 1),
    )  # fmt: skip
    ProcessorMovement.objects.create(
        tenant_id=tenant_id, processor="stripe", name="txn_1", kind="payment", gross=Decimal(1),
        fee=Decimal(0), currency="EUR", happened_on=date(2026, 3, 1), payout="po_1", item="x",
    )  # fmt: skip
    ProcessorFact.objects.create(
        tenant_id=tenant_id, processor="stripe", event_id="evt_1", kind="declined", told="failed",
        amount=Decimal(1), costs=Decimal(0), happened_at=at, received_at=at, state="taken",
    )  # fmt: skip
