"""Equipment: lending it with a contract, taking it back, what is out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from tallystick.domain.inventory.terms import RETURN_DAYS
from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, money, table_of, tell
from tallystick.gates.cli.asking import (
    AsJson,
    Operator,
    Rows,
    act_for,
    one_of,
    read_amount,
    read_day,
    spread,
)

inventory = typer.Typer()

_STATES = ("lent", "asked", "charged", "returned")
Serial = Annotated[str, typer.Argument(help="The device's serial number.", show_default=False)]
On = Annotated[
    date | None, typer.Option("--on", parser=read_day, metavar="DAY", help="The day; else today.")
]


def join(to: typer.Typer) -> None:
    """Adds these commands to those of `inventory`."""
    to.registered_commands += inventory.registered_commands


@dataclass(frozen=True, slots=True)
class Lent:
    """What is lent and on which terms."""

    worth: Annotated[
        Decimal,
        typer.Option(
            parser=read_amount,
            metavar="AMOUNT",
            help="What it costs where it does not come back, before tax.",
            show_default=False,
        ),
    ]
    kind: Annotated[str, typer.Option(help="Such as router, meter, decoder.")] = "device"
    return_days: Annotated[
        int, typer.Option(min=0, max=3650, help="Within how many days of the contract's end.")
    ] = RETURN_DAYS
    tax: Annotated[str, typer.Option(help="The tax category of that charge.")] = "standard"


@inventory.command(
    epilog=examples(
        "inventory lend C-1 RT-4711 --kind router --worth 90",
        "inventory lend C-1 MT-0815 --kind meter --worth 120 --return-days 30 --json",
    )
)
@spread
def lend(
    contract: Annotated[str, typer.Argument(help="The contract's number.", show_default=False)],
    serial: Serial,
    device: Lent,
    on: On = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Lend equipment with a contract; when that ends it is asked for, and charged if it is late."""
    from tallystick.domain.inventory.loans import Device
    from tallystick.flows.equipment import lend_device

    if not device.worth:
        raise typer.BadParameter("--worth 0 would never be charged; write what it is worth")
    present = act_for(operator)
    lent = lend_device(
        Device(device.kind, serial, device.worth, device.return_days, device.tax),
        contract=contract,
        tenant_id=present.tenant_id,
        on=on or present.today,
    )
    worth = money(device.worth, present.tenant.currency)
    tell(
        {
            "serial": serial,
            "kind": device.kind,
            "contract": contract,
            "worth": worth,
            "return_days": device.return_days,
            "lent_on": lent.lent_on,
        },
        as_json=as_json,
        said=f"{device.kind} {serial} is lent with contract {contract}; it is to come back within "
        f"{device.return_days} days of its end, or costs {worth}",
    )


@inventory.command(
    epilog=examples(
        "inventory returned RT-4711", "inventory returned RT-4711 --on 2026-03-01 --json"
    )
)
def returned(
    serial: Serial, on: On = None, operator: Operator = None, as_json: AsJson = False
) -> None:
    """Take equipment back; what was charged for it is given back."""
    from tallystick.flows.bring_back import take_equipment_back

    present = act_for(operator)
    back = take_equipment_back(
        serial, tenant_id=present.tenant_id, on=on or present.today, at=present.at
    )
    charged = money(back.charged, present.tenant.currency)
    said = f"{back.loan.kind} {serial} is back"
    if back.credit_note:
        said += f"; {charged} before tax were charged and are credited by {back.credit_note}"
    elif back.charged:
        said += f"; {charged} were to be charged on the next bill and are not"
    tell(
        {
            "serial": serial,
            "returned_on": back.loan.returned_on,
            "given_back": charged,
            "credit_note": back.credit_note or None,
        },
        as_json=as_json,
        said=said,
    )


@inventory.command(
    epilog=examples("inventory lent", "inventory lent --state asked", "inventory lent --json")
)
def lent(
    state: Annotated[
        str | None, typer.Option(parser=one_of(*_STATES), metavar="|".join(_STATES))
    ] = None,
    limit: Rows = 50,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """List equipment: who has it, until when it is due back, what was charged."""
    from tallystick.domain.inventory.loans import list_loans
    from tallystick.domain.inventory.models import LoanState

    present = act_for(operator)
    with acting_for(present.tenant_id):
        found = [
            {
                "serial": loan.serial,
                "kind": loan.kind,
                "state": str(loan.state),
                "account": loan.account.number,
                "contract": loan.contract.number,
                "worth": money(loan.worth, present.tenant.currency),
                "lent_on": loan.lent_on,
                "due_on": loan.due_on,
                "charged_on": loan.charged_on,
                "returned_on": loan.returned_on,
            }
            for loan in list_loans(state=LoanState(state) if state else None, count=limit)
        ]
    names = ["serial", "kind", "state", "account", "contract", "worth", "lent_on", "due_on",
             "charged_on", "returned_on"]  # fmt: skip
    tell(
        {"equipment": found},
        as_json=as_json,
        table=table_of(
            [name.replace("_", " ") for name in names], [list(one.values()) for one in found]
        ),
        said="" if found else "there is none; see: tallystick inventory lend --help",
    )
