"""Equipment: lent with a contract, asked back when it ends, charged once it is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from tallystick.base.refusal import Refusal
from tallystick.domain.contracts.models import ContractState
from tallystick.domain.contracts.queries import contract_numbered
from tallystick.domain.inventory.loans import (
    Device,
    ask_back,
    lend,
    make_due_again,
    mark_late,
)
from tallystick.domain.inventory.models import Loan
from tallystick.domain.invoices.operations import store_one_offs
from tallystick.domain.outbox.tables import store_orders
from tallystick.domain.tenants.scope import acting_for

REVENUE: Final = "4070"
WAREHOUSE: Final = "warehouse"


@dataclass
class ContractOver(Refusal):
    code = "contract_over"
    number: str = ""

    def sentence(self) -> str:
        return f"contract {self.number!r} has ended; equipment is lent with one that runs"


def lend_device(device: Device, *, contract: str, tenant_id: int, on: date) -> Loan:
    """The device lent with a contract that runs.

    :raises UnknownContract: when no contract has the number
    :raises ContractOver: when it has ended
    :raises DeviceOut: when somebody has the device
    """
    with acting_for(tenant_id):
        found = contract_numbered(contract)
        if found.state == ContractState.ENDED:
            raise ContractOver(number=contract)
        return lend(device, contract=found, on=on)


def ask_for_equipment(contracts: Sequence[int], *, tenant_id: int, on: date, at: datetime) -> None:
    """Has the warehouse ask for what these contracts have; part of the caller's transaction."""
    asked = ask_back(contracts, on=on)
    store_orders(
        asked.select(
            "account_id",
            port=pl.lit(WAREHOUSE),
            action=pl.lit("collect"),
            key=pl.format("collect:{}", "id"),
            payload=pl.struct(
                "contract", "kind", "serial", due_on=pl.col("due_on").cast(pl.String)
            ).struct.json_encode(),
        ),
        tenant_id=tenant_id,
        at=at,
    )


def charge_late_equipment(*, tenant_id: int, on: date) -> int:
    """Charges what did not come back in time, once, with the account's next bill; how many."""
    with acting_for(tenant_id):
        late = mark_late(on=on)
        store_one_offs(
            late.select(
                "account_id",
                key=pl.format("not_returned:{}", "id"),
                description=pl.format("{} {}, not returned", "kind", "serial"),
                amount="worth",
                tax_category="tax_category",
                revenue_account=pl.lit(REVENUE),
                charged_on=pl.lit(on),
            ),
            tenant_id=tenant_id,
        )
        make_due_again(late["contract_id"].to_list(), on=on)
        return late.height
