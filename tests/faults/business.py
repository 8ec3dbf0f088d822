"""A business large enough to be killed in the middle: 2,000 customers and 39,000 records of usage.

The files hold what real ones do: records said twice, subjects nobody knows, rows nobody can read,
sessions whose counters grow from chunk to chunk.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl

from tallystick.domain.balances.models import Bucket, BucketMovement, Mode, Terms
from tallystick.domain.catalog.models import Offer
from tallystick.domain.parties.models import Account
from tallystick.domain.tenants.bulk import insert_rows, new_ids
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.acquire import publish_catalogue
from tests.flows.businesses import AT, open_talk_business

CUSTOMERS = 2_000
CALLS = 8
SESSIONS = 1_200
BILL_DATE = date(2026, 3, 1)
CLOSE_DATE = date(2026, 4, 1)
SINCE = datetime(2026, 1, 1, 6, tzinfo=UTC)
CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  talk:
    from: 2025-01-01
    components:
      line: {every: month, in: advance, price: 10.00}
      minutes: {include: 20 min, of: voice, covers: [calls], roll over: 1 cycle}
      calls: {of: voice, bill by: 60 s, price: 0.12 per min, connect: 0.05}
      data: {of: data, price: 0.02 per GB}
      longest: {of: voice, measure: highest 30 min, price: 0.10 per min}
"""
CORRECTED = 400
"""How many customers have a call of January corrected, and one of them in four taken back."""
MAPPING = """
format: delimited
corrections: accept
cancel: {called: [void]}
columns:
  record_id: id
  subject: {from: msisdn, kind: msisdn}
  kind: {constant: voice}
  started_at: {from: start, format: iso}
  quantity: {from: seconds, unit: s}
  called: called
"""


def open_business() -> int:
    """The operator with its customers A1, A2, ..., each with a number and a user name."""
    tenant = open_talk_business("faults", customers=0)
    publish_catalogue(
        CATALOGUE, tenant_id=tenant.id, name="talk.yaml", files={},
        valid_from=date(2026, 1, 1), at=AT,
    )  # fmt: skip
    with acting_for(tenant.id):
        _add_customers(tenant.id, offer_id=Offer.objects.get(code="talk").id)
        _add_balances(tenant.id)
    return tenant.id


def _add_customers(tenant_id: int, *, offer_id: int) -> None:
    names = ("parties_party", "parties_account", "contracts_contract", "contracts_service")
    ids = pl.DataFrame([new_ids(name, count=CUSTOMERS).alias(name) for name in names])
    number = pl.int_range(1, CUSTOMERS + 1).cast(pl.String)

    def store(table: str, **columns: object) -> None:
        values = [
            (value if isinstance(value, pl.Expr) else pl.lit(value)).alias(name)
            for name, value in {"tenant_id": tenant_id, **columns}.items()
        ]
        insert_rows(ids.select(values), table=table)

    party, account, contract, service = map(pl.col, names)
    start = date(2026, 1, 1)
    store(
        "parties_party", id=party, kind="person", name=pl.format("Customer {}", number),
        email="", phone="", address="[]", country="DE", tax_number="", language="en",
    )  # fmt: skip
    store(
        "parties_account", id=account, party_id=party, number=pl.format("A{}", number),
        currency="EUR", zone="Europe/Berlin", bill_day=1, payment_days=14, segment="consumer",
        customer_kind="consumer", state="active", opened_on=start, house="f",
    )  # fmt: skip
    store(
        "contracts_contract", id=contract, account_id=account, number=pl.format("C{}", number),
        starts_on=start, cycle_day=1, next_bill_on=start, state="active",
    )  # fmt: skip
    store(
        "contracts_contractoffer", account_id=account, contract_id=contract, offer_id=offer_id,
        quantity=1, valid_from=start,
    )  # fmt: skip
    store(
        "contracts_service", id=service, account_id=account, contract_id=contract, kind="mobile",
        name="mobile", state="active",
    )  # fmt: skip
    for kind, form in (("msisdn", "4917{}"), ("username", "user{}")):
        identifier = new_ids("inventory_identifier", count=CUSTOMERS)
        ids = ids.with_columns(identifier.alias("identifier"))
        value = pl.format(form, number.str.zfill(9))
        held = {"identifier_id": pl.col("identifier"), "account_id": account, "service_id": service}
        store("inventory_identifier", id=pl.col("identifier"), kind=kind, value=value)
        store("inventory_assignment", **held, valid_from="2025-12-31T23:00:00Z")


