"""What became of included allowances."""

from typing import Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, table_of, tell
from tallystick.gates.cli.asking import AsJson, Operator, Rows, act_for

Account = Annotated[str, typer.Argument(help="The account's number.", show_default=False)]


def join(to: typer.Typer) -> None:
    """Adds the command to those of balances."""
    shown = ("balance included A-1001", "balance included A-1001 --contract C-1 --json")
    to.command(epilog=examples(*shown))(included)


def included(
    account: Account,
    operator: Operator = None,
    contract: Annotated[str | None, typer.Option(help="Only what it may draw from.")] = None,
    limit: Rows = 50,
    as_json: AsJson = False,
) -> None:
    """Show what became of an account's included allowances, cycle by cycle, the latest first.

    Granted is what is included and what was rolled in. What rolled over and what expired is known
    when a bill has closed the cycle; until then it is left.
    """
    from tallystick.domain.contracts.queries import UnknownContract, contract_numbered
    from tallystick.domain.parties.queries import account_numbered
    from tallystick.flows.included import included_of

    present = act_for(operator)
    with acting_for(present.tenant_id):
        holder = account_numbered(account)
        if contract is not None and contract_numbered(contract).account_id != holder.id:
            raise UnknownContract(number=contract)
        found = included_of(holder, contract=contract, on=present.today, at=present.at, limit=limit)
    columns = ["allowance", "whose", "since", "until", "unit", "included", "rolled_in", "used",
               "held", "left", "rolled_over", "expired"]  # fmt: skip
    rows = [tuple(getattr(one, name) for name in columns) for one in found]
    tell(
        {"account": account, "included": [dict(zip(columns, row, strict=True)) for row in rows]},
        as_json=as_json,
        table=table_of(columns, rows) if rows else None,
        said="" if rows else f"{account}: nothing is included",
    )
