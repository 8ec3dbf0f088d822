"""Whatever happens to buckets, in whatever order: their history adds up to what they hold."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from tallystick.base.refusal import Refusal
from tallystick.domain.balances.buckets import Grant
from tallystick.domain.balances.models import Bucket, Origin
from tallystick.domain.balances.queries import balance_of, movements_of
from tallystick.domain.catalog import queries
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.operations import Receipt
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.balances import (
    Adjustment,
    Transfer,
    adjust_bucket,
    expire_balances,
    give_grant,
    top_up,
    transfer_balance,
)
from tallystick.flows.charge import charge_usage
from tallystick.flows.draw import take_fees
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import AT, open_talk_business
from tests.flows.charging import asking, give_terms
from tests.flows.test_spine import load

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
ACCOUNTS = ("A1", "A2")


class Life:
    """Random things that happen to two accounts, each with a key of its own."""

    def __init__(self, tenant, rng):
        self.tenant_id, self.rng, self.number = tenant.id, rng, 0
        self.kinds = (self.fill, self.grant, self.give, self.correct, self.end, self.take_fee,
                      self.call, self.call_online)  # fmt: skip
        self.first = self.rng.sample(self.kinds, len(self.kinds))  # each comes once at least

    def go_on(self):
        """One more thing; what is refused changes nothing."""
        self.number += 1
        calls = (self.call, self.call_online)
        happen = self.first.pop() if self.first else self.rng.choice((*self.kinds, *calls))
        try:
            happen(f"{self.number}")
        except Refusal as refusal:
            return f"{happen.__name__} {refusal.code}"
        return happen.__name__

    def amount(self, most):
        return Decimal(self.rng.randrange(1, most * 100)) / 100

    def fill(self, key):
        receipt = Receipt(key, "cash", self.amount(10), "EUR", DAY)
        until = self.rng.choice((None, AT + timedelta(1)))
        account = self.rng.choice(ACCOUNTS)
        top_up(receipt, tenant_id=self.tenant_id, account=account, at=START, valid_to=until)

    def grant(self, key):
        unit, size = self.rng.choice((("EUR", self.amount(3)), ("s", Decimal(600))))
        until = self.rng.choice((None, AT + timedelta(1)))
        grant = Grant(unit, size, Origin.GRANT, f"grant:{key}", START, until, reason={"why": key})
        account = self.rng.choice(ACCOUNTS)
        give_grant(grant, tenant_id=self.tenant_id, account=account, on=DAY, at=START)

    def give(self, key):
        giver, taker = self.rng.sample(ACCOUNTS, 2)
        wish = Transfer(
            giver, taker, self.amount(4), key, self.rng.choice((Decimal(0), Decimal(1)))
        )
        transfer_balance(wish, tenant_id=self.tenant_id, on=DAY, at=START)

    def correct(self, key):
        account = self.rng.choice(ACCOUNTS)
        with acting_for(self.tenant_id):
            ids = Bucket.objects.filter(account__number=account).values_list("id", flat=True)
            chosen = self.rng.choice(sorted(ids) or [0])
        change = self.rng.choice((-1, 1)) * self.amount(2)
        wish = Adjustment(chosen, change, key, "by hand")
        adjust_bucket(wish, tenant_id=self.tenant_id, account=account, on=DAY, at=START)

    def end(self, key):
        at = START if self.rng.randrange(2) else AT + timedelta(2)
        expire_balances(tenant_id=self.tenant_id, on=DAY, at=at)

    def take_fee(self, key):
        take_fees(tenant_id=self.tenant_id, on=DAY + timedelta(int(key)), at=AT)

    def call(self, key):
        rows = [
            f"r{key}-{nth} 4917000000{self.rng.randrange(1, 3):02d} 2026-01-01T0{nth}:10 "
            f"{self.rng.randrange(1, 900)}"
            for nth in range(1, 4)
        ]
        load(self.tenant_id, "\n" + "\n".join(rows) + "\n", digest=f"{self.tenant_id}-{key}")
        charge_usage(tenant_id=self.tenant_id, at=AT)

    def call_online(self, key):
        used = self.rng.randrange(0, 600)
        end = self.rng.choice(("commit", "release", "leave"))

        async def talk(asker):
            asker.number = int(key) * 10
            who = {"customer": self.rng.randrange(1, 3), "session": f"s{key}"}
            await asker.ask("reserve", quantity=300, **who)
            await asker.ask("extend", session=f"s{key}", used=used // 2, quantity=300)
            if end == "commit":
                await asker.ask("commit", session=f"s{key}", used=used)
            elif end == "release":
                await asker.ask("release", session=f"s{key}")

        asking(self.tenant_id, talk)


def check_histories(tenant_id):
    """Each bucket's movements, in order, say what it held after each, and what it holds."""
    with acting_for(tenant_id):
        for number in ACCOUNTS:
            account = account_numbered(number)
            held = dict.fromkeys(
                Bucket.objects.filter(account=account).values_list("id", flat=True)
            )
            sums = dict.fromkeys(held, Decimal(0))
            for movement in reversed(movements_of(account.id, count=10_000)):
                sums[movement.bucket_id] += movement.quantity
                assert movement.left == sums[movement.bucket_id]
                assert movement.left >= 0 or movement.bucket.origin == Origin.CREDIT
                assert movement.reason, f"{movement.source_key} does not say why"
            for bucket in Bucket.objects.filter(account=account):
                assert bucket.remaining == sums[bucket.id], bucket.source_key
                one = movements_of(account.id, count=10_000, bucket_id=bucket.id)
                assert {movement.bucket_id for movement in one} <= {bucket.id}
                assert not one or one[0].left == bucket.remaining
            _, buckets, latest = balance_of(account.id, moved=5)
            assert [m.id for m in latest] == [m.id for m in movements_of(account.id, count=5)]
            shown = {bucket.id: bucket.remaining for bucket in buckets}
            assert shown.items() <= sums.items()
            assert {number for number, left in sums.items() if left} <= shown.keys()


@pytest.mark.parametrize("seed", range(3))
def test_movements_add_up_whatever_happens(module_database, seed):
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    tenant = open_talk_business(f"lived{seed}", customers=2)
    for account, mode in zip(ACCOUNTS, ("prepaid", "hybrid"), strict=True):
        fee = {"fee_amount": Decimal(30), "fee_from": DAY} if account == "A1" else {}
        give_terms(tenant.id, account, mode=mode, **fee)
    life = Life(tenant, Random(f"life {seed}"))
    seen = set()
    for _ in range(20):
        seen.add(life.go_on())
        check_histories(tenant.id)
    assert {"call", "call_online", "fill"} <= seen
    assert [finding for finding in reconcile(tenant_id=tenant.id) if not finding.ok] == []
    queries._plan.cache_clear()
