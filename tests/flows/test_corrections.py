"""Records corrected and taken back: before and after they are charged and billed."""

from datetime import date
from decimal import Decimal
from random import Random
from secrets import token_hex

import pytest
from django.db import connection

from tallystick.domain.invoices.models import Invoice, InvoiceLine
from tallystick.domain.tenants.scope import acting_for
from tallystick.domain.usage.models import Batch, Reject, ReplacedUsage, Suspense, Usage
from tallystick.domain.usage.rerate_tables import accounts_with_usage, ask_again
from tallystick.domain.usage.revising import list_replaced
from tallystick.flows.acquire import publish_catalogue
from tallystick.flows.charge import charge_usage
from tallystick.flows.invoice import run_bills
from tallystick.flows.reconcile import reconcile
from tallystick.flows.replay import replay_rejects
from tests.flows.businesses import AT, add_customer, open_talk_business
from tests.flows.correcting import call, counters, load, periods, sums, void

pytestmark = pytest.mark.usefixtures("module_database")

RICH = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    from: 2025-01-01
    components:
      line: {every: month, in: advance, price: 10.00}
      minutes: {include: 10 min, of: voice, covers: [calls], roll over: 1 cycle}
      calls:
        of: voice
        bill by: 60 s
        price: {to 20 min: 0.12 per min, above: 0.09 per min}
        connect: 0.05
      longest: {of: voice, measure: highest 30 min, ratchet: 80 % of 2 months, price: 0.10 per min}
      volume:
        {of: voice, price: {to 40 min: 0.01 per min, above: 0.02 per min}, tiers: {kind: volume}}