def _add_balances(tenant_id: int) -> None:
    """One customer in five pays before or has a limit; each of them has money and ten minutes."""
    modes = dict(zip((1, 2, 3), Mode, strict=True))
    accounts = list(Account.objects.order_by("id")[: CUSTOMERS // 5])
    Terms.objects.bulk_create(
        Terms(tenant_id=tenant_id, account=account, mode=modes[1 + n % 3], credit_limit=n % 2)
        for n, account in enumerate(accounts)
    )
    buckets = Bucket.objects.bulk_create(
        Bucket(
            tenant_id=tenant_id, account=account, unit=unit, origin="grant", source_key=unit,
            quantity=size, remaining=size, valid_from=AT - timedelta(days=30), priority=1,
        )
        for account in accounts
        for unit, size in (("EUR", 1), ("s", 600))
    )  # fmt: skip
    BucketMovement.objects.bulk_create(
        BucketMovement(
            tenant_id=tenant_id, account=bucket.account, bucket=bucket, kind="credit",
            quantity=bucket.quantity, source_key=bucket.unit, occurred_at=AT,
        )
        for bucket in buckets
    )  # fmt: skip


def write_files(folder: Path) -> list[Path]:
    """Two months of calls and their sessions."""
    chance = Random(1166)
    (folder / "calls.yaml").write_text(MAPPING)
    files = []
    for month, days in ((1, 0), (2, 31)):
        path = folder / f"calls-{month}.csv"
        path.write_text("\n".join(["id,msisdn,start,seconds,called", *_calls(chance, month, days)]))
        files.append(path)
    write_corrections(folder / "corrections.csv", chance)
    path = folder / "sessions.jsonl"
    path.write_text("\n".join(_records(chance)))
    return [*files, path]


def write_corrections(path: Path, chance: Random) -> None:
    """Calls of January that were shorter, that never were, and one that nobody said."""
    rows = ["id,msisdn,start,seconds,called", "m1-9-1,,,,void"]
    for customer in range(1, CORRECTED + 1):
        start = SINCE + timedelta(days=3, seconds=customer)
        record = f"m1-1-{customer},4917{customer:09d},{start:%Y-%m-%dT%H:%M:%SZ}"
        rows += [f"{record},{chance.randrange(1, 900)},{called}" for called in ("4930", "4931")]
        if customer % 4 == 0:
            rows.append(f"m1-2-{customer},,,,void")
    path.write_text("\n".join(rows))


def _calls(chance: Random, month: int, days: int) -> list[str]:
    rows = []
    for call in range(CALLS):
        for customer in range(1, CUSTOMERS + 1):
            start = SINCE + timedelta(days=days + call * 3, seconds=customer)
            msisdn = f"4917{customer:09d}" if chance.random() > 0.01 else "4900"
            seconds = chance.randrange(1, 900) if chance.random() > 0.005 else "many"
            rows.append(
                f"m{month}-{call}-{customer},{msisdn},{start:%Y-%m-%dT%H:%M:%SZ},{seconds},4930"
            )
            if chance.random() < 0.03:
                rows.append(chance.choice(rows[-3_000:]))
    return rows


def _records(chance: Random) -> list[str]:
    """Start, two interim updates and a stop of each session; ids are used again, a NAS restarts."""
    heard = []
    for number in range(SESSIONS):
        start = SINCE + timedelta(minutes=40 * number)
        octets = 0
        for step, status in enumerate(("Start", "Interim-Update", "Interim-Update", "Stop")):
            octets += chance.randrange(1, 3 * 10**9) if step else 0
            record = {
                "Acct-Status-Type": status,
                "Acct-Session-Id": f"s{number % 500}",
                "User-Name": f"user{number + 1:09d}",
                "NAS-Identifier": f"nas{number % 3}",
                "Acct-Session-Time": step * 3600,
                "Acct-Input-Octets": octets % 2**32,
                "Acct-Input-Gigawords": octets // 2**32,
                "Acct-Output-Octets": step * 10,
            }
            heard.append((start + timedelta(hours=step), record))
        if number % 300 == 299:
            restart = {"Acct-Status-Type": "Accounting-On", "NAS-Identifier": "nas1"}
            heard.append((start, restart))
    heard.sort(key=lambda pair: pair[0])
    return [json.dumps({**record, "Event-Timestamp": at.isoformat()}) for at, record in heard]
