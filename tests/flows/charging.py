"""A small invented operator that charges online, and asking it in one's own process."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal

from tallystick.base.charging import Action, ChargeRequest
from tallystick.domain.balances.models import Bucket, BucketMovement, Terms
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.reservations.connecting import connect
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.charge_online import OnlineCharger

NOW = datetime(2026, 1, 1, 8, tzinfo=UTC)
QUANTITY, MONEY = 10**9, 10**12


def give_terms(tenant_id: int, account: str, *, mode: str = "prepaid", **columns) -> int:
    """How the account pays; gives its id."""
    with acting_for(tenant_id):
        held = account_numbered(account)
        Terms.objects.update_or_create(
            tenant_id=tenant_id, account=held, defaults={"mode": mode, **columns}
        )
        return held.id


def give_bucket(tenant_id: int, account: str, amount, *, unit: str = "EUR", **columns) -> int:
    """A bucket with its movement, as a top-up leaves it."""
    with acting_for(tenant_id):
        held = account_numbered(account)
        number = Bucket.objects.filter(account=held).count()
        bucket = Bucket.objects.create(
            tenant_id=tenant_id, account=held, unit=unit, origin="top_up",
            source_key=f"top-up-{number}", quantity=Decimal(amount), remaining=Decimal(amount),
            **{"valid_from": datetime(2025, 1, 1, tzinfo=UTC), **columns},
        )  # fmt: skip
        BucketMovement.objects.create(
            tenant_id=tenant_id, account=held, bucket=bucket, kind="credit",
            quantity=Decimal(amount), source_key=f"top-up-{number}", occurred_at=NOW,
        )  # fmt: skip
        return bucket.id


class Asker:
    """Asks the service as a protocol door in the same process does."""

    def __init__(self, charger: OnlineCharger, tenant_id: int) -> None:
        self.charger, self.tenant_id, self.number = charger, tenant_id, 0

    async def ask(self, action: str, *, customer: int = 1, **columns):
        return json.loads(await self.ask_text(action, customer=customer, **columns))

    async def ask_text(self, action: str, *, customer: int = 1, **columns):
        self.number += 1
        opens = action in ("reserve", "event", "authorise")
        who = {"subject_kind": "msisdn", "subject": f"4917000000{customer:02d}"}
        what = {"kind": "voice", "unit": "s", "called": "4930"}
        columns = {"key": f"k{self.number}", **(what if opens else {}), **columns}
        if opens or action == "balance":
            columns = {**who, **columns}
        for name in ("quantity", "used", "added"):
            if name in columns:
                columns[name] = int(Decimal(columns[name]) * QUANTITY)
        request = ChargeRequest(action=Action(action), digest=repr(columns), **columns)
        answer = await self.charger.ask(request, tenant_id=self.tenant_id, at=NOW)
        return answer.text


def asking(tenant_id: int, work):
    """Runs the coroutine function with an asker of the operator; gives what it gives."""

    async def run():
        async with charging() as charger:
            return await work(Asker(charger, tenant_id))

    return asyncio.run(run())


@asynccontextmanager
async def charging():
    charger = OnlineCharger(connect)
    try:
        yield charger
    finally:
        await charger.close()


def balance_of(account_id: int, tenant_id: int) -> Decimal:
    """What the account's buckets hold, having checked it against their movements."""
    with acting_for(tenant_id):
        held = sum(b.remaining for b in Bucket.objects.filter(account_id=account_id))
        moved = sum(m.quantity for m in BucketMovement.objects.filter(account_id=account_id))
    assert held == moved
    return held
