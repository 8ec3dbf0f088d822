"""A database of its own for a benchmark, with an invented operator of many accounts."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import django
import polars as pl
import psycopg

AT = datetime(2026, 3, 1, tzinfo=UTC)
START = date(2026, 1, 1)
TAXES = "country: DE\ncategories:\n  standard: [{from: 2021-01-01, rate: 19 %}]\n"


@contextmanager
def own_database() -> Iterator[Path]:
    """An embedded server in a temporary home, migrated; stopped and removed afterwards."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tallystick.wiring.settings")
    django.setup()
    from tallystick.wiring.database import open_database
    from tallystick.wiring.server import start_server, stop_server

    home = Path(tempfile.mkdtemp(prefix="tallystick-bench-"))
    try:
        open_database(home=home, url=None)
        above = start_server(home).conninfo(user="postgres", database="postgres")
        with psycopg.connect(above, autocommit=True) as connection:
            connection.execute("GRANT SET ON PARAMETER session_replication_role TO tallystick_app")
        yield home
    finally:
        stop_server(home)
        shutil.rmtree(home, ignore_errors=True)


def open_operator(*, catalogue: str, files: Mapping[str, bytes], accounts: int) -> int:
    """The operator's id; account n has one contract of the first offer and `msisdn` 10^9 + n."""
    from tallystick.domain.tenants.models import ClockKind
    from tallystick.domain.tenants.scope import acting_for
    from tallystick.flows.acquire import open_operator as open_empty
    from tallystick.flows.acquire import publish_catalogue

    tenant = open_empty(
        code="bench",
        at=AT,
        name="Bench Telecom (invented)",
        industry="mvno",
        country="DE",
        currency="EUR",
        zone="Europe/Berlin",
        language="en",
        rounding="half_up",
        payment_days=14,
        brand={},
        taxes=TAXES,
        clock=ClockKind.REHEARSAL,
        rehearsal_at=AT,
    )
    publish_catalogue(
        catalogue, tenant_id=tenant.id, name="bench", files=files, valid_from=START, at=AT
    )
    with acting_for(tenant.id), storing_unchecked():
        _take_on(tenant.id, accounts)
    look_again()
    return tenant.id


def look_again() -> None:
    """What the autovacuum does by itself a minute after many rows have come."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


@contextmanager
def storing_unchecked() -> Iterator[None]:
    """Within a transaction: rows made here have their parents, which are not looked up for each."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def _take_on(tenant_id: int, accounts: int) -> None:
    from tallystick.domain.catalog.models import Offer
    from tallystick.domain.tenants.bulk import insert_rows, new_ids

    tenant = pl.lit(tenant_id).alias("tenant_id")
    offer = Offer.objects.order_by("id").first()
    number = pl.Series("n", range(1, accounts + 1))
    tables = ("parties_party", "parties_account", "contracts_contract", "contracts_service",
              "inventory_identifier")  # fmt: skip
    ids = pl.DataFrame({table: new_ids(table, count=accounts) for table in tables}).with_columns(
        n=number
    )
    party, account, contract, service, identifier = tables
    insert_rows(
        ids.select(tenant, pl.col(party).alias("id"), kind=pl.lit("person"),
                   name=pl.format("Customer {}", "n"), email=pl.lit(""), phone=pl.lit(""),
                   address=pl.lit("[]"), country=pl.lit("DE"), tax_number=pl.lit(""),
                   language=pl.lit("en")),
        table=party,
    )  # fmt: skip
    insert_rows(
        ids.select(tenant, pl.col(account).alias("id"), pl.col(party).alias("party_id"),
                   number=pl.format("B{}", "n"), currency=pl.lit("EUR"),
                   zone=pl.lit("Europe/Berlin"), bill_day=pl.lit(1), payment_days=pl.lit(14),
                   segment=pl.lit("consumer"), customer_kind=pl.lit("consumer"),
                   state=pl.lit("active"), opened_on=pl.lit(START), house=pl.lit(False)),
        table=account,
    )  # fmt: skip
    of_account = pl.col(account).alias("account_id")
    insert_rows(
        ids.select(tenant, of_account, pl.col(contract).alias("id"), number=pl.format("C{}", "n"),
                   starts_on=pl.lit(START), cycle_day=pl.lit(1), next_bill_on=pl.lit(START),
                   state=pl.lit("active")),
        table=contract,
    )  # fmt: skip
    insert_rows(
        ids.select(tenant, of_account, pl.col(contract).alias("contract_id"),
                   offer_id=pl.lit(offer.id), quantity=pl.lit(1), valid_from=pl.lit(START)),
        table="contracts_contractoffer",
    )  # fmt: skip
    insert_rows(
        ids.select(tenant, of_account, pl.col(contract).alias("contract_id"),
                   pl.col(service).alias("id"), kind=pl.lit("mobile"), name=pl.lit("line"),
                   state=pl.lit("active")),
        table=service,
    )  # fmt: skip
    insert_rows(
        ids.select(tenant, pl.col(identifier).alias("id"), kind=pl.lit("msisdn"),
                   value=(pl.col("n") + 10**9).cast(pl.String)),
        table=identifier,
    )  # fmt: skip
    insert_rows(
        ids.select(tenant, of_account, pl.col(identifier).alias("identifier_id"),
                   pl.col(service).alias("service_id"),
                   valid_from=pl.lit(datetime(2026, 1, 1, tzinfo=UTC))),
        table="inventory_assignment",
    )  # fmt: skip
