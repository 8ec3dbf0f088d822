"""Lent equipment: handing it out, asking for it, what is late, and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl
from django.db import connection
from django.db.models import Q

from tallystick.base.frames import AMOUNT
from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import Contract
from tallystick.domain.inventory.models import Loan, LoanState

ASKED: Final = pl.Schema(
    {
        "id": pl.Int64(),
        "account_id": pl.Int64(),
        "contract": pl.String(),
        "kind": pl.String(),
        "serial": pl.String(),
        "due_on": pl.Date(),
    }
)
"""Loans whose return is asked for, each with its contract's number."""

LATE: Final = pl.Schema(
    {
        "id": pl.Int64(),
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "kind": pl.String(),
        "serial": pl.String(),
        "worth": AMOUNT,
        "tax_category": pl.String(),
    }
)
"""Loans that were due back and did not come."""


@dataclass
class DeviceOut(Refusal):
    code = "device_out"
    serial: str = ""
    contract: str = ""

    def sentence(self) -> str:
        return (
            f"{self.serial} is lent to contract {self.contract!r}; take it back first: "
            f"tallystick inventory returned {self.serial}"
        )


@dataclass
class NotLent(Refusal):
    code = "not_lent"
    serial: str = ""
    returned_on: str = ""

    def sentence(self) -> str:
        if self.returned_on:
            return f"{self.serial} came back on {self.returned_on} and is lent to nobody since"
        return f"no device {self.serial!r} is lent; see: tallystick inventory lent"


@dataclass
class ReturnedBeforeLent(Refusal):
    code = "returned_before_lent"
    serial: str = ""
    lent_on: str = ""

    def sentence(self) -> str:
        return f"{self.serial} was lent on {self.lent_on}; it cannot have come back before"


@dataclass(frozen=True, slots=True)
class Device:
    """A device to lend: worth an amount before tax, to be returned within so many days."""

    kind: str
    serial: str
    worth: Decimal
    return_days: int
    tax_category: str


def lend(device: Device, *, contract: Contract, on: date) -> Loan:
    """The device in the hands of the contract's account.

    :raises DeviceOut: when somebody has it
    """
    out = Loan.objects.filter(serial=device.serial, returned_on__isnull=True)
    if (held := out.select_related("contract").first()) is not None:
        raise DeviceOut(serial=device.serial, contract=held.contract.number)
    return Loan.objects.create(
        tenant_id=contract.tenant_id,
        account_id=contract.account_id,
        contract=contract,
        kind=device.kind,
        serial=device.serial,
        worth=device.worth,
        tax_category=device.tax_category,
        return_days=device.return_days,
        lent_on=on,
    )


def ask_back(contracts: Sequence[int], *, on: date) -> pl.DataFrame:
    """ASKED: what these contracts have is to come back within its days from that day on."""
    return _changed(
        "UPDATE inventory_loan o SET asked_on = %s, due_on = %s::date + o.return_days"
        " FROM contracts_contract c WHERE o.contract_id = ANY(%s) AND o.asked_on IS NULL"
        " AND o.returned_on IS NULL AND c.id = o.contract_id"
        " RETURNING o.id, o.account_id, c.number, o.kind, o.serial, o.due_on",
        [on, on, list(contracts)],
        schema=ASKED,
    )


def mark_late(*, on: date) -> pl.DataFrame:
    """LATE: what was due before that day is noted as charged on it, each once."""
    return _changed(
        "UPDATE inventory_loan o SET charged_on = %s WHERE o.due_on < %s"
        " AND o.returned_on IS NULL AND o.charged_on IS NULL"
        " RETURNING o.id, o.account_id, o.contract_id, o.kind, o.serial, o.worth, o.tax_category",
        [on, on],
        schema=LATE,
    )


def bring_back(serial: str, *, on: date) -> Loan:
    """The loan of that device, returned on that day.

    :raises NotLent: when nobody has it
    :raises ReturnedBeforeLent: when it was lent after that day
    """
    loans = Loan.objects.select_for_update().filter(serial=serial).order_by("-id")
    loan = loans.first()
    if loan is None or loan.returned_on is not None:
        raise NotLent(serial=serial, returned_on=str(loan.returned_on) if loan else "")
    if on < loan.lent_on:
        raise ReturnedBeforeLent(serial=serial, lent_on=str(loan.lent_on))
    loan.returned_on = on
    loan.save(update_fields=["returned_on"])
    return loan


def list_loans(*, state: LoanState | None, count: int) -> list[Loan]:
    """The last loans, of that state where one is named, newest first."""
    of_state = {
        None: Q(),
        LoanState.LENT: Q(asked_on__isnull=True, returned_on__isnull=True),
        LoanState.ASKED: Q(
            asked_on__isnull=False, charged_on__isnull=True, returned_on__isnull=True
        ),
        LoanState.CHARGED: Q(charged_on__isnull=False, returned_on__isnull=True),
        LoanState.RETURNED: Q(returned_on__isnull=False),
    }
    loans = Loan.objects.filter(of_state[state]).select_related("account", "contract")
    return list(loans.order_by("-id")[:count])


def make_due_again(contracts: Sequence[int], *, on: date) -> None:
    """Those of these contracts that had their last bill get one more, on that day.

    Where another contract of the account is to be billed, that bill is the next.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contracts_contract c SET next_bill_on = %s WHERE c.id = ANY(%s)"
            " AND NOT EXISTS (SELECT 1 FROM contracts_contract o WHERE o.tenant_id = c.tenant_id"
            " AND o.account_id = c.account_id AND o.next_bill_on IS NOT NULL)",
            [on, list(contracts)],
        )


def _changed(query: str, parameters: list[date | list[int]], *, schema: pl.Schema) -> pl.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row").sort("id")
