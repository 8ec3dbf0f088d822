"""Stopped at every edge of a transaction, payments go on: nothing is taken or booked twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from unittest import mock

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from tallystick.base.processor import Answer, AskedFor, Fact, FactKind, GivenBack, Outcome
from tallystick.domain.ledger.queries import balance_of
from tallystick.domain.parties.queries import account_numbered
from tallystick.domain.payments.models import InstrumentKind, Payment, ProcessorFact, Pull
from tallystick.domain.payments.pulls import OnFile, add_instrument
from tallystick.domain.tenants.models import Tenant
from tallystick.domain.tenants.scope import acting_for
from tallystick.flows.deliver import deliver_orders
from tallystick.flows.invoice import run_bills
from tallystick.flows.pull import PullCourier, ask_for_due
from tallystick.flows.pull_facts import take_fact
from tallystick.flows.reconcile import reconcile
from tests.flows.businesses import open_talk_business

EDGES = list(product(range(1, 7), ("before", "after")))
"""Each commit of a month's work, and a month for each."""


class Stopped(BaseException):
    """The process ended here; nothing that is not committed is left of it."""


@contextmanager
def stopping(number: int, when: str) -> Iterator[None]:
    """Ends the work just before or just after that commit."""
    commit, count = BaseDatabaseWrapper._commit, 0

    def counted(connection) -> None:
        nonlocal count
        count += 1
        if count == number and when == "before":
            connection.close()
            raise Stopped
        commit(connection)
        if count == number and when == "after":
            connection.close()
            raise Stopped

    with mock.patch.object(BaseDatabaseWrapper, "_commit", counted):
        yield


class Bank:
    """A processor that knows each key, as all do: asked again it gives its first answer."""

    name = "bank"

    def __init__(self) -> None:
        self.taken: dict[str, Decimal] = {}
        self.asked = 0

    def take(self, asked: AskedFor) -> Answer:
        self.asked += 1
        self.taken.setdefault(asked.key, asked.amount)
        return Answer(Outcome.SUCCEEDED, f"ref_{asked.key}")

    def give_back(self, refund: GivenBack) -> str:
        raise AssertionError("nothing is given back here")


def work(tenant: Tenant, bank: Bank, on: date, at: datetime) -> None:
    """What is due is asked for and booked; the processor tells of it and takes one back."""
    ask_for_due(tenant_id=tenant.id, on=on, at=at)
    deliver_orders(tenant_id=tenant.id, couriers={"payment": PullCourier(bank)}, at=at)
    with acting_for(tenant.id):
        month = list(Pull.objects.filter(asked_on=on).order_by("id"))
    for n, pull in enumerate(month):
        kinds = [FactKind.SUCCEEDED, FactKind.TAKEN_BACK, FactKind.REINSTATED]
        for kind in kinds if n == 0 else kinds[:1]:
            fact = Fact(f"{kind}:{pull.key}", kind, pull.reference, at, pull.amount, "EUR")
            take_fact(fact, processor="bank", tenant_id=tenant.id, at=at)


@pytest.mark.usefixtures("own_database")
def test_stopped_at_every_edge_and_told_again() -> None:
    tenant, bank = open_talk_business(customers=2), Bank()
    with acting_for(tenant.id):
        for number in ("A1", "A2"):
            given = OnFile("bank", InstrumentKind.CARD, "customer", "method", "a card")
            add_instrument(account_numbered(number), given, on=date(2026, 1, 1))
    stopped = 0
    for month, (number, when) in enumerate(EDGES, start=1):
        on = date(2026, month, 1)
        at = datetime(2026, month, 20, 9, tzinfo=UTC)
        run_bills(tenant_id=tenant.id, on=on, at=at)
        try:
            with stopping(number, when):
                work(tenant, bank, at.date(), at)
        except Stopped:
            stopped += 1
        work(tenant, bank, at.date(), at)
        work(tenant, bank, at.date(), at)
        with acting_for(tenant.id):
            pulls = list(Pull.objects.filter(asked_on=at.date()).order_by("id"))
            assert [pull.state for pull in pulls] == ["reinstated", "succeeded"], (number, when)
            assert balance_of("1200") == 0, (number, when)
            assert balance_of("2100") == 0, (number, when)
    assert stopped == len(EDGES)
    assert bank.asked > len(bank.taken) == 2 * len(EDGES)
    with acting_for(tenant.id):
        back = Pull.objects.filter(times_back__gt=0).count()
        assert Payment.objects.count() == len(bank.taken) + back
        assert not ProcessorFact.objects.filter(state="waiting").exists()
    assert [one for one in reconcile(tenant_id=tenant.id) if not one.ok] == []