"""
FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def tenant():
    return open_talk_business(f"talk-{token_hex(3)}", customers=1)


def rate(tenant) -> int:
    return charge_usage(tenant_id=tenant.id, at=AT).lines


def bill(tenant, on: date) -> None:
    rate(tenant)
    run_bills(tenant_id=tenant.id, on=on, at=AT)


def wrong(tenant) -> list:
    return [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok]


def usage_lines(tenant, on: date) -> list[tuple[str, Decimal, Decimal]]:
    with acting_for(tenant.id):
        invoice = Invoice.objects.get(issued_on=on)
        lines = InvoiceLine.objects.filter(invoice_id=invoice.id, purpose__startswith="usage")
        return list(lines.order_by("line_no").values_list("description", "quantity", "exact"))


def codes(tenant) -> list[str]:
    with acting_for(tenant.id):
        return list(Reject.objects.filter(state="open").values_list("code", flat=True))


def test_without_leave_a_changed_record_is_rejected_and_can_be_replayed(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 600))
    refused = load(tenant.id, tmp_path, call("a", "01-05", 900), void("a"), accept=False)
    assert (refused.rejected, refused.corrected, refused.cancelled) == (2, 0, 0)
    assert codes(tenant) == ["record_changed"] * 2
    assert replay_rejects(tenant_id=tenant.id, at=AT).refused != ()
    report = replay_rejects(tenant_id=tenant.id, at=AT, accept=True)
    assert (report.corrected, report.cancelled, report.refused) == (1, 1, ())
    rate(tenant)
    assert sums(tenant.id) == []
    assert wrong(tenant) == []


def test_before_it_is_charged_a_record_is_simply_replaced(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 600), call("b", "01-06", 60))
    corrected = load(tenant.id, tmp_path, call("a", "01-05", 900), void("b"))
    assert (corrected.corrected, corrected.cancelled) == (1, 1)
    assert corrected.quantity_corrected == 900
    bill(tenant, FEBRUARY)
    # 15 minutes, 10 of them included: 5 x 0.12 + 0.05
    assert usage_lines(tenant, FEBRUARY) == [("Calls", Decimal(300), Decimal("0.65"))]
    assert wrong(tenant) == []


def test_charged_and_not_billed_it_is_on_the_bill_as_if_it_had_been_right(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 600), call("b", "01-06", 600))
    rate(tenant)
    load(tenant.id, tmp_path, call("a", "01-05", 60))
    bill(tenant, FEBRUARY)
    # 11 minutes, 10 included: 1 x 0.12 + 2 x 0.05
    with acting_for(tenant.id):
        assert Invoice.objects.get().net == Decimal("20.22")
    assert wrong(tenant) == []


def test_billed_the_next_bill_has_the_difference(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 600), call("b", "01-06", 600))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, call("a", "01-05", 60))
    bill(tenant, MARCH)
    # Billed were 10 x 0.12 + 2 x 0.05 = 1.30; right are 1 x 0.12 + 0.10 = 0.22.
    assert [(text, exact) for text, _, exact in usage_lines(tenant, MARCH)] == [
        ("Calls, difference", Decimal("-1.08"))
    ]
    assert wrong(tenant) == []


def test_a_call_taken_back_after_its_bill(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 900))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, void("a"))
    bill(tenant, MARCH)
    assert [exact for _, _, exact in usage_lines(tenant, MARCH)] == [Decimal("-0.65")]
    assert sums(tenant.id) == []
    assert counters(tenant.id) == []
    assert wrong(tenant) == []


def test_what_was_replaced_stays_to_be_read(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 600), call("b", "01-06", 60))
    rate(tenant)
    load(tenant.id, tmp_path, call("a", "01-05", 61), void("b"))
    with acting_for(tenant.id):
        told = {one.record: one for one in list_replaced(count=9)}
        assert (told["a"].quantity, told["a"].now, told["a"].charged) == (600, 61, False)
        assert (told["b"].quantity, told["b"].now, told["b"].account) == (60, None, "A1")
        assert told["b"].batch_id == Batch.objects.latest("id").id
    rate(tenant)
    with acting_for(tenant.id):
        assert [one.charged for one in list_replaced(record="a", count=9)] == [True]
        assert list_replaced(account="A9", count=9) == []


def test_said_again_it_changes_nothing(tenant, tmp_path):
    right = [call("a", "01-05", 61), void("b"), call("c", "01-07", 5)]
    load(tenant.id, tmp_path, call("a", "01-05", 600), call("b", "01-06", 60), right[2])
    load(tenant.id, tmp_path, *right)
    rate(tenant)
    before = sums(tenant.id)
    again = load(tenant.id, tmp_path, right[2], *right)
    assert (again.duplicates, again.corrected, again.cancelled) == (4, 0, 0)
    first = load(tenant.id, tmp_path, call("b", "01-06", 60), call("a", "01-05", 600))
    assert first.duplicates == 2
    assert rate(tenant) == 0
    assert sums(tenant.id) == before
    assert wrong(tenant) == []


def test_corrections_within_a_file_go_in_order_whatever_the_chunks(tenant, tmp_path):
    rows = [call("a", "01-05", 600), call("a", "01-05", 700), call("b", "01-06", 1), void("b"),
            call("a", "01-05", 800), call("b", "01-07", 2)]  # fmt: skip
    told = load(tenant.id, tmp_path, *rows)
    assert (told.accepted, told.corrected, told.cancelled, told.duplicates) == (3, 2, 1, 0)
    other = open_talk_business(f"other-{token_hex(3)}", customers=1)
    assert load(other.id, tmp_path, *rows, chunk_rows=1) == told
    for one in (tenant, other):
        rate(one)
        with acting_for(one.id):
            gone = ReplacedUsage.objects.values_list("usage_id", flat=True)
            left = Usage.objects.exclude(id__in=list(gone)).order_by("quantity")
            assert [usage.quantity for usage in left] == [2, 800]
        assert wrong(one) == []
    assert sums(tenant.id) == sums(other.id)


def test_a_cancel_before_its_record_waits_as_a_reject(tenant, tmp_path):
    assert load(tenant.id, tmp_path, void("a")).rejected == 1
    assert codes(tenant) == ["cancels_nothing"]
    rate(tenant)
    load(tenant.id, tmp_path, call("a", "01-05", 900))
    rate(tenant)
    report = replay_rejects(tenant_id=tenant.id, at=AT, accept=True)
    assert (report.cancelled, report.refused) == (1, ())
    assert wrong(tenant) == []
    rate(tenant)
    assert sums(tenant.id) == []
    assert codes(tenant) == []
    assert wrong(tenant) == []


def test_an_older_revision_is_said_before_and_one_revision_says_one_thing(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 600, revision=2))
    told = load(
        tenant.id, tmp_path,
        call("a", "01-05", 700, revision=1),
        call("a", "01-05", 800, revision=2),
        void("a", revision=1),
        call("a", "01-05", 900),
    )  # fmt: skip
    assert (told.duplicates, told.rejected, told.corrected) == (2, 2, 0)
    told = load(tenant.id, tmp_path, call("a", "01-05", 700, revision=3))
    told = load(tenant.id, tmp_path, call("a", "01-05", 600, revision=4))
    assert told.corrected == 1


def test_a_record_moves_to_another_account(tenant, tmp_path):
    add_customer(tenant, 2)
    load(tenant.id, tmp_path, call("a", "01-05", 900), call("b", "01-06", 60))
    bill(tenant, FEBRUARY)
    load(tenant.id, tmp_path, call("a", "01-05", 900, customer=2))
    rate(tenant)
    calls = [(row[0], row[-1]) for row in sums(tenant.id) if row[1] == "calls"]
    assert calls == [("A1", Decimal("0.05")), ("A2", Decimal("0.65"))]
    assert wrong(tenant) == []


def test_suspense_of_a_record_taken_back_is_closed(tenant, tmp_path):
    load(tenant.id, tmp_path, call("a", "01-05", 60, customer=1).replace("2026-01", "2026-02"))
    with acting_for(tenant.id), connection.cursor() as cursor:
        cursor.execute("UPDATE contracts_contractoffer SET valid_to = '2026-01-31'")
    rate(tenant)
    with acting_for(tenant.id):
        assert Suspense.objects.filter(state="open").count() == 1
    load(tenant.id, tmp_path, void("a"))
    rate(tenant)
    with acting_for(tenant.id):
        assert Suspense.objects.filter(state="open").count() == 0
    assert wrong(tenant) == []


@pytest.mark.parametrize("seed", range(2))
def test_in_any_order_it_comes_to_what_the_right_records_come_to(seed, tmp_path):
    """Loads, charge runs and bills as they fall; each record ends as its highest revision says.

    Allowances that roll over, tiers, demand with a ratchet and volume prices come out the same.
    """
    chance = Random(f"corrections {seed}")
    tenant, right = (
        open_talk_business(f"{code}-{seed}", customers=2) for code in ("random", "right")
    )
    for one in (tenant, right):
        publish_catalogue(
            RICH, tenant_id=one.id, name="rich", files={}, valid_from=date(2025, 6, 1), at=AT
        )
    first, later, last = [], [], []
    for number in range(40):
        customer = chance.randrange(1, 3)
        for revision in range(1, chance.choice((2, 2, 3, 4))):
            day = f"0{chance.randrange(1, 3)}-{chance.randrange(2, 28):02d}"
            row = call(f"r{number}", day, chance.randrange(1, 900), customer=customer,
                       revision=revision)  # fmt: skip
            (first if revision == 1 else later).append(row)
        if chance.random() < 0.2:
            later.append(void(f"r{number}", revision=9))
        else:
            last.append(row)
    chance.shuffle(later)
    rows = [*first, *later]
    cuts = sorted(chance.sample(range(1, len(rows)), 4))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        part = rows[start:end]
        told = load(tenant.id, tmp_path, *part, chunk_rows=chance.choice((3, 1000)))
        assert told.rejected == 0
        if chance.random() < 0.7:
            rate(tenant)
        if number == 2:
            bill(tenant, FEBRUARY)
        load(tenant.id, tmp_path, *chance.sample(part, len(part) // 2))
    bill(tenant, MARCH)
    load(right.id, tmp_path, *last)
    bill(right, FEBRUARY)
    bill(right, MARCH)
    assert periods(tenant.id) == periods(right.id) != []
    assert sums(tenant.id) == sums(right.id)
    assert counters(tenant.id) == counters(right.id)
    assert wrong(tenant) == []
    with acting_for(tenant.id):
        again = accounts_with_usage(account_id=None, since=date(2026, 1, 1), until=MARCH)
        ask_again(again, tenant_id=tenant.id)
    assert rate(tenant) == 0
