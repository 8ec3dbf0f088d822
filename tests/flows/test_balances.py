"""Balances lived through: filled, used, given, lost, and the books that follow to the cent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connections

from tallystick.base.refusal import Refusal
from tallystick.domain.balances.buckets import Grant, lock_account, lock_buckets, move_bucket
from tallystick.domain.balances.models import Bucket, BucketMovement, MovementKind, Origin, Terms
from tallystick.domain.balances.queries import money_left
from tallystick.domain.balances.vouchers import BatchWish, block_vouchers, make_batch
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.outbox.models import Order
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.balances import (
    Adjustment,
    Transfer,
    adjust_bucket,
    expire_balances,
    fill_account,
    give_grant,
    set_terms,
    top_up,
    transfer_balance,
)
from tallystick.flows.draw import act_on_level, draw_money, take_fees
from tallystick.flows.prepaid import post_prepaid
from tallystick.flows.reconcile import reconcile
from tallystick.flows.redeem import redeem_voucher
from tests.flows.businesses import open_talk_business

pytestmark = pytest.mark.usefixtures("own_database")

FIRST = date(2026, 1, 1)
AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def tenant(own_database):
    tenant = open_talk_business(customers=2)
    for account in ("A1", "A2"):
        set_terms(tenant_id=tenant.id, account=account, changes={"mode": "prepaid"})
    return tenant


def fill(tenant, account, amount, *, key="k", **options):
    receipt = Receipt(key, "cash", Decimal(amount), "EUR", FIRST)
    return top_up(receipt, tenant_id=tenant.id, account=account, at=AT, **options)


def use(tenant, account, amount, *, key="use"):
    with acting_for(tenant.id):
        holder = account_numbered(account)
        lock_account(holder)
        return draw_money(
            holder, amount=Decimal(amount), buckets=lock_buckets(holder.id),
            kind=MovementKind.DEBIT, key=key, reason={"revenue": "4010", "tax": "standard"}, at=AT,
        )  # fmt: skip


def left(tenant, account):
    with acting_for(tenant.id):
        return money_left(account_numbered(account).id, currency="EUR")


def ledger(tenant, code):
    with acting_for(tenant.id):
        return balance_of(code)


def assert_books_match(tenant):
    assert [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok] == []


def test_a_top_up_counts_once_and_is_a_liability(tenant):
    assert fill(tenant, "A1", "10.00").left == 10
    assert fill(tenant, "A1", "10.00").repeated
    with pytest.raises(Refusal) as refused:
        fill(tenant, "A1", "11.00")
    assert refused.value.code == "source_key_reused"
    assert ledger(tenant, "2300") == -10
    assert_books_match(tenant)


def test_use_is_posted_with_its_tax_to_the_cent(tenant):
    fill(tenant, "A1", "10.00")
    for number in range(3):
        assert use(tenant, "A1", "0.404", key=f"call-{number}") == 0
    report = post_prepaid(tenant_id=tenant.id, on=FIRST, at=AT)
    assert report.used == {"EUR": Decimal("1.21")}
    # 1.212 used leaves 8.788: the liability is 8.79. 1.21 with 19 % tax is 1.02 and 0.19.
    assert ledger(tenant, "2300") == Decimal("-8.79")
    assert ledger(tenant, "4010") == Decimal("-1.02")
    assert ledger(tenant, "2200") == Decimal("-0.19")
    assert post_prepaid(tenant_id=tenant.id, on=FIRST, at=AT).accounts == 0
    assert_books_match(tenant)


def test_fifty_at_once_leave_exactly_what_is_left(tenant):
    fill(tenant, "A1", "100.00")

    def spend(first):
        try:
            for number in range(first, first + 10):
                use(tenant, "A1", "0.60", key=f"call-{number}")
        finally:
            connections.close_all()

    threads = [Thread(target=spend, args=(n * 10,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left(tenant, "A1") == 70
    post_prepaid(tenant_id=tenant.id, on=FIRST, at=AT)
    assert_books_match(tenant)


def test_a_transfer_moves_liability_and_takes_its_fee(tenant):
    fill(tenant, "A1", "10.00")
    wish = Transfer("A1", "A2", Decimal(4), "t1", Decimal("0.50"))
    assert transfer_balance(wish, tenant_id=tenant.id, on=FIRST, at=AT).left == Decimal("5.5")
    assert transfer_balance(wish, tenant_id=tenant.id, on=FIRST, at=AT).repeated
    assert (left(tenant, "A1"), left(tenant, "A2")) == (Decimal("5.5"), 4)
    assert ledger(tenant, "2300") == Decimal("-9.50")
    assert ledger(tenant, "4800") == Decimal("-0.42")
    wish = Transfer("A1", "A2", Decimal(6), "t2")
    with pytest.raises(Refusal) as refused:
        transfer_balance(wish, tenant_id=tenant.id, on=FIRST, at=AT)
    assert refused.value.code == "balance_too_small"
    assert left(tenant, "A1") == Decimal("5.5")
    assert_books_match(tenant)


def test_what_ends_is_lost_once_and_told(tenant):
    fill(tenant, "A1", "10.00", valid_to=AT + timedelta(days=30))
    later = AT + timedelta(days=30)
    report = expire_balances(tenant_id=tenant.id, on=later.date(), at=later)
    assert (report.buckets, report.lost) == (1, {"EUR": Decimal(10)})
    assert expire_balances(tenant_id=tenant.id, on=later.date(), at=later).buckets == 0
    assert ledger(tenant, "4900") == -10
    assert ledger(tenant, "2300") == 0
    with acting_for(tenant.id):
        assert Order.objects.filter(action="expired").count() == 1
    assert_books_match(tenant)


def test_a_daily_fee_takes_twenty_in_fifteen_days_then_cuts_and_a_top_up_restores(tenant):
    changes = {"fee_amount": Decimal(40), "fee_days": 30, "fee_from": FIRST}
    set_terms(tenant_id=tenant.id, account="A1", changes=changes)
    fill(tenant, "A1", "20.00")
    for day in range(15):
        on = FIRST + timedelta(days=day)
        assert take_fees(tenant_id=tenant.id, on=on, at=AT + timedelta(days=day)).cut == ()
    assert left(tenant, "A1") == 0
    on, at = FIRST + timedelta(days=15), AT + timedelta(days=15)
    assert take_fees(tenant_id=tenant.id, on=on, at=at).cut == ("A1",)
    assert take_fees(tenant_id=tenant.id, on=on, at=at).cut == ()
    receipt = Receipt("again", "cash", Decimal(2), "EUR", on + timedelta(days=3))
    filled = top_up(receipt, tenant_id=tenant.id, account="A1", at=at + timedelta(days=3))
    assert len(filled.restored) == 1
    # The days without service cost nothing; the day of the top-up does.
    assert filled.left == Decimal(2) - Decimal("1.333333333333")
    post_prepaid(tenant_id=tenant.id, on=on, at=at)
    assert_books_match(tenant)


def test_a_voucher_is_redeemed_once_and_wrong_pins_lock_the_account_out(tenant):
    wish = BatchWish("spring", 3, "EUR", Decimal(10), date(2026, 12, 31), 30)
    with acting_for(tenant.id):
        made = make_batch(wish, tenant_id=tenant.id, at=AT)
    (serial, pin), (_, other), (third, blocked) = made

    def redeem(pin, account="A1", on=FIRST):
        try:
            return redeem_voucher(pin, tenant_id=tenant.id, account=account, on=on, at=AT).serial
        except Refusal as refusal:
            return refusal.code

    assert redeem(pin) == redeem(pin) == serial
    assert left(tenant, "A1") == 10
    assert redeem(pin, "A2") == "voucher_not_redeemable"
    assert redeem(other, "A2", date(2027, 1, 1)) == "voucher_not_redeemable"
    with acting_for(tenant.id):
        assert block_vouchers(third, blocked=True) == 1
    assert redeem(blocked, "A2") == "voucher_not_redeemable"
    assert [redeem("0" * 15, "A2") for _ in range(5)] == ["wrong_pin"] * 5
    assert redeem(other, "A2") == "pins_blocked"
    set_terms(tenant_id=tenant.id, account="A2", changes={"wrong_pins": 0})
    assert redeem(f"{other[:4]} {other[4:]}", "A2") != "pins_blocked"
    assert left(tenant, "A2") == 10
    assert ledger(tenant, "2300") == -20
    assert_books_match(tenant)


def test_a_correction_counts_once_and_takes_no_more_than_there_is(tenant):
    fill(tenant, "A1", "10.00")
    with acting_for(tenant.id):
        bucket = Bucket.objects.get().id

    def adjust(quantity, key):
        wish = Adjustment(bucket, Decimal(quantity), "by hand", key)
        return adjust_bucket(wish, tenant_id=tenant.id, account="A1", on=FIRST, at=AT)

    assert adjust("-2.5", "one") == adjust("-2.5", "one") == Decimal("7.5")
    for quantity, key, code in (
        ("-8", "two", "balance_too_small"),
        ("1", "one", "source_key_reused"),
    ):
        with pytest.raises(Refusal) as refused:
            adjust(quantity, key)
        assert refused.value.code == code
    assert ledger(tenant, "2300") == Decimal("-7.50")
    assert_books_match(tenant)


def test_reconcile_finds_a_bucket_that_its_movements_do_not_explain(tenant):
    fill(tenant, "A1", "10.00")
    with acting_for(tenant.id):
        Bucket.objects.update(remaining=Decimal(11))
    off = {finding.name for finding in reconcile(tenant_id=tenant.id) if not finding.ok}
    assert off == {"buckets = their movements", "buckets that differ from their movements = none"}


def test_a_top_up_makes_credit_good_first(tenant):
    fill(tenant, "A1", "1.00")
    with acting_for(tenant.id):
        holder = account_numbered("A1")
        lock_account(holder)
        move_bucket(
            lock_buckets(holder.id)[0], kind=MovementKind.DEBIT, quantity=Decimal(-4),
            source_key="call", at=AT, reason={},
        )  # fmt: skip
    assert fill(tenant, "A1", "10.00", key="more").left == 7
    with acting_for(tenant.id):
        assert [b.remaining for b in Bucket.objects.order_by("id")] == [0, 7]
        assert BucketMovement.objects.count() == 5
        assert Terms.objects.get(account__number="A1").posted_through > 0
    assert_books_match(tenant)


def test_a_grant_that_makes_credit_good_is_goodwill(tenant):
    """What was used on credit is in the books; a gift is not, so somebody has to pay for it."""
    fill(tenant, "A1", "1.00")
    with acting_for(tenant.id):
        holder = account_numbered("A1")
        lock_account(holder)
        move_bucket(
            lock_buckets(holder.id)[0], kind=MovementKind.DEBIT, quantity=Decimal(-4),
            source_key="call", at=AT, reason={},
        )  # fmt: skip
    gift = Grant("EUR", Decimal("10.00"), Origin.GRANT, "grant:gift", AT)
    filled = give_grant(gift, tenant_id=tenant.id, account="A1", on=FIRST, at=AT)
    assert filled.left == 7
    with acting_for(tenant.id):
        assert [b.remaining for b in Bucket.objects.order_by("id")] == [0, 7]
    assert ledger(tenant, "6200") == Decimal("3.00")
    assert_books_match(tenant)


def test_a_low_balance_asks_for_a_top_up_within_the_day_s_maximum(tenant):
    changes = {
        "low_balance": Decimal(5), "top_up_amount": Decimal(10), "top_up_daily_max": Decimal(20),
    }  # fmt: skip
    set_terms(tenant_id=tenant.id, account="A1", changes=changes)
    for number in range(4):
        fill(tenant, "A1", "10.00", key=f"cash-{number}")
        with acting_for(tenant.id):
            holder = account_numbered("A1")
            before = money_left(holder.id, currency="EUR")
        use(tenant, "A1", before - 4, key=f"call-{number}")
        with acting_for(tenant.id):
            at = AT + timedelta(minutes=number)
            act_on_level(holder, terms=lock_account(holder), before=before, at=at)
    with acting_for(tenant.id):
        asked = Order.objects.filter(port="payment").values_list("payload", flat=True)
        assert list(asked) == [{"amount": "10", "currency": "EUR"}] * 2
        assert Order.objects.filter(action="low_balance").count() == 4


def test_a_grant_is_no_liability_and_cannot_be_given_away(tenant):
    with acting_for(tenant.id):
        holder = account_numbered("A1")
        grant = Grant("EUR", Decimal(5), Origin.GRANT, "welcome", AT)
        fill_account(holder, grant=grant, on=FIRST, at=AT)
    assert ledger(tenant, "2300") == 0
    with pytest.raises(Refusal) as refused:
        transfer_balance(
            Transfer("A1", "A2", Decimal(1), "t"), tenant_id=tenant.id, on=FIRST, at=AT
        )
    assert refused.value.code == "balance_too_small"
    use(tenant, "A1", "1.00")
    post_prepaid(tenant_id=tenant.id, on=FIRST, at=AT)
    assert ledger(tenant, "4010") == 0
    assert_books_match(tenant)
