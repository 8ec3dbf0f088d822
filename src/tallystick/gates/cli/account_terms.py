"""What of an account's terms may change later: for how many days it may wait with paying."""

from typing import Annotated

import typer

from tallystick.domain.tenants.scope import acting_for
from tallystick.gates.cli.answers import examples, tell
from tallystick.gates.cli.asking import AsJson, Operator, act_for


def join(account: typer.Typer) -> None:
    """Adds the commands to those of accounts."""
    account.command(
        epilog=examples(
            "account payment-days 21 A-1001 A-1002", "account payment-days 21 --instead-of 14"
        )
    )(payment_days)


def payment_days(
    days: Annotated[int, typer.Argument(min=0, max=365, metavar="DAYS", show_default=False)],
    accounts: Annotated[list[str] | None, typer.Argument(help="Whose.", show_default=False)] = None,
    before: Annotated[
        int | None,
        typer.Option(
            "--instead-of", min=0, max=365, metavar="DAYS", help="All accounts that have so many."
        ),
    ] = None,
    operator: Operator = None,
    as_json: AsJson = False,
) -> None:
    """Say how many days after its day an invoice is due; what was issued keeps its due day.

    New accounts have the operator's, see: tallystick operator show.
    """
    from tallystick.domain.parties.operations import set_payment_days
    from tallystick.domain.parties.queries import account_numbered

    if bool(accounts) == (before is not None):
        raise typer.BadParameter("name accounts, or say --instead-of DAYS")
    present = act_for(operator)
    with acting_for(present.tenant_id):
        named = [account_numbered(number).id for number in accounts or ()]
        changed = set_payment_days(days, accounts=named, instead_of=before)
    tell(
        {"payment_days": days, "accounts": changed},
        as_json=as_json,
        said=f"{changed} accounts pay within {days} days, from their next invoice on",
    )
